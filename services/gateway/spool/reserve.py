"""Room kept free on the spool's disk: without any, a full disk could not even be emptied."""

from contextlib import suppress
from pathlib import Path


class Reserve:
    """A file of zeros that is given up when the disk is full, and taken again when there is room.

    Args:
        folder: of the spool.
        size: bytes.
    """

    def __init__(self, folder: Path, size: int) -> None:
        self._path = folder / "reserve"
        self._size = size
        self.held = False

    def hold(self) -> bool:
        """Take the room, if it is not held; whether it is now."""
        if not self.held:
            try:
                self._fill()
                self.held = True
            except OSError:  # a full disk is what this file is for: the answer says so
                self._remove()
        return self.held

    def release(self) -> None:
        """Give the room up, for the work that empties the disk."""
        self._remove()
        self.held = False

    def _remove(self) -> None:
        with suppress(OSError):  # a read-only disk keeps it
            self._path.unlink()

    def _fill(self) -> None:
        if self._path.exists() and self._path.stat().st_size == self._size:
            return
        zeros = bytes(1 << 16)
        with self._path.open("wb") as file:
            for start in range(0, self._size, len(zeros)):
                file.write(zeros[: self._size - start])
