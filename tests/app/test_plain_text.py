"""What people typed, and what models call things, is shown as it is: nothing of it is read as markup."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QGraphicsTextItem,
    QGraphicsView,
    QHeaderView,
    QLabel,
    QListView,
    QStyleOptionViewItem,
    QToolTip,
)
from pytestqt.qtbot import QtBot

from app.pages.registry import PAGES
from services.registry.model import ChampionChange, Field, FieldType, Mode, Signature, Task, Version
from services.store.batches import Categorical
from services.store.interface import Store
from widgets.plain_text import plain_tooltip

TYPED = "<img src='file:///x.png'><b>typed</b>"
CLASSES = (TYPED, "other")


def _signature(task: Task) -> Signature:
    inputs = (Field(TYPED, "length", unit=TYPED),)
    if task is Task.REGRESSION:
        return Signature(inputs, Field(TYPED, "target", unit=TYPED), task)
    return Signature(inputs, Field(TYPED, "target", FieldType.STRING), task, CLASSES)


@pytest.fixture
def typed(store: Store, filling: Any) -> Store:
    """Two projects in which all that can be any text is markup: names of fields, units, classes, people."""
    for task in Task:
        _fill(store, task.value, _signature(task), filling)
    return store


def _fill(store: Store, project: str, signature: Signature, filling: Any) -> None:
    now = datetime.now(UTC)
    revisions = {name: filling.revision_of(project, name).sha256 for name in "AB"}
    made = [
        Version(project, name, Mode.CHALLENGER, signature, sha256, now)
        for name, sha256 in revisions.items()
    ]
    for version in made:
        store.register(version, who=TYPED)
    found = store.project(project)
    assert found is not None
    store.change_champion(
        ChampionChange(project, 2, now, "A", "B", TYPED, TYPED), seen_generation=found.generation
    )
    ids, values = np.arange(4, dtype=np.float64), np.array([0.0, 1.0, 0.0, 1.0])
    regression = signature.task is Task.REGRESSION
    answers = values if regression else Categorical(values.astype(np.int32), CLASSES)
    store.write_training(project, signature, {"id": ids, "length": values, "target": answers})
    scores = None if regression else dict.fromkeys(CLASSES, np.full(4, 0.5))
    for version in made:
        store.write_training_predictions(project, version.name, ids, answers, scores)


def _marked_up() -> Iterator[tuple[str, str]]:
    """Every text of a widget, a tooltip or a plot that would be read as markup."""
    for widget in QApplication.allWidgets():
        where = f"{type(widget).__name__} {widget.objectName()}"
        if "<img" in widget.toolTip():
            yield f"tooltip of {where}", widget.toolTip()
        if isinstance(widget, QLabel) and "<img" in widget.text() and _is_markup(widget):
            yield where, widget.text()
        if isinstance(widget, QGraphicsView) and widget.scene() is not None:
            for item in widget.scene().items():
                if isinstance(item, QGraphicsTextItem) and "<img" in item.toHtml():
                    yield f"plot in {where}", item.toHtml()


def _is_markup(label: QLabel) -> bool:
    return label.textFormat() is not Qt.TextFormat.PlainText


def _columns(view: QAbstractItemView) -> int:
    """A list's model keeps its number of columns to itself; it is one."""
    return 1 if isinstance(view, QListView) else view.model().columnCount(QModelIndex())


def _hovered(view: QAbstractItemView) -> Iterator[str]:
    """What hovering over each cell of a view shows."""
    model = view.model()
    if isinstance(view, QHeaderView):
        for section in range(view.count()):
            yield model.headerData(section, view.orientation(), Qt.ItemDataRole.ToolTipRole) or ""
        return
    for row in range(model.rowCount(QModelIndex())):
        for column in range(_columns(view)):
            index = model.index(row, column)
            option = QStyleOptionViewItem()
            option.rect = view.visualRect(index)
            option.fontMetrics = view.fontMetrics()
            at = option.rect.center()
            event = QHelpEvent(QHelpEvent.Type.ToolTip, at, view.viewport().mapToGlobal(at))
            view.itemDelegateForIndex(index).helpEvent(event, view, option, index)
            yield QToolTip.text()
    QToolTip.hideText()


def test_a_text_that_looks_like_markup_is_escaped_in_tooltips_and_others_stay_as_they_are() -> None:
    assert plain_tooltip("R² of 0.5 < 0.6") == "R² of 0.5 < 0.6"
    assert "<img" not in plain_tooltip(TYPED)
    assert "&lt;img" in plain_tooltip(TYPED)


@pytest.mark.parametrize("project", [task.value for task in Task])
def test_no_page_reads_what_was_typed_as_markup(
    typed: Store, open_window: Callable[[], Any], qtbot: QtBot, project: str
) -> None:
    window = open_window()
    window.wait_for_data()
    shell, presenter = window.start.shell, window.program.presenter
    presenter.select_project(project)
    qtbot.waitUntil(lambda: window.start.monitor.view_model.project == project)
    shown = 0
    for variable in ("", TYPED):
        window.start.monitor.variable.key_activated.emit(variable)
        qtbot.waitUntil(lambda chosen=variable: window.start.monitor.view_model.variable == chosen)
        assert list(_marked_up()) == []
    for page in PAGES:
        shell.go_to(page.key)
        qtbot.wait(200)
        assert list(_marked_up()) == []
        for view in shell.page.findChildren(QAbstractItemView):
            texts = list(_hovered(view))
            shown += sum("&lt;img" in text for text in texts)
            assert [text for text in texts if "<img" in text] == []
    assert shown, "nothing that was typed was hovered over"
