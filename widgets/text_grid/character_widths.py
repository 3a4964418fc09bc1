"""How many columns letters take: East Asian wide ones two, combining marks none (Unicode's TR 11)."""

import unicodedata


def columns_of(text: str) -> int:
    """Columns that a text takes."""
    return len(text) if text.isascii() else sum(map(_widths.__getitem__, text))


def cut(text: str, start: int, columns: int) -> tuple[int, str]:
    """The part of a text from a column on, so many columns wide; its first letter's place, and the part."""
    if text.isascii():
        return min(start, len(text)), text[start : start + columns]
    first = position_at(text, start)
    return first, text[first : max(first, position_at(text, start + columns))]


def position_at(text: str, column: int) -> int:
    """The place of the letter that stands at a column; the text's length beyond its end."""
    if text.isascii():
        return min(column, len(text))
    passed = 0
    for place, letter in enumerate(text):
        width = _widths[letter]
        if passed + width > column:
            return place
        passed += width
    return len(text)


class _Widths(dict[str, int]):
    """Each letter's width, looked up once."""

    def __missing__(self, letter: str) -> int:
        """Ask Unicode's tables."""
        wide = 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        self[letter] = width = 0 if unicodedata.combining(letter) else wide
        return width


_widths = _Widths()
