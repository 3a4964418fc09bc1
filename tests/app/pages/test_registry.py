"""Every registered page: it opens, is named, helps, says why it is empty, and fails at nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

import app.pages
import resources
from app.pages.page import Page
from app.pages.registry import FIRST, PAGES, PageEntry, find
from app.paths import AppPaths
from app.settings import HOST
from app.shell.window import Shell
from app.startup import OpenRequest, Startup
from app.tasks import BackgroundTask
from services.containers.addresses import Host, LocalEngine
from services.containers.hosts import HostFolder
from widgets.panels.empty import EmptyState

by_page = pytest.mark.parametrize("entry", PAGES, ids=lambda entry: entry.key)


@pytest.fixture
def faults() -> list[str]:
    """What a fault of the program left as its trace."""
    return []


@pytest.fixture
def shell(qtbot: QtBot, paths: AppPaths, tmp_path: Path, faults: list[str]) -> Iterator[Shell]:
    """A window without a platform, whose Docker host does not answer."""
    HostFolder(paths.hosts).save(Host("Nobody", LocalEngine(str(tmp_path / "nothing.sock"))))
    start = Startup(paths, OpenRequest())
    start.settings.put(HOST, "Nobody")
    start.shell.resize(1280, 720)
    start.shell.show()
    start.load()
    qtbot.waitUntil(lambda: start.program is not None)
    assert start.program is not None

    def note(task: BackgroundTask[object]) -> None:
        faults.append(task.trace)

    start.program.context.tasks.bug.connect(note)
    yield start.shell
    start.shell.close()
    start.close()
    start.shell.deleteLater()
    start.deleteLater()


def open_page(shell: Shell, entry: PageEntry) -> Page:
    shell.go_to(entry.key)
    page = shell.page
    assert page is not None
    return page


def empty_texts(page: Page) -> list[str]:
    """What is said in the page's empty places that are in sight."""
    return [state.text() for state in page.findChildren(EmptyState) if state.isVisible() and state.text()]


def test_every_folder_of_a_page_is_registered_and_no_other() -> None:
    folders = {file.parent.name for file in Path(app.pages.__file__).parent.glob("*/page.py")}
    assert folders == {entry.key for entry in PAGES}
    assert find(FIRST) is not None
    assert find("nowhere") is None


@by_page
def test_a_page_has_an_icon_a_title_and_a_help_page_about_it(entry: PageEntry) -> None:
    assert resources.path("icons", f"{entry.key}.svg").is_file()
    text = resources.path("help", f"{entry.key}.md").read_text(encoding="utf-8")
    assert entry.title
    assert text.startswith("# ")
    assert entry.title.lower() in text.partition("\n")[0].lower()


@by_page
def test_a_page_opens_without_a_platform_and_says_why_it_is_empty(
    shell: Shell, entry: PageEntry, faults: list[str], qtbot: QtBot
) -> None:
    page = open_page(shell, entry)
    qtbot.waitUntil(lambda: not page.refreshing())
    qtbot.waitUntil(lambda: bool(empty_texts(page)))
    page.refresh()
    page.select_first()
    qtbot.waitUntil(lambda: not page.refreshing())
    assert faults == []


@by_page
def test_a_page_shows_its_title_or_is_marked_in_the_sidebar(shell: Shell, entry: PageEntry) -> None:
    page = open_page(shell, entry)
    current = shell.sidebar.currentItem()
    assert current.text() == entry.title
    assert not current.icon().isNull()
    if entry.key not in {FIRST, "projects"}:  # these begin with what is chosen in them
        assert entry.title in [label.text() for label in page.findChildren(QLabel) if label.isVisible()]


@by_page
def test_what_a_page_offers_has_a_title_and_a_reason_where_it_cannot_be_done(
    shell: Shell, entry: PageEntry
) -> None:
    commands = open_page(shell, entry).commands()
    assert len({command.title for command in commands}) == len(commands)
    assert all(command.title for command in commands)


@by_page
def test_a_page_is_left_and_come_back_to_as_the_same(shell: Shell, entry: PageEntry) -> None:
    page = open_page(shell, entry)
    other = next(one for one in PAGES if one.key != entry.key)
    assert open_page(shell, other) is not page
    assert open_page(shell, entry) is page
