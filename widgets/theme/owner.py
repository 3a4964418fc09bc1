"""The theme itself: follows the system or obeys the person, and tells everyone by one signal."""

from enum import StrEnum
from typing import cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from widgets.theme.colours import DARK, LIGHT, Colours
from widgets.theme.stylesheet import stylesheet


class Appearance(StrEnum):
    """Which appearance the person wants."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(QObject):
    """Owns palette, style and style sheet of the application.

    `changed` comes after the application wears the new appearance; widgets that paint themselves
    read `colours` again and update.
    """

    changed = Signal()

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self._application = application
        self._appearance = Appearance.SYSTEM
        self._colours = LIGHT
        self._prepared: Colours | None = None
        self._worn: Colours | None = None
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow)

    @property
    def appearance(self) -> Appearance:
        """What the person chose."""
        return self._appearance

    @property
    def colours(self) -> Colours:
        """The colours in use."""
        return self._colours

    @property
    def is_dark(self) -> bool:
        """Whether light ink stands on a dark background."""
        return self._colours is DARK

    def prepare(self, appearance: Appearance = Appearance.SYSTEM) -> None:
        """Choose colours, font and palette, which widgets read while they are made; `wear` has to follow.

        For a quick start: where there is a style sheet already, Qt applies it anew to everything inside
        a widget each time that one is put into another.
        """
        self._appearance = appearance
        wanted = self._wanted()
        if wanted is self._prepared:
            return
        if self._prepared is None:
            self._application.setStyle("Fusion")
            self._application.setFont(tabular(self._application.font()))
        self._prepared = self._colours = wanted
        self._application.setPalette(palette(wanted))

    def wear(self, appearance: Appearance = Appearance.SYSTEM) -> None:
        """Dress the application; call it once at start-up and whenever the person chooses."""
        self.prepare(appearance)
        if self._colours is self._worn:
            return
        self._worn = self._colours
        self._application.setStyleSheet(stylesheet(self._colours))
        self.changed.emit()

    def _follow(self) -> None:
        """The system changed between light and dark."""
        if self._worn is not None and self._appearance is Appearance.SYSTEM:
            self.wear(Appearance.SYSTEM)

    def _wanted(self) -> Colours:
        if self._appearance is Appearance.SYSTEM:
            dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        else:
            dark = self._appearance is Appearance.DARK
        return DARK if dark else LIGHT


def tabular(font: QFont) -> QFont:
    """The font with figures of equal width, where it has them."""
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def palette(colours: Colours) -> QPalette:
    """Qt's palette for an appearance."""
    made = QPalette()
    role = QPalette.ColorRole
    inks = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.base,
        role.AlternateBase: colours.window,
        role.Text: colours.text,
        role.PlaceholderText: colours.quiet,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.bad,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.Highlight: colours.selection,
        role.HighlightedText: colours.text,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.raised,
        role.Midlight: colours.line,
        role.Mid: colours.border,
        role.Dark: colours.border,
        role.Shadow: colours.border,
    }
    for which, colour in inks.items():
        made.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, which, QColor(colours.disabled))
    return made


def theme() -> Theme:
    """The application's theme; made with the first call, owned by the application.

    Raises:
        RuntimeError: there is no QApplication yet.
    """
    application = QApplication.instance()
    if application is None:
        raise RuntimeError("the theme needs a QApplication")
    found = application.findChild(Theme, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return found if isinstance(found, Theme) else Theme(cast("QApplication", application))
