"""A line of the screen as runs of one ink each."""

from itertools import groupby

from pyte.screens import Char

from widgets.letters.ansi import Ink, Run
from widgets.theme.ansi import NAMES

_OTHER_NAMES = {"brown": "yellow"}
"""What pyte calls by another name than ECMA-48 does."""


def runs_of(cells: list[Char]) -> list[Run]:
    """The letters of a line, those of one ink together."""
    found: list[Run] = []
    place = 0
    for ink, group in groupby(cells, key=ink_of):
        text = "".join(cell.data for cell in group)
        found.append(Run(place, text, ink))
        place += len(text)
    return found


def ink_of(cell: Char) -> Ink:
    """The ink of a letter."""
    return Ink(
        foreground=colour(cell.fg),
        background=colour(cell.bg),
        bold=cell.bold,
        italic=cell.italics,
        underlined=cell.underscore,
        swapped=cell.reverse,
    )


def colour(name: str) -> int | str:
    """Pyte's name for a colour as a number or `#rrggbb`; empty for the usual one."""
    if name == "default":
        return ""
    bright = name.startswith("bright")
    plain = name.removeprefix("bright")
    plain = _OTHER_NAMES.get(plain, plain)
    if plain in NAMES:
        return NAMES.index(plain) + (8 if bright else 0)
    return f"#{name}"
