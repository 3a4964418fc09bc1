"""Versions as badges and as a list."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget
from pytestqt.qtbot import QtBot

from services.registry.model import Mode
from widgets.panels.version_entry import VersionEntry
from widgets.panels.versions import VersionBadge, VersionList
from widgets.theme import Appearance, State, version_style

CHAMPION = VersionEntry(
    "B", 1, Mode.CHAMPION, "healthy", State.GOOD, "0123456789abcdef" * 4, "svr", "since 12 Nov"
)
CHALLENGER = VersionEntry("A", 0, Mode.CHALLENGER, "down for 3 min", State.BAD)
LONG = VersionEntry("a_version_whose_name_is_forty_characters", 2, Mode.RETIRED)


@pytest.fixture
def versions(qtbot: QtBot) -> VersionList:
    made = VersionList()
    qtbot.addWidget(made)
    made.resize(240, 300)
    made.show()
    made.set_versions([CHALLENGER, CHAMPION, LONG])
    return made


def test_a_badge_says_the_part_in_production_by_sign_and_word(qtbot: QtBot, appearance: Appearance) -> None:
    badge = VersionBadge(CHAMPION)
    qtbot.addWidget(badge)
    assert CHAMPION.title == "★ B champion"
    assert badge.accessibleName() == "Version B, champion, since 12 Nov, svr, healthy, revision 01234567"
    badge.resize(badge.sizeHint())
    colours = badge.grab().toImage()
    assert colours.pixelColor(4, 14).name() == version_style(1).colour


def test_the_first_version_is_selected_and_told(qtbot: QtBot) -> None:
    made = VersionList()
    qtbot.addWidget(made)
    with qtbot.waitSignal(made.selected) as caught:
        made.set_versions([CHALLENGER, CHAMPION])
    assert caught.args == ["A"]


def test_the_keyboard_chooses_a_version(qtbot: QtBot, versions: VersionList) -> None:
    versions.activateWindow()
    versions.setFocus()
    with qtbot.waitSignal(versions.selected) as caught:
        qtbot.keyClick(versions.focusWidget(), Qt.Key.Key_Down)
    assert caught.args == ["B"]


def test_a_refresh_keeps_the_selected_version_silently(qtbot: QtBot, versions: VersionList) -> None:
    versions.select("B")
    with qtbot.assertNotEmitted(versions.selected):
        versions.set_versions([CHAMPION, CHALLENGER])
    assert versions.current() == "B"


def test_a_version_that_is_gone_gives_way_to_the_first(qtbot: QtBot, versions: VersionList) -> None:
    versions.select("B")
    with qtbot.waitSignal(versions.selected) as caught:
        versions.set_versions([CHALLENGER])
    assert caught.args == ["A"]
    versions.set_versions([])
    assert versions.current() == ""


def test_every_version_can_be_heard_and_long_names_do_not_break_the_list(
    versions: VersionList, appearance: Appearance
) -> None:
    items = versions.findChild(QListWidget)
    heard = [items.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(items.count())]
    assert heard[0] == "Version A, challenger, down for 3 min"
    assert heard[2].startswith("Version a_version_whose_name_is_forty_characters")
    assert not versions.grab().isNull()
