"""The one table: sorting, filtering, remembering, copying, exporting."""

import csv
import io
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from widgets.actions import ExplainedAction
from widgets.exports import Export
from widgets.tables.cells import Cell, Column, Role, Row
from widgets.tables.table import DataTable

COLUMNS = (
    Column("name", "Name", stretch=True),
    Column("size", "Size", unit="kB", numeric=True, width=90),
    Column("note", "Note"),
)


def row(name: str, size: float | None, note: str = "") -> Row:
    text = "–" if size is None else f"{size:.1f}"
    return Row(
        name,
        (Cell(name), Cell(text, sort="" if size is None else size, export=repr(size)), Cell(note)),
    )


@pytest.fixture
def table(qtbot: QtBot) -> DataTable:
    made = DataTable(COLUMNS, name="Files", searchable=True)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    made.set_rows([row("bravo", 10), row("Alpha", 9, "the first one"), row("charlie", None)])
    return made


def shown(table: DataTable) -> list[str]:
    model = table.view.model()
    return [str(model.index(line, 0).data()) for line in range(model.rowCount())]


def click_head(qtbot: QtBot, table: DataTable, column: int) -> None:
    head = table.view.horizontalHeader()
    at = QPoint(head.sectionViewportPosition(column) + 20, head.height() // 2)
    qtbot.mouseClick(head.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_a_click_on_a_head_sorts_numbers_by_value_and_texts_without_regard_to_case(
    qtbot: QtBot, table: DataTable
) -> None:
    assert shown(table) == ["bravo", "Alpha", "charlie"]
    click_head(qtbot, table, 0)
    assert shown(table) == ["Alpha", "bravo", "charlie"]
    click_head(qtbot, table, 1)
    assert shown(table) == ["Alpha", "bravo", "charlie"]
    click_head(qtbot, table, 1)
    assert shown(table)[1:] == ["bravo", "Alpha"]


def test_the_filter_keeps_rows_that_hold_every_word_in_any_column(qtbot: QtBot, table: DataTable) -> None:
    qtbot.keyClicks(table.filter_field, "FIRST al")
    assert shown(table) == ["Alpha"]
    table.set_filter("")
    assert len(shown(table)) == 3


def test_ctrl_f_goes_to_the_filter(qtbot: QtBot, table: DataTable) -> None:
    table.activateWindow()
    table.view.setFocus()
    qtbot.keyClick(table.view, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert table.filter_field.hasFocus()


def test_a_refresh_keeps_selection_order_and_widths(qtbot: QtBot, table: DataTable) -> None:
    click_head(qtbot, table, 0)
    table.select_keys(["bravo"])
    table.view.setColumnWidth(1, 123)
    table.set_rows([row("bravo", 11), row("Alpha", 9), row("charlie", 2), row("delta", 1)])
    assert table.selected_keys() == ["bravo"]
    assert shown(table) == ["Alpha", "bravo", "charlie", "delta"]
    assert table.view.columnWidth(1) == 123


def source_of(table: DataTable) -> Any:
    """The model below the one that sorts."""
    sorting: Any = table.view.model()
    return sorting.sourceModel()


def test_a_refresh_of_the_same_rows_resets_nothing(qtbot: QtBot, table: DataTable) -> None:
    source = source_of(table)
    with qtbot.assertNotEmitted(source.modelReset), qtbot.waitSignal(source.dataChanged):
        table.set_rows([row("bravo", 12), row("Alpha", 9), row("charlie", None)])


def test_the_layout_is_remembered_by_names_of_columns(qtbot: QtBot, table: DataTable) -> None:
    head = table.view.horizontalHeader()
    table.view.setColumnWidth(1, 77)
    head.moveSection(2, 0)
    head.hideSection(1)
    click_head(qtbot, table, 0)
    remembered = table.save_layout()
    other = DataTable((Column("new", "New"), *COLUMNS), name="Files")
    qtbot.addWidget(other)
    assert other.restore_layout(remembered)
    other_head = other.view.horizontalHeader()
    assert other_head.visualIndex(3) < other_head.visualIndex(1)
    assert other_head.isSectionHidden(2)
    assert not other_head.isSectionHidden(0)
    assert other_head.sortIndicatorSection() == 1


@pytest.mark.parametrize(
    "damaged", ["", "{", "[]", '{"widths": {"size": "wide"}}', '{"widths": {"size": -4}}']
)
def test_a_damaged_layout_is_refused_and_changes_nothing(table: DataTable, damaged: str) -> None:
    before = table.save_layout()
    assert not table.restore_layout(damaged)
    assert table.save_layout() == before


def test_ctrl_c_copies_the_selected_rows_with_their_heads_and_values_in_full(
    qtbot: QtBot, table: DataTable
) -> None:
    table.activateWindow()
    table.view.setFocus()
    table.select_keys(["Alpha"])
    qtbot.keyClick(table.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Name\tSize (kB)\tNote\nAlpha\t9\tthe first one"


def test_export_hands_out_a_csv_of_what_is_shown_in_the_order_shown(qtbot: QtBot, table: DataTable) -> None:
    click_head(qtbot, table, 0)
    table.set_filter("a")
    with qtbot.waitSignal(table.export_requested) as caught:
        next(a for a in table.context_menu().actions() if a.text() == "Export as CSV…").trigger()
    made = caught.args[0]
    assert isinstance(made, Export)
    assert made.name == "files.csv"
    assert made.content.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert lines == [
        ["Name", "Size (kB)", "Note"],
        ["Alpha", "9", "the first one"],
        ["bravo", "10", ""],
        ["charlie", "None", ""],
    ]


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless_but_numbers_stay(table: DataTable) -> None:
    table.set_rows([Row("x", (Cell('=HYPERLINK("http://x")'), Cell("-1.5"), Cell('a,b\n"c"')))])
    lines = list(csv.reader(io.StringIO(table.to_csv())))
    assert lines[1] == ['\'=HYPERLINK("http://x")', "-1.5", 'a,b\n"c"']


def test_a_blocked_action_is_shown_with_its_reason(table: DataTable) -> None:
    action = ExplainedAction("Open", explanation="Open the file.", parent=table)
    table.add_action(action)
    action.set_blocked("The file is gone.")
    menu = table.context_menu()
    assert menu.toolTipsVisible()
    assert not menu.actions()[0].isEnabled()
    assert menu.actions()[0].toolTip() == "The file is gone."
    action.set_blocked("")
    assert (action.isEnabled(), action.toolTip()) == (True, "Open the file.")


def test_enter_opens_the_row(qtbot: QtBot, table: DataTable) -> None:
    table.view.setFocus()
    table.view.setCurrentIndex(table.view.model().index(1, 0))
    with qtbot.waitSignal(table.activated) as caught:
        qtbot.keyClick(table.view, Qt.Key.Key_Return)
    assert caught.args == ["Alpha"]


def test_tab_leaves_the_table(qtbot: QtBot, table: DataTable) -> None:
    table.activateWindow()
    table.view.setFocus()
    qtbot.keyClick(table.view, Qt.Key.Key_Tab)
    assert not table.view.hasFocus()


def test_without_rows_it_says_why(table: DataTable) -> None:
    table.set_empty("Nothing stored", "Store a file.")
    table.set_rows([])
    assert table.empty.isVisible()
    assert table.empty.text() == "Nothing stored. Store a file."
    table.set_rows([row("bravo", 1)])
    assert not table.empty.isVisible()


def test_numbers_stand_right_and_texts_left(table: DataTable) -> None:
    model = table.view.model()
    sides = [model.index(0, c).data(Qt.ItemDataRole.TextAlignmentRole) for c in range(3)]
    assert [bool(side & Qt.AlignmentFlag.AlignRight) for side in sides] == [False, True, False]


def test_columns_can_be_hidden_but_never_all(table: DataTable) -> None:
    head: Any = table.view.horizontalHeader()
    for action in head.columns_menu().actions()[:2]:
        action.setChecked(False)
    assert [head.isSectionHidden(c) for c in range(3)] == [True, True, False]
    assert not head.columns_menu().actions()[2].isEnabled()


def test_a_repaint_asks_nothing_of_rows_that_are_not_seen(qtbot: QtBot, table: DataTable) -> None:
    table.set_rows([row(f"file {number:05d}", number) for number in range(5000)])
    source = source_of(table)
    asked: set[int] = set()
    original = source.data

    def spying(index: QModelIndex, role: int = 0) -> object:
        asked.add(index.row())
        return original(index, role)

    source.data = spying
    table.view.viewport().repaint()
    del source.data
    assert 0 < len(asked) < 40


def test_it_is_named_for_those_who_listen(table: DataTable) -> None:
    assert table.view.accessibleName() == "Files"
    assert table.filter_field.accessibleName() == "Filter files"
    assert table.view.model().index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "Alpha"
    assert table.view.model().index(1, 0).data(Role.KEY) == "Alpha"


def test_sorting_keeps_the_selected_row_and_equal_rows_in_the_order_given(
    qtbot: QtBot, table: DataTable
) -> None:
    table.set_rows([row("c", 1), row("a", 2), row("b", 1), row("d", None)])
    table.select_keys(["b"])
    click_head(qtbot, table, 1)
    assert shown(table) == ["c", "b", "a", "d"]
    assert table.selected_keys() == ["b"]
    table.set_filter("b")
    click_head(qtbot, table, 0)
    assert (shown(table), table.selected_keys()) == (["b"], ["b"])
    table.set_filter("")
    assert shown(table) == ["a", "b", "c", "d"]


def test_it_knows_which_rows_are_in_sight(table: DataTable) -> None:
    assert table.keys_in_sight() == ["bravo", "Alpha", "charlie"]
    table.set_rows([row(f"{number:03}", number) for number in range(200)])
    seen = table.keys_in_sight()
    assert 4 <= len(seen) < 12
    assert seen[0] == "000"
    table.view.scrollToBottom()
    assert table.keys_in_sight()[-1] == "199"
    table.set_rows([])
    assert table.keys_in_sight() == []
