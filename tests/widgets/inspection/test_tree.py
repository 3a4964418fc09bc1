"""Nested data as a tree: search, copy, save; what is unfolded stays so."""

import json
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from widgets.inspection.tree import DataTree

DATA: dict[str, Any] = {
    "Name": "/relevo-gateway",
    "State": {"Running": True, "Pid": 12, "Error": ""},
    "Config": {"Env": ["PATH=/bin", "RELEVO_SECRET=•••"], "Labels": {}},
    "Healthy": None,
}


@pytest.fixture
def tree(qtbot: QtBot) -> DataTree:
    shown = DataTree()
    qtbot.addWidget(shown)
    shown.resize(600, 300)
    shown.show()
    shown.show_data("gateway", DATA)
    return shown


def line(tree: DataTree, *names: str) -> Any:
    """The index of a line by the names on the way to it."""
    index = tree.model.invisibleRootItem().index()
    for name in names:
        rows = range(tree.model.rowCount(index))
        index = next(i for row in rows if (i := tree.model.index(row, 0, index)).data() == name)
    return index


def test_values_are_told_as_json_writes_them_and_nested_ones_by_their_size(tree: DataTree) -> None:
    told = {name: line(tree, name).siblingAtColumn(1).data() for name in DATA}
    assert told == {
        "Name": "/relevo-gateway",
        "State": "3 entries",
        "Config": "2 entries",
        "Healthy": "null",
    }
    assert line(tree, "State", "Running").siblingAtColumn(1).data() == "true"
    assert line(tree, "Config", "Labels").siblingAtColumn(1).data() == "empty"
    assert line(tree, "Config", "Env", "0").siblingAtColumn(1).data() == "PATH=/bin"


def test_enter_goes_from_match_to_match_unfolding_what_holds_them(tree: DataTree, qtbot: QtBot) -> None:
    qtbot.keyClicks(tree.field, "relevo")
    assert tree.found.text() == "0 of 2"
    qtbot.keyClick(tree.field, Qt.Key.Key_Return)
    assert tree.view.currentIndex().data() == "Name"
    qtbot.keyClick(tree.field, Qt.Key.Key_Return)
    assert tree.view.currentIndex().siblingAtColumn(1).data() == "RELEVO_SECRET=•••"
    assert tree.found.text() == "2 of 2"
    assert tree.view.isExpanded(line(tree, "Config", "Env"))
    tree.field.setText("nothing of the kind")
    assert tree.found.text() == "no match"


def test_a_value_and_everything_are_copied(tree: DataTree) -> None:
    tree.view.setCurrentIndex(line(tree, "Name").siblingAtColumn(1))
    tree.copy()
    assert QGuiApplication.clipboard().text() == "/relevo-gateway"
    tree.view.setCurrentIndex(line(tree, "State"))
    tree.copy()
    assert json.loads(QGuiApplication.clipboard().text()) == DATA["State"]
    tree.copy_all.click()
    assert json.loads(QGuiApplication.clipboard().text()) == DATA


def test_saving_hands_out_json_under_its_name(tree: DataTree) -> None:
    spy = QSignalSpy(tree.export_requested)
    tree.save.click()
    assert spy.at(0)[0].name == "gateway.json"
    assert json.loads(spy.at(0)[0].content) == DATA


def test_newer_data_of_the_same_thing_leave_unfolded_what_was(tree: DataTree) -> None:
    tree.view.expand(line(tree, "State"))
    tree.show_data("gateway", DATA | {"State": {"Running": False}})
    assert tree.view.isExpanded(line(tree, "State"))
    tree.show_data("another", DATA)
    assert not tree.view.isExpanded(line(tree, "State"))
