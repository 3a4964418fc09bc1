"""Search in a log that grows: which lines hold the words, and which of them is the present one."""

from bisect import bisect_left

from widgets.logs.buffer import LogBuffer


class LogSearch:
    """Lines that hold a text, whatever its case; only new lines are looked at when the log grows."""

    def __init__(self, buffer: LogBuffer) -> None:
        self._buffer = buffer
        self._seen = 0
        self._present = -1
        self.text = ""
        self.found: list[int] = []

    @property
    def present(self) -> int:
        """The number of the line that is shown as the present match; -1 for none."""
        return self._present

    @property
    def place(self) -> int:
        """Which match it is, counted from 1; 0 for none."""
        return bisect_left(self.found, self._present) + 1 if self._present >= 0 else 0

    def look_for(self, text: str) -> None:
        """Search for another text; an empty one finds nothing."""
        self.text = text.casefold()
        self.found = []
        self._seen = self._buffer.first
        self._present = -1
        self.go_on()

    def go_on(self) -> None:
        """Look at lines that are new since, and forget those that are gone."""
        first = self._buffer.first
        gone = bisect_left(self.found, first)
        del self.found[:gone]
        if self._present < first:
            self._present = -1
        start = max(self._seen, first)
        if self.text:
            needle = self.text
            texts = self._buffer.texts(start)
            self.found += [start + i for i, text in enumerate(texts) if needle in text.casefold()]
        self._seen = self._buffer.end

    def step(self, origin: int, *, forward: bool) -> int:
        """Go to the next match after, or before, a line; round at the ends. Its number; -1 for none."""
        if not self.found:
            return -1
        after = bisect_left(self.found, origin + 1 if forward else origin)
        place = after % len(self.found) if forward else (after - 1) % len(self.found)
        self._present = self.found[place]
        return self._present


def occurrences(text: str, needle: str) -> list[tuple[int, int]]:
    """Start and end of each place where a casefolded needle stands in a text."""
    if not needle:
        return []
    folded = text.casefold()
    if len(folded) != len(text):  # a letter such as ß folds to two: places would be wrong
        folded = text.lower()
    found, at = [], folded.find(needle)
    while at >= 0 and len(folded) == len(text):
        found.append((at, at + len(needle)))
        at = folded.find(needle, at + len(needle))
    return found
