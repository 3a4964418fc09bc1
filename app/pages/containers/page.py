"""The page: the list of containers above, the selected one from the inside below."""

from collections.abc import Sequence

from app.context import Context
from app.layout_state import LayoutState
from app.pages.containers.actions import ContainerActions
from app.pages.containers.details import LOG, ContainerDetails
from app.pages.containers.presenter import ContainersPresenter
from app.pages.shared.engine.page import EnginePage
from widgets.actions import ExplainedAction
from widgets.containers.table import ContainerTable

FIRST_SIZES = (330, 270)


class ContainersPage(EnginePage):
    """Places the views; what they show is the presenter's, what is done the actions'."""

    presenter: ContainersPresenter

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.table = ContainerTable()
        self.details = ContainerDetails(context.tasks)
        self.operations = ContainerActions(self.table, context)
        self.presenter = ContainersPresenter(self.table, self.details, context)
        self.compose("Containers", self.table, self.details, FIRST_SIZES)
        self.table.export_requested.connect(self.export_requested)
        self.details.export_requested.connect(self.export_requested)
        self.table.activated.connect(lambda _identifier: self.details.tabs.setFocus())

    @property
    def bar_actions(self) -> Sequence[ExplainedAction]:
        """What can be done with the selected containers."""
        return tuple(self.operations.actions.values())

    def escape(self) -> bool:
        """Esc empties the filter, then the selection."""
        if self.table.filter_field.text():
            self.table.filter_field.clear()
            return True
        chosen = bool(self.table.selected())
        self.table.view.clearSelection()
        return chosen

    def keep_layout(self, layouts: LayoutState) -> None:
        """The list's columns, and the panes."""
        layouts.keep_columns("containers", self.table, self.table.view.head)
        layouts.keep_panes("containers", self.panes)

    def show_log(self, identifier: str) -> None:
        """Select a container and show what it wrote."""
        self.table.select([identifier])
        self.details.tabs.setCurrentIndex(LOG)

    def select_first(self) -> None:
        """Select the first container that runs."""
        self.presenter.select_first()
