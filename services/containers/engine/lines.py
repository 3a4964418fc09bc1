"""From the engine's log stream to lines: frames of two outputs, or the plain text of a terminal."""

from datetime import datetime

from services.containers.engine.parsing import epoch, moment
from services.containers.model import LogLine

_HEAD = 8
_STANDARD_OUTPUT, _STANDARD_ERROR = 1, 2


class LineReader:
    """Takes parts of a log with time stamps as they come, and gives whole lines.

    A frame is what was written at once, or 16 KiB of it, and begins with its time; only a frame that
    ends with a line break ends the line. What a terminal wrote is not framed: there each line has its time.

    Args:
        terminal: whether the container has a terminal.
    """

    def __init__(self, *, terminal: bool) -> None:
        self._terminal = terminal
        self._raw = b""
        self._begun: dict[int, tuple[datetime, bytes]] = {}

    def feed(self, part: bytes) -> list[LogLine]:
        """The lines that became whole."""
        data = self._raw + part if self._raw else part
        if self._terminal:
            *whole, self._raw = data.split(b"\n")
            return [_line(*_stamped(text), _STANDARD_OUTPUT) for text in whole]
        found: list[LogLine] = []
        at = 0
        while len(data) - at >= _HEAD:
            begin = at + _HEAD
            end = begin + int.from_bytes(data[at + 4 : begin])
            if len(data) < end:
                break
            if (line := self._frame(data[at], data[begin:end])) is not None:
                found.append(line)
            at = end
        self._raw = data[at:]
        return found

    def rest(self) -> list[LogLine]:
        """Lines that never got their end."""
        begun, self._begun = self._begun, {}
        found = [_line(at, text, output) for output, (at, text) in begun.items()]
        if self._terminal and self._raw:
            found.append(_line(*_stamped(self._raw), _STANDARD_OUTPUT))
        self._raw = b""
        return found

    def _frame(self, output: int, content: bytes) -> LogLine | None:
        at, text = _stamped(content)
        if output in self._begun:
            at, before = self._begun.pop(output)
            text = before + text
        if text.endswith(b"\n"):
            return _line(at, text[:-1], output)
        self._begun[output] = (at, text)
        return None


def _stamped(content: bytes) -> tuple[datetime, bytes]:
    """A time and what was written then."""
    stamp, _, text = content.partition(b" ")
    try:
        return moment(stamp.decode()) or epoch(0), text
    except ValueError:
        return epoch(0), content


def _line(at: datetime, text: bytes, output: int) -> LogLine:
    return LogLine(at, text.decode(errors="replace").removesuffix("\r"), error=output == _STANDARD_ERROR)
