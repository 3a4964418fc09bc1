"""Brings what an engine has into the table, and the chosen image's steps into the details."""

from PySide6.QtCore import QObject, QTimer

from app.connection.life import LinkState
from app.context import Context
from app.pages.images.details import ImageDetails
from app.tasks import Task
from app.words import told
from services.containers.model import Image
from services.errors import RelevoError
from widgets.tables.images import ImagesTable

LOOK_MILLISECONDS = 30_000
CHOICE_MILLISECONDS = 120


class ImagesPresenter(QObject):
    """Looks when the page is come to, after what was done on it, and twice a minute while it is seen.

    Sizes come at once; what is shared, which the engine has to add up, a moment later, and only once images
    or containers have come or gone, or when it is asked for.
    """

    def __init__(self, table: ImagesTable, details: ImageDetails, context: Context) -> None:
        super().__init__(table)
        self._table = table
        self._details = details
        self._context = context
        self._link = context.engine_link
        self._here = False
        self._looking: Task[list[Image]] | None = None
        self._shares: dict[str, Image] = {}
        self._summed: object = None
        self._look = QTimer(self)
        self._look.setInterval(LOOK_MILLISECONDS)
        self._look.timeout.connect(self.refresh)
        self._choice = QTimer(self)
        self._choice.setSingleShot(True)
        self._choice.setInterval(CHOICE_MILLISECONDS)
        self._choice.timeout.connect(self._show_chosen)
        table.selection_changed.connect(self._choice.start)
        self._link.opened.connect(lambda _engine: self._engine_opened())
        self._link.changed.connect(self._say_why_empty)
        self._say_why_empty()

    @property
    def looking(self) -> bool:
        """Whether the engine is being asked, for the first list at least."""
        return self._looking is not None

    def enter(self) -> None:
        """The page is shown."""
        self._here = True
        self._context.hosts.want()
        self._look.start()
        self.refresh()

    def leave(self) -> None:
        """The page is left."""
        self._here = False
        self._look.stop()

    def refresh(self) -> None:
        """Look now; never twice at once."""
        engine = self._link.engine
        if engine is None or self._looking is not None or not self._here:
            return
        self._looking = self._context.tasks.run(
            lambda _work: engine.images(),
            owner=self,
            title="Listing images",
            on_result=self._listed,
            on_error=self._failed,
            routine=True,
        )

    def look_anew(self) -> None:
        """Look now, and have what is shared added up whatever has changed."""
        self._summed = None
        self.refresh()

    def _listed(self, images: list[Image]) -> None:
        engine = self._link.engine
        self._table.show_images(self._with_known_shares(images))
        self._say_why_empty()
        standing = self._standing(images)
        if engine is None or standing == self._summed:
            self._looking = None
            return
        self._looking = self._context.tasks.run(
            lambda _work: engine.images(shared=True),
            owner=self,
            title="Adding up what images share",
            on_result=lambda summed: self._added_up(summed, standing),
            on_error=self._failed,
            routine=True,
        )

    def _standing(self, images: list[Image]) -> object:
        """What the sums hang on: which images there are and what they are called, and which containers."""
        return {(image.identifier, image.references) for image in images}, set(self._link.containers)

    def _added_up(self, images: list[Image], standing: object) -> None:
        self._looking, self._summed = None, standing
        self._shares = {image.identifier: image for image in images}
        self._table.show_images(images)

    def _with_known_shares(self, images: list[Image]) -> list[Image]:
        """What was added up last, until it is added up anew: numbers do not flicker."""
        return [
            self._shares.get(image.identifier, image) if self._same(image) else image for image in images
        ]

    def _same(self, image: Image) -> bool:
        known = self._shares.get(image.identifier)
        return known is not None and known.references == image.references

    def _failed(self, error: RelevoError) -> None:
        self._looking = None
        self._link.report(error)
        self._table.set_empty("The images could not be listed", told(error))

    def _engine_opened(self) -> None:
        self._shares, self._summed = {}, None
        self._table.show_images(())
        self.refresh()

    def _show_chosen(self) -> None:
        chosen = self._table.chosen()
        engine = self._link.engine
        if len(chosen) != 1 or engine is None:
            self._details.show_no_image(len(chosen))
            return
        line = chosen[0]
        self._context.tasks.run(
            lambda _work: engine.history(line.image.identifier),
            owner=self,
            title=f"Looking up the steps of {line.called}",
            on_result=lambda steps: self._details.show_image(line, steps),
            on_error=self._link.report,
            routine=True,
        )

    def _say_why_empty(self) -> None:
        link, table = self._link, self._table
        if link.state is LinkState.LOST and link.error is not None:
            table.set_empty("Docker does not answer", told(link.error))
        elif link.state is LinkState.OPEN:
            table.set_empty("No images yet", "Pull one, or build Relevo’s own: “Build…”.")
        else:
            table.set_empty("Connecting to Docker…")
