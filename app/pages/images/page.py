"""The page: the images of an engine above, the chosen one's history, build output and registry below."""

from collections.abc import Sequence

from app.context import Context
from app.layout_state import LayoutState
from app.pages.images.actions import ImageActions
from app.pages.images.details import ImageDetails
from app.pages.images.presenter import ImagesPresenter
from app.pages.shared.engine.page import EnginePage
from widgets.actions import ExplainedAction
from widgets.tables.images import ImagesTable

FIRST_SIZES = (360, 240)


class ImagesPage(EnginePage):
    """Places the views; what they show is the presenter's, what is done the actions'."""

    presenter: ImagesPresenter

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.table = ImagesTable()
        self.details = ImageDetails(context)
        self.presenter = ImagesPresenter(self.table, self.details, context)
        self.operations = ImageActions(self.table, self.details, self.error, self.presenter, context)
        self.compose("Images", self.table, self.details, FIRST_SIZES)
        self.table.export_requested.connect(self.export_requested)
        self.details.export_requested.connect(self.export_requested)

    @property
    def bar_actions(self) -> Sequence[ExplainedAction]:
        """What can be done with images."""
        return self.operations.actions

    def refresh(self) -> None:
        """F5."""
        super().refresh()
        self.presenter.refresh_all()

    def refreshing(self) -> bool:
        """Whether the engine is being opened or asked."""
        return super().refreshing() or self.presenter.looking

    def escape(self) -> bool:
        """Esc puts the last error away, empties the filter, then the selection."""
        if super().escape():
            return True
        if self.table.filter_field.text():
            self.table.filter_field.clear()
            return True
        chosen = bool(self.table.chosen())
        self.table.view.clearSelection()
        return chosen

    def keep_layout(self, layouts: LayoutState) -> None:
        """All three tables, and the panes."""
        tables = {"images": self.table, "steps": self.details.steps, "tags": self.details.registry.table}
        for key, table in tables.items():
            layouts.keep_table(key, table)
        layouts.keep_panes("images", self.panes)
