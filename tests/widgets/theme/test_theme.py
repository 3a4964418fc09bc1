"""One owner of the theme, one signal; icons follow it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QImage, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

import resources
from widgets.panels.labels import Text
from widgets.theme import Appearance, State, Theme, icon, theme
from widgets.theme.colours import DARK, LIGHT
from widgets.theme.icons import application_icon


def test_there_is_one_theme_however_often_it_is_asked_for(light: Theme) -> None:
    assert theme() is light


def test_a_change_is_told_once_and_worn_before_it_is_told(qtbot: QtBot, light: Theme) -> None:
    seen: list[str] = []
    light.changed.connect(lambda: seen.append(QApplication.palette().color(QPalette.ColorRole.Base).name()))
    light.wear(Appearance.DARK)
    light.wear(Appearance.DARK)
    light.changed.disconnect()
    assert seen == [DARK.base]
    assert light.is_dark


def test_what_is_prepared_is_worn_and_told_later(light: Theme) -> None:
    seen: list[str] = []
    light.changed.connect(lambda: seen.append(QApplication.palette().color(QPalette.ColorRole.Base).name()))
    light.prepare(Appearance.DARK)
    assert QApplication.palette().color(QPalette.ColorRole.Base).name() == light.colours.base == DARK.base
    assert DARK.base not in application_sheet()
    assert not seen
    light.wear(Appearance.DARK)
    light.changed.disconnect()
    assert DARK.base in application_sheet()
    assert seen == [DARK.base]


def test_the_system_is_followed_unless_the_person_chose(qtbot: QtBot, light: Theme) -> None:
    hints = QGuiApplication.styleHints()
    hints.setColorScheme(Qt.ColorScheme.Dark)
    try:
        assert light.colours is LIGHT
        light.wear(Appearance.SYSTEM)
        assert light.colours is (DARK if hints.colorScheme() is Qt.ColorScheme.Dark else LIGHT)
        hints.setColorScheme(Qt.ColorScheme.Light)
        assert light.colours is LIGHT
    finally:
        hints.unsetColorScheme()


def test_an_icon_takes_the_ink_of_the_moment(light: Theme) -> None:
    one = icon("home")
    assert darkest(one).lightness() < 60
    light.wear(Appearance.DARK)
    assert brightest(one).lightness() > 200


def test_a_missing_icon_is_told_at_once() -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.svg"):
        icon("nowhere")


def test_every_drawing_renders_and_only_uses_the_theme_for_colour() -> None:
    for file in resources.path("icons").glob("*.svg"):
        if file.stem.startswith(("relevo", "check-", "chevron-")):
            continue
        assert b"currentColor" in file.read_bytes(), file.name
        assert not blank(icon(file.stem)), file.name
    assert not application_icon().pixmap(64, 64).isNull()


def test_a_states_ink_survives_a_new_parent_and_a_new_theme(qtbot: QtBot, light: Theme) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    text = Text("down")
    text.set_state(State.BAD)
    text.setParent(parent)
    parent.show()
    assert ink(text) == LIGHT.bad
    light.wear(Appearance.DARK)
    assert ink(text) == DARK.bad


def ink(label: QLabel) -> str:
    label.ensurePolished()
    return label.palette().color(QPalette.ColorRole.WindowText).name()


def pixels(shown: QIcon) -> list[QColor]:
    image = shown.pixmap(32, 32).toImage().convertToFormat(QImage.Format.Format_ARGB32)
    colours = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return [colour for colour in colours if colour.alpha() > 200]


def darkest(shown: QIcon) -> QColor:
    return min(pixels(shown), key=lambda colour: colour.lightness())


def brightest(shown: QIcon) -> QColor:
    return max(pixels(shown), key=lambda colour: colour.lightness())


def application_sheet() -> str:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    return application.styleSheet()


def blank(shown: QIcon) -> bool:
    return not pixels(shown)
