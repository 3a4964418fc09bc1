"""The last seen data of the last project, kept so that the next start shows it at once."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCryptographicHash

from app.pages.monitor.content import Content


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """Where one platform's last seen data lies: texts, and a picture of the plot for each theme."""

    texts: Path
    light: Path
    dark: Path

    @classmethod
    def of(cls, cache: Path, key: str) -> "SnapshotFiles":
        """The files of a platform; its key (a name or folder) may hold what a file name may not."""
        digest = QCryptographicHash.hash(key.encode(), QCryptographicHash.Algorithm.Sha256)
        stem = bytes(digest.toHex().data()).decode()[:16]
        return cls(*(cache / f"last-seen-{stem}{end}" for end in (".json", "-light.png", "-dark.png")))

    def picture(self, *, dark: bool) -> Path:
        """The plot's picture for a theme."""
        return self.dark if dark else self.light

    def read(self) -> Content | None:
        """The texts; None when there are none that can be read."""
        try:
            return Content.from_text(self.texts.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None

    def read_picture(self, *, dark: bool) -> bytes:
        """The plot's picture as PNG; empty when there is none, or it is older than another theme's."""
        mine, other = self.picture(dark=dark), self.picture(dark=not dark)
        try:
            stale = other.exists() and other.stat().st_mtime > mine.stat().st_mtime + 1
            return b"" if stale else mine.read_bytes()
        except OSError:
            return b""

    def write(self, content: Content, picture: bytes, *, dark: bool) -> None:
        """Keep what is shown now.

        Raises:
            OSError: the folder cannot be written to.
        """
        self.texts.parent.mkdir(parents=True, exist_ok=True)
        _replace(self.texts, content.to_text().encode())
        _replace(self.picture(dark=dark), picture)


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(data)
    fresh.replace(path)
