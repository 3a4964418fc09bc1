"""The palette: a few letters and Enter."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from widgets.panels.command_palette import CommandPalette, PaletteCommand, ranked

COMMANDS = (
    PaletteCommand("page:monitor", "Monitor", "Pages", "Ctrl+2"),
    PaletteCommand("open:wine", "Open wine", "Projects"),
    PaletteCommand("open:iris", "Open iris", "Projects"),
    PaletteCommand("champion:A", "Make A champion…", "wine", blocked="A is down."),
    PaletteCommand("retrain:A", "Retrain A…", "wine"),
)


@pytest.fixture
def palette(qtbot: QtBot) -> CommandPalette:
    made = CommandPalette()
    qtbot.addWidget(made)
    made.set_commands(COMMANDS)
    made.open()
    made.activateWindow()
    return made


def field(palette: CommandPalette) -> QLineEdit:
    return palette.findChild(QLineEdit)


def test_it_opens_empty_with_everything_and_the_focus(palette: CommandPalette) -> None:
    assert field(palette).text() == ""
    assert palette.shown() == [command.key for command in COMMANDS]
    assert field(palette).hasFocus()


def test_letters_and_enter_choose_the_closest(qtbot: QtBot, palette: CommandPalette) -> None:
    qtbot.keyClicks(field(palette), "iri")
    with qtbot.waitSignal(palette.chosen) as caught:
        qtbot.keyClick(field(palette), Qt.Key.Key_Return)
    assert caught.args == ["open:iris"]


def test_arrows_move_while_the_focus_stays_in_the_field(qtbot: QtBot, palette: CommandPalette) -> None:
    qtbot.keyClick(field(palette), Qt.Key.Key_Down)
    assert field(palette).hasFocus()
    with qtbot.waitSignal(palette.chosen) as caught:
        qtbot.keyClick(field(palette), Qt.Key.Key_Return)
    assert caught.args == ["open:wine"]


def test_a_blocked_command_is_shown_and_not_chosen(qtbot: QtBot, palette: CommandPalette) -> None:
    qtbot.keyClicks(field(palette), "make a champion")
    assert palette.shown() == ["champion:A"]
    with qtbot.assertNotEmitted(palette.chosen):
        qtbot.keyClick(field(palette), Qt.Key.Key_Return)


def test_escape_dismisses(qtbot: QtBot, palette: CommandPalette) -> None:
    with qtbot.waitSignal(palette.dismissed):
        qtbot.keyClick(field(palette), Qt.Key.Key_Escape)


def test_nothing_found_is_said_and_cannot_be_chosen(qtbot: QtBot, palette: CommandPalette) -> None:
    qtbot.keyClicks(field(palette), "zzz")
    assert palette.shown() == []
    with qtbot.assertNotEmitted(palette.chosen):
        qtbot.keyClick(field(palette), Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("typed", "first"),
    [("wine", "open:wine"), ("ret", "retrain:A"), ("opir", "open:iris"), ("", "page:monitor")],
)
def test_the_closest_match_comes_first(typed: str, first: str) -> None:
    assert ranked(COMMANDS, typed)[0].key == first


def test_two_hundred_projects_are_searched_by_any_part_of_their_names() -> None:
    many = [PaletteCommand(str(n), f"Open a_project_whose_name_is_forty_chars_{n:03d}") for n in range(200)]
    assert [command.key for command in ranked(many, "chars_157")] == ["157"]


def test_it_is_as_high_as_what_matches(qtbot: QtBot, palette: CommandPalette) -> None:
    whole = palette.height()
    qtbot.keyClicks(field(palette), "iri")
    one = palette.height()
    field(palette).clear()
    assert one < whole == palette.height()
