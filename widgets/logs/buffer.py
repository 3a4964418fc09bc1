"""The lines that are held: as many as can be of use, the newest."""

from collections.abc import Sequence

from services.containers.model import LogLine
from widgets.text_grid.ansi import plain
from widgets.text_grid.character_widths import columns_of

LIMIT = 100_000


class LogBuffer:
    """Lines by number; numbers go on when old lines are dropped, so that a number means one line forever.

    Args:
        limit: how many lines are held at least; a tenth more at most, so that dropping is rare.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._lines: list[LogLine] = []
        self._texts: list[str] = []
        self._widths: list[int] = []
        self.first = 0

    @property
    def end(self) -> int:
        """The number after the last line's."""
        return self.first + len(self._lines)

    def __len__(self) -> int:
        """How many lines are held."""
        return len(self._lines)

    def append(self, lines: Sequence[LogLine]) -> int:
        """Add lines; returns how many of the oldest were dropped for them."""
        self._lines.extend(lines)
        texts = [plain(line.text) for line in lines]
        self._texts.extend(texts)
        self._widths.extend(map(columns_of, texts))
        if len(self._lines) <= self._limit + self._limit // 10:
            return 0
        dropped = len(self._lines) - self._limit
        del self._lines[:dropped]
        del self._texts[:dropped]
        del self._widths[:dropped]
        self.first += dropped
        return dropped

    def clear(self) -> None:
        """Drop all lines; numbers begin anew."""
        self._lines.clear()
        self._texts.clear()
        self._widths.clear()
        self.first = 0

    def line(self, number: int) -> LogLine:
        """The line of that number."""
        return self._lines[number - self.first]

    def text(self, number: int) -> str:
        """What that line says, without escape sequences."""
        return self._texts[number - self.first]

    def texts(self, start: int) -> list[str]:
        """What the lines from that number on say."""
        return self._texts[max(0, start - self.first) :]

    def widths(self, start: int) -> list[int]:
        """How many columns the lines from that number on take."""
        return self._widths[max(0, start - self.first) :]
