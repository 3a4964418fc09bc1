"""Brings what an engine has into the table, and the chosen image's steps into the details."""

from PySide6.QtCore import QObject, QTimer

from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.error_text import describe_error
from app.pages.images.details import ImageDetails
from app.tasks import BackgroundTask
from services.containers.model import Image
from services.errors import RelevoError
from widgets.tables.images import ImagesTable

REFRESH_MILLISECONDS = 30_000
CHOICE_MILLISECONDS = 120


SharingKey = tuple[frozenset[tuple[str, tuple[str, ...]]], frozenset[str]]
"""Identifiers and names of all images, identifiers of all containers."""


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
        self._connection = context.engine_connection
        self._here = False
        self._listing: BackgroundTask[list[Image]] | None = None
        self._summing: BackgroundTask[list[Image]] | None = None
        self._again = False
        self._images: list[Image] = []
        self._shares: dict[str, Image] = {}
        self._summed_for: SharingKey | None = None
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setInterval(REFRESH_MILLISECONDS)
        self._refresh_timer.timeout.connect(self.refresh)
        self._selection_timer = QTimer(self)
        self._selection_timer.setSingleShot(True)
        self._selection_timer.setInterval(CHOICE_MILLISECONDS)
        self._selection_timer.timeout.connect(self._show_chosen)
        table.selection_changed.connect(self._selection_timer.start)
        self._connection.opened.connect(lambda _engine: self._engine_opened())
        self._connection.changed.connect(self._show_empty_reason)
        self._show_empty_reason()

    @property
    def looking(self) -> bool:
        """Whether the engine is being asked."""
        return self._listing is not None or self._summing is not None

    def enter(self) -> None:
        """The page is shown."""
        self._here = True
        self._context.hosts.want()
        self._refresh_timer.start()
        self.refresh()

    def leave(self) -> None:
        """The page is left."""
        self._here = False
        self._refresh_timer.stop()

    def refresh(self) -> None:
        """Look now; while a list is on its way, again after it, for it may have left too early."""
        engine = self._connection.engine
        if engine is None or not self._here:
            return
        if self._listing is not None:
            self._again = True
            return
        self._listing = self._context.tasks.run(
            lambda _work: engine.images(),
            owner=self,
            title="Listing images",
            on_result=self._listed,
            on_error=self._failed,
            routine=True,
        )

    def refresh_all(self) -> None:
        """Look now, and have what is shared added up whatever has changed."""
        self._summed_for = None
        self.refresh()

    def _listed(self, images: list[Image]) -> None:
        self._listing, self._images = None, images
        self._show()
        self._show_empty_reason()
        if self._again:
            self._again = False
            self.refresh()
        else:
            self._sum_up()

    def _sum_up(self) -> None:
        """Have what is shared added up, unless that is known or under way; lists come meanwhile."""
        engine, key = self._connection.engine, self._sharing_key()
        if engine is None or self._summing is not None or key == self._summed_for:
            return
        self._summing = self._context.tasks.run(
            lambda _work: engine.images(shared=True),
            owner=self,
            title="Adding up what images share",
            on_result=lambda images: self._summed_up(images, key),
            on_error=self._failed,
            routine=True,
            long=True,
        )

    def _sharing_key(self) -> SharingKey:
        """What the sums hang on."""
        named = frozenset((image.identifier, image.references) for image in self._images)
        return named, frozenset(self._connection.containers)

    def _summed_up(self, images: list[Image], key: SharingKey) -> None:
        self._summing, self._summed_for = None, key
        self._shares = {image.identifier: image for image in images}
        self._show()
        # Containers come and go all the time: for them the next look is soon enough.
        if self._sharing_key()[0] != key[0]:
            self._sum_up()

    def _show(self) -> None:
        self._table.show_images(self._with_known_shares(self._images))

    def _with_known_shares(self, images: list[Image]) -> list[Image]:
        """What was added up last, until it is added up anew: numbers do not flicker."""
        return [
            self._shares.get(image.identifier, image) if self._same(image) else image for image in images
        ]

    def _same(self, image: Image) -> bool:
        known = self._shares.get(image.identifier)
        return known is not None and known.references == image.references

    def _failed(self, error: RelevoError) -> None:
        self._listing = self._summing = None
        self._connection.report(error)
        self._table.set_empty("The images could not be listed", describe_error(error))

    def _engine_opened(self) -> None:
        self._images, self._shares, self._summed_for = [], {}, None
        self._show()
        self.refresh()

    def _show_chosen(self) -> None:
        chosen = self._table.chosen()
        engine = self._connection.engine
        if len(chosen) != 1 or engine is None:
            self._details.show_no_image(len(chosen))
            return
        line = chosen[0]
        self._context.tasks.run(
            lambda _work: engine.history(line.image.identifier),
            owner=self,
            title=f"Looking up the steps of {line.called}",
            on_result=lambda steps: self._details.show_image(line, steps),
            on_error=self._connection.report,
            routine=True,
        )

    def _show_empty_reason(self) -> None:
        connection, table = self._connection, self._table
        if connection.state is ConnectionState.LOST and connection.error is not None:
            table.set_empty("Docker does not answer", describe_error(connection.error))
        elif connection.state is ConnectionState.OPEN:
            table.set_empty("No images yet", "Pull one, or build Relevo’s own: “Build…”.")
        else:
            table.set_empty("Connecting to Docker…")
