"""The one owner of how Relevo looks: colours, type, spacing, icons; light and dark.

Lives here: the palette of each appearance, the colour, dash and symbol of each version, fonts, the
style sheet, tinted icons, and `theme()`, whose signal `changed` every self-painting widget follows.
May not live here: widgets, or any colour that means something to one page only.
"""

from widgets.theme.colours import Colours, State
from widgets.theme.icons import icon
from widgets.theme.owner import Appearance, Theme, theme
from widgets.theme.typography import GRID, FontSize, font
from widgets.theme.versions import Symbol, VersionStyle, version_style

__all__ = [
    "GRID",
    "Appearance",
    "Colours",
    "FontSize",
    "State",
    "Symbol",
    "Theme",
    "VersionStyle",
    "font",
    "icon",
    "theme",
    "version_style",
]
