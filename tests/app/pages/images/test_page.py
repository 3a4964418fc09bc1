"""The Images page on the real engine: what is there, built, named, removed; what fails is told."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from app.pages.images.details import OUTPUT
from app.pages.images.page import ImagesPage
from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec

pytestmark = pytest.mark.docker


@pytest.fixture
def page(open_window: Callable[[], Any], small_image: str, qtbot: QtBot) -> ImagesPage:
    """The page, once it lists the small image."""
    shell = open_window().start.shell
    shell.go_to("images")
    found: ImagesPage = shell.page
    qtbot.waitUntil(lambda: small_image in names(found) and not found.refreshing())
    return found


@pytest.fixture
def fresh(engine: Engine, unique_name: Callable[[str], str]) -> Iterator[str]:
    """A name for an image that the test makes; gone afterwards."""
    name = f"{unique_name('made')}:1"
    yield name
    if engine.image(name) is not None:
        engine.remove_image(name, force=True)


def names(page: ImagesPage) -> set[str]:
    return set(page.table._lines)


def choose(page: ImagesPage, name: str, qtbot: QtBot) -> None:
    page.table.select_keys([name])
    qtbot.waitUntil(lambda: [line.reference for line in page.table.chosen()] == [name])


def dialog_of(page: ImagesPage) -> Any:
    """The dialog that is open."""
    return page.operations.dialog


def folder_with(tmp_path: Path, recipe: str) -> str:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text(recipe)
    return str(folder)


def test_an_image_shows_its_real_size_and_its_steps(
    page: ImagesPage, small_image: str, engine: Engine, qtbot: QtBot
) -> None:
    choose(page, small_image, qtbot)
    assert page.table.chosen()[0].image.size == engine.image(small_image).size
    qtbot.waitUntil(lambda: page.details.steps.to_csv().count("\n") >= 2)


def test_actions_say_why_they_are_blocked(page: ImagesPage, small_image: str, qtbot: QtBot) -> None:
    page.table.view.clearSelection()
    assert page.operations.tag.blocked == "Select one image."
    choose(page, small_image, qtbot)
    assert {action.blocked for action in page.operations.actions} == {""}
    assert [command.title for command in page.commands()][:2] == ["Pull…", "Build…"]


def test_a_folder_is_built_its_output_shown_and_the_image_listed(
    page: ImagesPage, small_image: str, fresh: str, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = folder_with(tmp_path, f"FROM {small_image}\nRUN echo a word of the build > /word; cat /word\n")
    page.operations._ask_build()
    dialog = dialog_of(page)
    dialog.folder._use_chosen(folder)
    assert dialog.name.value() == "context:1"
    dialog.name.editor.setText(fresh)
    dialog.button.click()
    qtbot.waitUntil(lambda: fresh in names(page), timeout=30_000)
    assert page.details.tabs.currentIndex() == OUTPUT
    qtbot.waitUntil(lambda: "a word of the build" in "".join(page.details.output.view.buffer.texts(0)[1:]))


def test_a_build_that_fails_names_the_step_above_the_list(
    page: ImagesPage, small_image: str, fresh: str, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = folder_with(tmp_path, f"FROM {small_image}\nRUN false\n")
    page.operations._build_folder(folder, fresh)
    qtbot.waitUntil(page.error.isVisible, timeout=30_000)
    assert "RUN false" in page.error._message.text()
    assert fresh not in names(page)
    assert page.escape()
    assert not page.error.isVisible()


def test_a_folder_without_a_dockerfile_says_so(
    page: ImagesPage, fresh: str, tmp_path: Path, qtbot: QtBot
) -> None:
    told: list[str] = []
    page.operations.error.show_error = lambda error, **_: told.append(error.message)
    page.operations._build_folder(str(tmp_path), fresh)
    qtbot.waitUntil(lambda: bool(told))
    assert "has no Dockerfile" in told[0]


def test_a_further_name_is_given_and_taken_away(
    page: ImagesPage, small_image: str, fresh: str, engine: Engine, qtbot: QtBot
) -> None:
    choose(page, small_image, qtbot)
    page.operations.tag.trigger()
    dialog_of(page).name.editor.setText(fresh)
    dialog_of(page).button.click()
    qtbot.waitUntil(lambda: fresh in names(page), timeout=15_000)
    choose(page, fresh, qtbot)
    page.operations.remove.trigger()
    dialog_of(page).button.click()
    qtbot.waitUntil(lambda: fresh not in names(page), timeout=15_000)
    assert engine.image(small_image) is not None


def test_pruning_says_before_what_would_go(page: ImagesPage, qtbot: QtBot) -> None:
    page.operations.prune.trigger()
    qtbot.waitUntil(lambda: page.operations.dialog is not None, timeout=15_000)
    assert dialog_of(page).windowTitle().startswith(("Remove", "Nothing to remove"))
    dialog_of(page).reject()


def test_a_pull_that_fails_is_told(page: ImagesPage, fresh: str, qtbot: QtBot) -> None:
    page.operations.pull.trigger()
    dialog_of(page).name.editor.setText("two words")
    dialog_of(page).button.click()
    assert "no spaces" in dialog_of(page).name.error()
    dialog_of(page).name.editor.setText(f"127.0.0.1:9/{fresh}")
    dialog_of(page).button.click()
    qtbot.waitUntil(page.error.isVisible, timeout=30_000)


def test_what_is_shared_is_added_up_after_a_change_and_when_asked_for(
    page: ImagesPage, small_image: str, fresh: str, engine: Engine, qtbot: QtBot
) -> None:
    summed: list[str] = []
    page.presenter._context.tasks.started.connect(
        lambda task: summed.append(task.title) if task.title == "Adding up what images share" else None
    )

    def sums(look: Callable[[], None]) -> int:
        qtbot.waitUntil(lambda: not page.refreshing(), timeout=30_000)
        summed.clear()
        look()
        qtbot.waitUntil(lambda: not page.refreshing(), timeout=30_000)
        return len(summed)

    def nothing_changed() -> bool:
        # Others may work on the same engine: then it is no wonder that sums are made, so look once more.
        before = page.presenter._sharing_key()
        return sums(page.presenter.refresh) == 0 and page.presenter._sharing_key() == before

    qtbot.waitUntil(nothing_changed, timeout=60_000)
    assert sums(page.refresh) > 0
    engine.tag(small_image, fresh)
    assert sums(page.presenter.refresh) > 0
    qtbot.waitUntil(nothing_changed, timeout=60_000)
    container = engine.create(ContainerSpec(fresh.partition(":")[0], small_image, command=("true",)))
    try:
        qtbot.waitUntil(lambda: container in page.presenter._connection.containers)
        assert sums(page.presenter.refresh) > 0
    finally:
        engine.remove(container, force=True)


def test_a_new_name_is_listed_while_what_is_shared_is_still_added_up(
    page: ImagesPage, small_image: str, fresh: str, engine: Engine, qtbot: QtBot
) -> None:
    asked = page.presenter._connection.engine
    images, goes_on = asked.images, threading.Event()

    def slow(*, shared: bool = False) -> Any:
        assert not shared or goes_on.wait(30)
        return images(shared=shared)

    asked.images = slow
    page.refresh()
    engine.tag(small_image, fresh)
    page.presenter.refresh()
    qtbot.waitUntil(lambda: fresh in names(page))
    goes_on.set()
    qtbot.waitUntil(lambda: not page.refreshing(), timeout=30_000)
    assert fresh in names(page)
