"""Cuts a stream of text so that no escape sequence is torn, and leaves out what pyte takes for another."""

import re

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


class Sequences:
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
