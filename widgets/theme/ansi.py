"""The colours that programs name in what they write to a terminal, readable on both appearances.

The first sixteen are the theme's own; the rest follow xterm's table of 256 (a cube of six levels a
channel, then 24 greys), moved towards the ink where they would not read on the background.
"""

from functools import lru_cache

from PySide6.QtGui import QColor

from widgets.theme.colours import contrast
from widgets.theme.owner import theme

NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_LIGHT = (
    "#1c2026", "#b3261e", "#187a34", "#8a5a00", "#1668b8", "#8e3a9d", "#0b7285", "#5b6470",
    "#3a424d", "#c9362d", "#1f8f3f", "#9a6700", "#1f78cf", "#a34bb3", "#0d8197", "#6b7480",
)  # fmt: skip
_DARK = (
    "#7a828e", "#f58078", "#57c878", "#e0b040", "#5aa2ea", "#c792ea", "#4ec9d4", "#e6e9ee",
    "#9ea7b3", "#ff9f98", "#7fdc98", "#f0c766", "#83bbf2", "#d9b3f2", "#7adbe3", "#ffffff",
)  # fmt: skip
_LEVELS = (0, 95, 135, 175, 215, 255)
READABLE = 3.0
"""The least contrast of an ink to the background (WCAG 2.2, large text and graphics)."""


def named(number: int) -> str:
    """The colour of a number from 0 to 255, as `#rrggbb`, in the present appearance."""
    if number < len(_LIGHT):
        return (_DARK if theme().is_dark else _LIGHT)[number]
    return readable(xterm(number), theme().colours.base)


def readable_colour(colour: str) -> str:
    """A colour given as `#rrggbb`, moved until it reads on the background."""
    return readable(colour, theme().colours.base)


def xterm(number: int) -> str:
    """Entry 16 to 255 of xterm's table."""
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    red, rest = divmod(number - 16, 36)
    green, blue = divmod(rest, 6)
    return "#" + "".join(f"{_LEVELS[level]:02x}" for level in (red, green, blue))


@lru_cache(maxsize=512)
def readable(colour: str, background: str) -> str:
    """The colour itself where it reads, else a lighter or darker one of the same hue that does."""
    dark = QColor(background).lightness() < 128
    found = QColor(colour)
    for _ in range(24):
        if contrast(found.name(), background) >= READABLE:
            break
        found = lifted(found) if dark else found.darker(110)
    return found.name()


def lifted(colour: QColor) -> QColor:
    """The colour a tenth nearer to white."""
    return QColor(*(channel + (255 - channel) // 10 + 1 for channel in _channels(colour)))


def _channels(colour: QColor) -> tuple[int, int, int]:
    return min(colour.red(), 254), min(colour.green(), 254), min(colour.blue(), 254)
