"""From the engine's log stream to lines: frames of two outputs, or plain text of a terminal."""

from services.containers.engine.reading import epoch, moment
from services.containers.model import LogLine

_HEADER = 8
_STANDARD_ERROR = 2


class LineReader:
    """Takes parts of a log with time stamps as they come, and gives whole lines.

    Args:
        terminal: whether the container has a terminal, whose log is not framed.
    """

    def __init__(self, *, terminal: bool) -> None:
        self._terminal = terminal
        self._raw = b""
        self._begun = {1: b"", _STANDARD_ERROR: b""}

    def feed(self, part: bytes) -> list[LogLine]:
        """The lines that became whole."""
        if self._terminal:
            return self._lines(part, 1)
        data = self._raw + part
        at, found = 0, list[LogLine]()
        while len(data) - at >= _HEADER:
            size = int.from_bytes(data[at + 4 : at + _HEADER])
            end = at + _HEADER + size
            if len(data) < end:
                break
            found += self._lines(data[at + _HEADER : end], data[at])
            at = end
        self._raw = data[at:]
        return found

    def rest(self) -> list[LogLine]:
        """Lines that never got their end."""
        begun, self._begun = self._begun, {1: b"", _STANDARD_ERROR: b""}
        return [_line(text, output) for output, text in begun.items() if text]

    def _lines(self, content: bytes, output: int) -> list[LogLine]:
        *whole, rest = (self._begun.get(output, b"") + content).split(b"\n")
        self._begun[output] = rest
        return [_line(text, output) for text in whole]


def _line(text: bytes, output: int) -> LogLine:
    stamp, _, rest = text.decode(errors="replace").rstrip("\r").partition(" ")
    try:
        at = moment(stamp)
    except ValueError:
        at, rest = None, f"{stamp} {rest}".rstrip()
    return LogLine(at or epoch(0), rest, error=output == _STANDARD_ERROR)
