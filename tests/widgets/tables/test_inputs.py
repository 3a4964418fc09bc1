"""The table of a model's inputs, by keyboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox
from pytestqt.qtbot import QtBot

from services.registry.choices import FieldType
from widgets.tables.inputs import MISSING, NAME, TYPE, UNIT, InputRow, InputsTable


@pytest.fixture
def table(qtbot: QtBot) -> InputsTable:
    made = InputsTable()
    qtbot.addWidget(made)
    made.resize(480, 300)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def go(table: InputsTable, row: int, column: int) -> None:
    table.setFocus()
    table.setCurrentIndex(table.inputs.index(row, column))


def type_into(table: InputsTable, qtbot: QtBot, text: str) -> None:
    """As a person does: the first key opens the cell."""
    qtbot.keyClick(table, text[0])
    editor = QApplication.focusWidget()
    if text[1:]:
        qtbot.keyClicks(editor, text[1:])
    qtbot.keyClick(editor, Qt.Key.Key_Return)


def test_names_and_units_are_typed_in_place(table: InputsTable, qtbot: QtBot) -> None:
    table.show_rows([InputRow(), InputRow("pH")])
    go(table, 0, NAME)
    with qtbot.waitSignal(table.changed):
        type_into(table, qtbot, "alcohol")
    go(table, 0, UNIT)
    type_into(table, qtbot, "%")
    assert table.rows() == [InputRow("alcohol", unit="%"), InputRow("pH")]


def test_space_ticks_what_may_be_missing(table: InputsTable, qtbot: QtBot) -> None:
    table.show_rows([InputRow("pH")])
    go(table, 0, MISSING)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert table.rows() == [InputRow("pH", nullable=True)]
    assert table.inputs.index(0, MISSING).data() == "yes"
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert table.rows() == [InputRow("pH")]


def test_a_type_is_chosen_from_the_four(table: InputsTable, qtbot: QtBot) -> None:
    table.show_rows([InputRow("colour")])
    go(table, 0, TYPE)
    qtbot.keyClick(table, Qt.Key.Key_F2)
    box = table.findChild(QComboBox)
    assert box is not None
    assert [box.itemText(place) for place in range(box.count())] == [kind.value for kind in FieldType]
    qtbot.keyClicks(box, "string")
    assert table.rows() == [InputRow("colour", FieldType.STRING)]


def test_a_row_waits_for_a_name_where_their_number_is_open(table: InputsTable, qtbot: QtBot) -> None:
    table.show_rows([], growing=True)
    assert (table.inputs.rowCount(), table.rows()) == (1, [])
    for place, name in enumerate(("a", "b")):
        go(table, place, NAME)
        type_into(table, qtbot, name)
    assert table.rows() == [InputRow("a"), InputRow("b")]
    assert table.inputs.rowCount() == 3


def test_a_column_of_names_is_pasted(table: InputsTable, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText("pH\nfixed acidity\r\nalcohol\n")
    table.show_rows([InputRow(), InputRow()])
    go(table, 0, NAME)
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [row.name for row in table.rows()] == ["pH", "fixed acidity"]
    table.show_rows([], growing=True)
    qtbot.keyClick(table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert [row.name for row in table.rows()] == ["pH", "fixed acidity", "alcohol"]


def test_known_units_fill_only_what_has_none(table: InputsTable) -> None:
    table.show_rows([InputRow("pH", unit="units"), InputRow("alcohol")])
    table.propose_units({"pH": "pH", "alcohol": "%", "sugar": "g/l"})
    assert [row.unit for row in table.rows()] == ["units", "%"]
