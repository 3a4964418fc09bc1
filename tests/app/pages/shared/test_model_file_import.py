"""From a model file to a version, in the window: by real keys and clicks, on real files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import xgboost
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sklearn.linear_model import LogisticRegression

from app.dialogs.model_file import ModelFileDialog
from app.pages.projects.page import ProjectsPage
from app.paths import AppPaths
from app.startup import OpenRequest, Startup
from services.errors import Unavailable
from services.model_server.deploy import read_deploy
from services.registry.model import Task
from services.store.interface import Store

OpenWindow = Callable[..., Any]
INPUTS = np.random.default_rng(1).normal(size=(60, 2))
KINDS = np.arange(60) % 3


class Waits:
    """A pickle that is never read to its end."""

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("__import__('time').sleep(600)",)


@pytest.fixture
def boosted(tmp_path: Path) -> str:
    """Three classes of two inputs, none of which it names."""
    file = tmp_path / "boosted.ubj"
    xgboost.XGBClassifier(n_estimators=2).fit(INPUTS, KINDS).save_model(file)
    return str(file)


@pytest.fixture
def pickled(tmp_path: Path) -> str:
    file = tmp_path / "line.joblib"
    joblib.dump(LogisticRegression().fit(INPUTS, KINDS), file)
    return str(file)


def projects_page(window: Any, qtbot: QtBot) -> ProjectsPage:
    window.start.shell.go_to("projects")
    page = window.start.shell.page
    assert isinstance(page, ProjectsPage)
    qtbot.waitUntil(lambda: not page.refreshing())
    return page


def ask(page: ProjectsPage, qtbot: QtBot) -> ModelFileDialog:
    """Open the dialog and wait until it knows which projects there are."""
    page.view.import_model.trigger()
    dialog = page.presenter.model_import.files.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def type_into(widget: QWidget, qtbot: QtBot, text: str) -> None:
    widget.setFocus()
    qtbot.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(widget, text)


def read(dialog: ModelFileDialog, qtbot: QtBot, path: str) -> None:
    """Name the file and press Enter."""
    type_into(dialog.file.editor, qtbot, path)
    qtbot.keyClick(dialog.file.editor, Qt.Key.Key_Return)


def wait_for_facts(dialog: ModelFileDialog, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: dialog.facts.isVisible() and dialog.button.isEnabled())


def test_an_empty_platform_offers_to_begin_with_a_model_file(open_window: OpenWindow, qtbot: QtBot) -> None:
    page = projects_page(open_window(), qtbot)
    qtbot.waitUntil(page.view.empty.isVisible)
    button = page.view.empty.findChild(QPushButton)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = page.presenter.model_import.files.dialog
    assert dialog is not None
    qtbot.waitUntil(dialog.isVisible)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert page.presenter.model_import.files.dialog is None


def test_what_the_file_does_not_tell_is_asked_for_and_the_deploy_folder_written(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, tmp_path: Path, boosted: str
) -> None:
    page = projects_page(open_window(), qtbot)
    dialog = ask(page, qtbot)
    read(dialog, qtbot, boosted)
    wait_for_facts(dialog, qtbot)
    assert "an XGBoost model of 2 inputs" in dialog.about.text()
    qtbot.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
    facts = dialog.facts
    assert facts.project.error() == "The project has no name."
    assert "tells 3 classes apart" in facts.classes.error()
    assert "takes 2 inputs and names none" in facts.about_inputs.text()
    type_into(facts.project.editor, qtbot, "flowers")
    assert facts.project.error() == ""
    type_into(facts.target.editor, qtbot, "species")
    type_into(facts.classes.editor, qtbot, "a, b, c")
    QApplication.clipboard().setText("length\nwidth")
    facts.inputs.setFocus()
    qtbot.keyClick(facts.inputs, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert facts.version.value() == "A"
    folder = tmp_path / "workspace" / "deploy" / "flowers" / "A"
    assert facts.folder.value() == str(folder)
    qtbot.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.notice.isVisible)
    assert page.presenter.model_import.files.dialog is None
    deploy = read_deploy(folder)
    assert [field.name for field in deploy.signature.inputs] == ["length", "width"]
    assert (deploy.kind, deploy.signature.classes) == ("xgboost", ("a", "b", "c"))
    page.notice.banner.retry_requested.emit()
    qtbot.waitUntil(lambda: page.notice.banner.accessibleName().startswith("Not published"))


def test_a_pickle_is_read_only_once_the_person_trusts_it(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, pickled: str
) -> None:
    dialog = ask(projects_page(open_window(), qtbot), qtbot)
    read(dialog, qtbot, pickled)
    qtbot.waitUntil(dialog.warning.isVisible)
    assert "runs the code in it" in dialog.warning.text()
    assert not dialog.button.isEnabled()
    assert dialog.trust.hasFocus()
    assert not dialog.facts.isVisible()
    qtbot.keyClick(dialog.trust, Qt.Key.Key_Space)
    qtbot.keyClick(dialog.trust, Qt.Key.Key_Return)
    wait_for_facts(dialog, qtbot)
    assert dialog.facts.classes.value() == "0, 1, 2"
    type_into(dialog.file.editor, qtbot, pickled + "2")
    assert not dialog.facts.isVisible()
    assert not dialog.trust.isChecked()
    dialog.reject()


def test_closing_the_dialog_ends_the_reading(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    joblib.dump(Waits(), tmp_path / "waits.joblib")
    window = open_window()
    dialog = ask(projects_page(window, qtbot), qtbot)
    read(dialog, qtbot, str(tmp_path / "waits.joblib"))
    qtbot.waitUntil(dialog.warning.isVisible)
    qtbot.keyClick(dialog.trust, Qt.Key.Key_Space)
    qtbot.keyClick(dialog.trust, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.doing.text().startswith("Reading"))
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    tasks = window.program.context.tasks
    qtbot.waitUntil(lambda: not any("waits" in task.title for task in tasks.running))


def test_what_is_no_model_is_told_at_its_field(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog = ask(projects_page(open_window(), qtbot), qtbot)
    (tmp_path / "notes.txt").write_text("no model", encoding="utf-8")
    for name, told in (("gone.ubj", "cannot be read"), ("notes.txt", "no model that Relevo knows")):
        read(dialog, qtbot, str(tmp_path / name))
        qtbot.waitUntil(lambda told=told: told in dialog.file.error())
    dialog.reject()


def test_a_registered_project_fills_in_what_it_knows_and_refuses_another_task(
    open_window: OpenWindow, wine: Store, filling: Any, qtbot: QtBot, boosted: str
) -> None:
    filling.fill(wine, "iris", Task.CLASSIFICATION, filling.Filling(live=0))
    dialog = ask(projects_page(open_window(), qtbot), qtbot)
    read(dialog, qtbot, boosted)
    wait_for_facts(dialog, qtbot)
    facts = dialog.facts
    qtbot.waitUntil(lambda: facts.project.editor.count() == 2)
    type_into(facts.project.editor, qtbot, "iris")
    assert (facts.version.value(), facts.target.value()) == ("C", "species")
    assert facts.classes.value() == "setosa, versicolor, virginica"
    type_into(facts.version.editor, qtbot, "Z9")
    type_into(facts.project.editor, qtbot, "wine")
    assert facts.version.value() == "Z9"
    qtbot.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
    assert facts.project.error() == "The project wine does regression, this model classification."
    dialog.reject()


def test_a_folder_of_the_same_version_is_brought_up_to_date_only_when_ticked(
    open_window: OpenWindow, wine: Store, qtbot: QtBot, tmp_path: Path, boosted: str
) -> None:
    folder = tmp_path / "workspace" / "deploy" / "flowers" / "A"
    folder.mkdir(parents=True)
    (folder / "model.json").write_text('{"project": "flowers", "version": "A"}', encoding="utf-8")
    dialog = ask(projects_page(open_window(), qtbot), qtbot)
    read(dialog, qtbot, boosted)
    wait_for_facts(dialog, qtbot)
    facts = dialog.facts
    for field, text in ((facts.project, "flowers"), (facts.target, "kind"), (facts.classes, "a,b,c")):
        type_into(field.editor, qtbot, text)
    QApplication.clipboard().setText("length\nwidth")
    qtbot.keyClick(facts.inputs, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
    assert "already the deploy folder of flowers A" in facts.folder.error()
    facts.replace.setFocus()
    qtbot.keyClick(facts.replace, Qt.Key.Key_Space)
    assert facts.folder.error() == ""
    type_into(facts.version.editor, qtbot, "B")
    assert facts.folder.value() == str(folder.with_name("B"))
    type_into(facts.folder.editor, qtbot, str(folder))
    assert "it is not overwritten" in facts.folder.error()
    assert not facts.replace.isVisible()
    dialog.reject()


@pytest.fixture
def workspace(qtbot: QtBot, tmp_path: Path, paths: AppPaths) -> Iterator[Startup]:
    """A window on a workspace whose gateway and services really run."""
    start = Startup(paths, OpenRequest(workspace=str(tmp_path / "workspace")))
    start.shell.show()
    start.load()
    qtbot.waitUntil(
        lambda: start.program is not None and start.program.context.connection.platform is not None,
        timeout=60_000,
    )
    yield start
    start.shell.close()
    start.close()
    start.shell.deleteLater()
    start.deleteLater()


def test_in_a_workspace_what_was_written_is_published_and_served(
    workspace: Startup, qtbot: QtBot, pickled: str
) -> None:
    assert workspace.program is not None
    workspace.shell.go_to("projects")
    page = workspace.shell.page
    assert isinstance(page, ProjectsPage)
    dialog = ask(page, qtbot)
    read(dialog, qtbot, pickled)
    qtbot.waitUntil(dialog.warning.isVisible)
    qtbot.keyClick(dialog.trust, Qt.Key.Key_Space)
    qtbot.keyClick(dialog.trust, Qt.Key.Key_Return)
    wait_for_facts(dialog, qtbot)
    type_into(dialog.facts.project.editor, qtbot, "flowers")
    type_into(dialog.facts.target.editor, qtbot, "kind")
    QApplication.clipboard().setText("length\nwidth")
    qtbot.keyClick(dialog.facts.inputs, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.mouseClick(dialog.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.notice.isVisible)
    publish = page.notice.banner.findChild(QPushButton)
    assert publish.text() == "Publish"
    qtbot.mouseClick(publish, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "flowers A is registered: champion." in page.notice.banner.accessibleName())
    platform = workspace.program.context.connection.platform
    answers: list[object] = []

    def answered() -> bool:
        """Whether the service is up by now, and what it says."""
        try:
            answers.append(platform.gateway.try_version("flowers", "A", [{"length": 1.0, "width": 2.0}]))
        except Unavailable:
            return False
        return True

    qtbot.waitUntil(answered, timeout=60_000)
    assert answers[0].predictions[0] in {"0", "1", "2"}  # type: ignore[attr-defined]
