"""Keeps what Monitor shows for the next start: texts and the plot's picture, written off the GUI thread."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QCryptographicHash, QIODevice, QObject
from PySide6.QtGui import QImage

from app.pages.monitor.page import MonitorPage
from app.pages.monitor.view_model import MonitorViewModel
from app.settings import LAST_SEEN
from services.errors import StorageError
from services.profiles.profile import EmbeddedProfile
from widgets.theme import theme

if TYPE_CHECKING:  # numpy stands behind these, which the window's first paint does without
    from app.context import Context
    from app.pages.monitor.presenter import MonitorPresenter


class LastSeenWriter(QObject):
    """Writes after each load, never twice at once; a full disk costs only what would be kept."""

    def __init__(self, page: MonitorPage, presenter: "MonitorPresenter", context: "Context") -> None:
        super().__init__(page)
        self._page = page
        self._presenter = presenter
        self._context = context
        self._writing = False
        presenter.updated.connect(self._write)

    def _write(self) -> None:
        profile = self._context.connection.profile
        plot = self._presenter.plot.current
        if self._writing or profile is None or plot is None or not plot.isVisible():
            return
        self._writing = True
        key = profile.folder if isinstance(profile, EmbeddedProfile) else profile.name
        self._context.settings.put(LAST_SEEN, key)
        files = LastSeenFiles.of(self._context.paths.cache, key)
        view_model, image, dark = self._page.view_model, plot.snapshot(), theme().is_dark

        def write() -> None:
            try:
                files.write(view_model, png_of(image), dark=dark)
            except OSError as error:
                raise StorageError(
                    "What Monitor shows could not be kept for the next start", details=str(error)
                ) from error

        self._context.tasks.run(
            lambda _work: write(),
            owner=self,
            title="Keeping what Monitor shows",
            on_end=self._written,
            routine=True,
        )

    def _written(self) -> None:
        self._writing = False


def png_of(image: QImage) -> bytes:
    """An image as PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt wants text
    return bytes(buffer.data().data())


@dataclass(frozen=True, slots=True)
class LastSeenFiles:
    """Where one platform's last seen data lies: texts, and a picture of the plot for each theme."""

    texts: Path
    light: Path
    dark: Path

    @classmethod
    def of(cls, cache: Path, key: str) -> "LastSeenFiles":
        """The files of a platform; its key (a name or folder) may hold what a file name may not."""
        digest = QCryptographicHash.hash(key.encode(), QCryptographicHash.Algorithm.Sha256)
        stem = bytes(digest.toHex().data()).decode()[:16]
        return cls(*(cache / f"last-seen-{stem}{end}" for end in (".json", "-light.png", "-dark.png")))

    def picture(self, *, dark: bool) -> Path:
        """The plot's picture for a theme."""
        return self.dark if dark else self.light

    def read(self) -> MonitorViewModel | None:
        """The texts; None when there are none that can be read."""
        try:
            return MonitorViewModel.from_text(self.texts.read_text(encoding="utf-8"))
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

    def write(self, view_model: MonitorViewModel, picture: bytes, *, dark: bool) -> None:
        """Keep what is shown now.

        Raises:
            OSError: the folder cannot be written to.
        """
        self.texts.parent.mkdir(parents=True, exist_ok=True)
        _replace(self.texts, view_model.to_text().encode())
        _replace(self.picture(dark=dark), picture)


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_bytes(data)
    fresh.replace(path)
