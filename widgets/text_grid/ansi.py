"""Texts with the escape sequences of terminals: what they say, and in which style."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

_SEQUENCE = re.compile(
    r"\x1b\[(?P<numbers>[0-9;:]*)m"  # select graphic rendition
    r"|\x1b\[[0-?]*[ -/]*(?:[@-~]|\Z)"  # any other control sequence, or the torn end of one
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # operating system command, such as a title
    r"|\x1b[()][0-9A-Za-z]|\x1b[@-Z\\-_=>]|\x1b"  # character sets, single escapes, half of one
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f]")
TAB = 8


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a piece of text is written.

    Attributes:
        foreground, background: a number of the 256 colours, `#rrggbb`, or empty for the usual.
    """

    foreground: int | str = ""
    background: int | str = ""
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underlined: bool = False
    swapped: bool = False


PLAIN = TextStyle()


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one style; `start` counts characters of the plain text before it."""

    start: int
    text: str
    style: TextStyle


def plain(text: str) -> str:
    """What a line says: without escape sequences, tabs as spaces, only the last of what was overwritten."""
    if text.isprintable():
        return text
    return _cleaned(_SEQUENCE.sub("", _overwritten(text)))


@lru_cache(maxsize=1024)
def runs(text: str) -> tuple[Run, ...]:
    """A line as pieces of one style each; together they are `plain(text)`."""
    if text.isprintable():
        return (Run(0, text, PLAIN),)
    text = _overwritten(text)
    found: list[Run] = []
    style, place, column = PLAIN, 0, 0
    for sequence in (*_SEQUENCE.finditer(text), None):
        piece = text[place : sequence.start() if sequence else None]
        clean = _cleaned(piece, column)
        if clean:
            found.append(Run(column, clean, style))
            column += len(clean)
        if sequence is not None:
            place = sequence.end()
            numbers = sequence["numbers"]
            style = style if numbers is None else written(style, numbers)
    return tuple(found)


def written(style: TextStyle, numbers: str) -> TextStyle:
    """The style after a "select graphic rendition" with these parameters (ECMA-48, 8.3.117)."""
    codes = [int(number or 0) for number in numbers.replace(":", ";").split(";")]
    while codes:
        code = codes.pop(0)
        if code in {38, 48}:
            colour = _extended(codes)
            style = replace(style, foreground=colour) if code == 38 else replace(style, background=colour)
        else:
            style = _changed(style, code)
    return style


_SWITCHES: dict[int, dict[str, bool]] = {
    1: {"bold": True},
    2: {"faint": True},
    3: {"italic": True},
    4: {"underlined": True},
    7: {"swapped": True},
    22: {"bold": False, "faint": False},
    23: {"italic": False},
    24: {"underlined": False},
    27: {"swapped": False},
}


def _changed(style: TextStyle, code: int) -> TextStyle:
    if code == 0:
        return PLAIN
    if code in _SWITCHES:
        return replace(style, **_SWITCHES[code])
    if code in {39, 49}:
        return replace(style, foreground="") if code == 39 else replace(style, background="")
    for first, bright in ((30, 0), (90, 8)):
        if first <= code <= first + 7:
            return replace(style, foreground=code - first + bright)
        if first + 10 <= code <= first + 17:
            return replace(style, background=code - first - 10 + bright)
    return style


def _extended(codes: list[int]) -> int | str:
    """What follows 38 or 48: `5;n`, or `2;r;g;b`; takes it off the list."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        return min(codes.pop(0), 255)
    if kind == 2 and len(codes) >= 3:
        red, green, blue = (min(codes.pop(0), 255) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    codes.clear()
    return ""


def _overwritten(text: str) -> str:
    """What is left of a line that was written over itself, as progress bars do."""
    text = text.rstrip("\r\n")
    return text.rsplit("\r", 1)[1] if "\r" in text else text


def _cleaned(text: str, column: int = 0) -> str:
    """Tabs as spaces to the next stop, other control characters left out."""
    text = _CONTROL.sub("", text)
    if "\t" in text:
        text = (" " * (column % TAB) + text).expandtabs(TAB)[column % TAB :]
    return text
