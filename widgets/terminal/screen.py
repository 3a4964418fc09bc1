"""The screen of a terminal: pyte's, with what scrolled off it and the second screen that editors use."""

import codecs
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyte
from pyte.modes import DECTCEM
from pyte.screens import Char, Cursor

HISTORY = 5000
_ALTERNATE = frozenset({47, 1047, 1049})
_APPLICATION_KEYS, _BRACKETED_PASTE = 1 << 5, 2004 << 5
"""Private modes as pyte keeps them: shifted, to be told from the others."""

Line = Mapping[int, Char]


@dataclass(slots=True)
class _Aside:
    """The usual screen while the second one is shown."""

    buffer: dict[int, Any]
    cursor: Cursor
    lines: int


class TerminalScreen(pyte.Screen):
    """Feeds on bytes; lines are numbered through, from the oldest that is still remembered.

    Args:
        answer: gets what the terminal itself has to say to the program, such as where the cursor is.
    """

    def __init__(self, columns: int, lines: int, answer: Callable[[bytes], None]) -> None:
        self._answer = answer
        self._aside: _Aside | None = None
        self.history: deque[Line] = deque(maxlen=HISTORY)
        self.scrolled = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._sequences = EscapeSequenceSplitter()
        super().__init__(columns, lines)
        self._stream = pyte.Stream(self)

    @property
    def first(self) -> int:
        """The number of the oldest line."""
        return self.scrolled - len(self.history)

    @property
    def end(self) -> int:
        """The number after the screen's last line."""
        return self.scrolled + self.lines

    @property
    def application_keys(self) -> bool:
        """Whether the program wants the arrow keys in their other form."""
        return _APPLICATION_KEYS in self.mode

    @property
    def bracketed_paste(self) -> bool:
        """Whether the program wants to know where something pasted begins and ends."""
        return _BRACKETED_PASTE in self.mode

    @property
    def cursor_shown(self) -> bool:
        """Whether the program shows its cursor."""
        return DECTCEM in self.mode

    def feed(self, data: bytes) -> None:
        """Obey what a program wrote."""
        for part in self._sequences.cut(self._decoder.decode(data)):
            try:
                self._stream.feed(part)
            except (TypeError, ValueError, IndexError, AssertionError):
                continue  # a sequence that makes no sense: terminals pass over it where pyte raises

    def cells(self, number: int) -> list[Char]:
        """The letters of a line, one a column; a wide letter is followed by an empty one."""
        line = self._line(number)
        blank = self.default_char
        return [line.get(column, blank) for column in range(self.columns)]

    def text(self, number: int) -> str:
        """What a line says, without the blanks at its end."""
        return "".join(cell.data for cell in self.cells(number)).rstrip()

    def clear(self) -> None:
        """A fresh screen, with nothing remembered."""
        self._aside = None
        self.history.clear()
        self.scrolled = 0
        self.reset()

    def index(self) -> None:
        """A line feed; what leaves the screen at the top is remembered."""
        top = self.margins.top if self.margins else 0
        bottom = self.margins.bottom if self.margins else self.lines - 1
        if self.cursor.y == bottom and top == 0 and self._aside is None:
            self._remember(self.buffer[0])
        super().index()

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        """Erase; with 3 also what scrolled off (xterm)."""
        if how == 3:
            self.history.clear()
        super().erase_in_display(how, *args, **kwargs)

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Set modes; some of the private ones show the second screen."""
        if kwargs.get("private") and _ALTERNATE & set(modes) and self._aside is None:
            self._aside = _Aside(dict(self.buffer), self.cursor, self.lines)
            self.buffer.clear()
            self.cursor = Cursor(self.cursor.x, self.cursor.y, self.cursor.attrs)
        super().set_mode(*modes, **kwargs)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        """Reset modes; some of the private ones show the usual screen again."""
        super().reset_mode(*modes, **kwargs)
        if kwargs.get("private") and _ALTERNATE & set(modes) and self._aside is not None:
            aside, self._aside = self._aside, None
            self.buffer.clear()
            self.buffer.update(aside.buffer)
            self.cursor = aside.cursor
            self._shrink(aside.lines, self.lines)
            self.ensure_hbounds()
            self.ensure_vbounds()

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Another size; lines that no longer fit leave at the top, but never before empty ones below."""
        if lines is not None and lines < self.lines:
            self._shrink(self.lines, lines)
            self.lines = lines
        super().resize(lines, columns)
        self.ensure_hbounds()
        self.ensure_vbounds()

    def write_process_input(self, data: str) -> None:
        """What the terminal says to the program."""
        self._answer(data.encode())

    def _shrink(self, before: int, after: int) -> None:
        excess = max(0, self.cursor.y - after + 1)
        for _ in range(excess):
            if self._aside is None:
                self._remember(self.buffer[0])
            for row in range(before - 1):
                self.buffer[row] = self.buffer[row + 1]
            self.buffer.pop(before - 1, None)
        self.cursor.y -= excess
        for row in range(after, before):
            self.buffer.pop(row, None)

    def _remember(self, line: Line) -> None:
        self.history.append(line)
        self.scrolled += 1

    def _line(self, number: int) -> Line:
        row = number - self.scrolled
        return self.buffer[row] if row >= 0 else self.history[row + len(self.history)]


_PARAMETERS = r"[0-?]*"
_UNFINISHED = re.compile(rf"\x1b(?:\[{_PARAMETERS}[ -/]*|[\]P^_][^\x07\x1b]*\x1b?|[()#%])?\Z")
_FOREIGN = re.compile(
    r"\x1b\[[<=>][0-?]*[ -/]*[@-~]"  # xterm's own, such as modifyOtherKeys
    r"|\x1b\[\?[0-?]*[ -/]*[@-GILbd-gi-km-~]"  # private, of kinds that pyte has no private form of
    r"|\x1b\[[0-?]*[ -/]+[@-~]"  # with intermediate bytes, such as the shape of the cursor
    r"|\x1b[P^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # device control, privacy and application strings
    r"|\x1b[=>NOcno|}~](?<!\x1bc)"  # keypad modes and locking shifts
)
_COLONS = re.compile(r"\x1b\[[0-9;:]*:[0-9;:]*m")
LONGEST = 4096
"""Letters that an unfinished sequence may have before it is taken as it is."""


class EscapeSequenceSplitter:
    """Feeds on pieces as they come; gives texts in which every sequence is whole."""

    def __init__(self) -> None:
        self._held = ""

    def cut(self, text: str) -> list[str]:
        """The text so far, in parts that begin with one sequence each at most."""
        text = self._held + text
        self._held = ""
        torn = _UNFINISHED.search(text, max(0, len(text) - LONGEST))
        if torn is not None:
            text, self._held = text[: torn.start()], text[torn.start() :]
        text = _COLONS.sub(lambda found: found[0].replace(":", ";"), _FOREIGN.sub("", text))
        return [part for part in re.split(r"(?=\x1b)", text) if part]
