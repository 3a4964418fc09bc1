"""Keeps what Monitor shows for the next start: texts and the plot's picture, written off the GUI thread."""

from PySide6.QtCore import QBuffer, QIODevice, QObject
from PySide6.QtGui import QImage

from app.context import Context
from app.pages.monitor.page import MonitorPage
from app.pages.monitor.presenter import MonitorPresenter
from app.pages.monitor.snapshot import SnapshotFiles
from app.settings import LAST_SEEN
from services.errors import StorageFull
from services.profiles.profile import EmbeddedProfile
from widgets.theme import theme


class MonitorMemory(QObject):
    """Writes after each look, never twice at once; a full disk costs only the memory."""

    def __init__(self, page: MonitorPage, presenter: MonitorPresenter, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._presenter = presenter
        self._context = context
        self._writing = False
        presenter.shown.connect(self._keep)

    def _keep(self) -> None:
        profile = self._context.link.profile
        plot = self._presenter.plot.current
        if self._writing or profile is None or plot is None or not plot.isVisible():
            return
        self._writing = True
        key = profile.folder if isinstance(profile, EmbeddedProfile) else profile.name
        self._context.settings.put(LAST_SEEN, key)
        files = SnapshotFiles.of(self._context.places.cache, key)
        content, image, dark = self._page.content, plot.snapshot(), theme().is_dark

        def write() -> None:
            try:
                files.write(content, encoded(image), dark=dark)
            except OSError as error:
                raise StorageFull(
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


def encoded(image: QImage) -> bytes:
    """An image as PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt wants text
    return bytes(buffer.data().data())
