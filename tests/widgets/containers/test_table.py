"""The list as a person uses it: filter, fold, select, copy; five hundred containers."""

from collections.abc import Callable
from types import SimpleNamespace

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from services.containers.model import ContainerState
from widgets.containers.grouping import HELPERS, StateFilter
from widgets.containers.table import ContainerTable

Fill = Callable[..., None]


def test_groups_are_unfolded_but_pycharms_is_folded(
    table: ContainerTable, fill: Fill, made: SimpleNamespace
) -> None:
    fill(made.model_of(1, "wine", "A"), made.container(2, name="pycharm_helpers_1"))
    view, model = table.view, table.model
    assert {key: view.isExpanded(model.index_of(key)) for key in model.groups()} == {
        "group:0:wine": True,
        HELPERS: False,
    }


def test_a_fold_survives_changes(table: ContainerTable, fill: Fill, made: SimpleNamespace) -> None:
    fill(made.model_of(1, "wine", "A"), made.model_of(2, "wine", "B"))
    table.view.collapse(table.model.index_of("group:0:wine"))
    fill(made.model_of(1, "wine", "A", state=ContainerState.PAUSED), made.model_of(3, "wine", "C"))
    assert not table.view.isExpanded(table.model.index_of("group:0:wine"))


def test_the_selection_survives_changes_sorting_and_grouping(
    table: ContainerTable, fill: Fill, made: SimpleNamespace
) -> None:
    fill(*(made.container(number) for number in range(1, 30)))
    wanted = [f"{number:064x}" for number in (3, 9)]
    table.select(wanted)
    fill(made.container(9, state=ContainerState.PAUSED), made.container(40))
    table.view.head.setSortIndicator(1, Qt.SortOrder.DescendingOrder)
    table.grouped.setChecked(False)
    assert sorted(one.identifier for one in table.selected()) == wanted


def test_selecting_a_group_selects_its_containers(
    table: ContainerTable, fill: Fill, made: SimpleNamespace
) -> None:
    fill(made.model_of(1, "wine", "A"), made.model_of(2, "wine", "B"), made.container(3))
    table.view.setCurrentIndex(table.model.index_of("group:0:wine"))
    assert [one.version for one in table.selected()] == ["A", "B"]
    assert table.current() == ""


def test_a_container_that_goes_leaves_the_selection_and_says_so(
    table: ContainerTable, fill: Fill, made: SimpleNamespace
) -> None:
    fill(made.container(1), made.container(2))
    table.select([f"{1:064x}"])
    spy = QSignalSpy(table.selection_changed)
    table.model.take({f"{1:064x}": None})
    assert spy.count() >= 1
    assert table.selected() == []


def test_typing_filters_and_an_empty_result_says_so(
    table: ContainerTable, fill: Fill, made: SimpleNamespace, qtbot: QtBot
) -> None:
    fill(made.model_of(1, "wine", "A"), made.container(2))
    qtbot.keyClick(table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(table.filter_field, "wine")
    assert [row.cells[0].text for row in table.model.lines()] == ["relevo-model-wine-a"]
    qtbot.keyClicks(table.filter_field, "xx")
    assert table.nothing.isVisible()
    table.filter_field.clear()
    table.only.setCurrentIndex(table.only.findData(StateFilter.NOT_RUNNING))
    assert table.nothing.isVisible()


def test_without_containers_it_says_what_would_fill_it(table: ContainerTable) -> None:
    table.set_empty("Docker does not answer", "Is it running?")
    assert table.empty.isVisible()
    assert table.empty.text() == "Docker does not answer. Is it running?"


def test_the_project_has_a_column_only_while_groups_do_not_name_it(
    table: ContainerTable, fill: Fill, made: SimpleNamespace
) -> None:
    fill(made.model_of(1, "wine", "A"))
    table.copy()
    assert "Project" not in QGuiApplication.clipboard().text().splitlines()[0].split("\t")
    table.grouped.setChecked(False)
    table.copy()
    head, line = (text.split("\t") for text in QGuiApplication.clipboard().text().splitlines())
    assert line[head.index("Project")] == "wine"


def test_the_export_holds_what_is_shown_in_full(
    table: ContainerTable, fill: Fill, made: SimpleNamespace
) -> None:
    fill(made.container(1), made.container(2, name="=cmd|'/c calc'"))
    spy = QSignalSpy(table.export_requested)
    table.context_menu().actions()[-1].trigger()
    lines = spy.at(0)[0].content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Name,State,Health")
    assert any(line.startswith("'=cmd") for line in lines)  # no spreadsheet runs it


def test_a_remembered_layout_comes_back(table: ContainerTable, qtbot: QtBot) -> None:
    table.view.head.resizeSection(0, 333)
    table.view.head.setSortIndicator(1, Qt.SortOrder.DescendingOrder)
    text = table.save_layout()
    other = ContainerTable()
    qtbot.addWidget(other)
    assert other.restore_layout(text)
    assert other.view.head.sectionSize(0) == 333
    assert other.model.options.sorted_by == 1
    assert not other.restore_layout("not a layout")


def test_five_hundred_containers_cost_a_change_no_more_than_its_own_line(
    table: ContainerTable, fill: Fill, made: SimpleNamespace
) -> None:
    fill(*(made.container(number) for number in range(500)))
    inserted, changed = QSignalSpy(table.model.rowsInserted), QSignalSpy(table.model.dataChanged)
    layout = QSignalSpy(table.model.layoutChanged)
    for number in range(100):
        fill(made.container(number, state=ContainerState.PAUSED))
    assert (inserted.count(), layout.count()) == (0, 0)
    lines = [changed.at(i)[1].row() - changed.at(i)[0].row() for i in range(changed.count())]
    assert set(lines) == {0}
