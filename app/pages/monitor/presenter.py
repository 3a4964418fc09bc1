"""Decides what Monitor loads and when; one load at a time, the newest choice wins."""

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from app.connection.platform import Platform
from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.pages.monitor.page import MonitorPage
from app.pages.monitor.plot import MonitorPlot
from app.pages.monitor.query import MonitorData, MonitorLoader, MonitorQuery
from app.pages.monitor.view_model import MonitorViewModel
from app.pages.monitor.view_model_builder import build_view_model, seen_text
from app.settings import PROJECT, REFRESH_SECONDS, SPAN, VARIABLE, Setting
from app.tasks import BackgroundTask, Work
from services.errors import RelevoError, Unavailable
from services.evaluation.model import Span
from services.instants import instant
from widgets.formatting import relative

STARTING_REFRESH_SECONDS = 3


class MonitorPresenter(QObject):
    """Loads the chosen project now and then, and when asked; never twice at once.

    `updated` carries the MonitorData that the page shows now.
    """

    updated = Signal(object)

    def __init__(self, page: MonitorPage, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        self._plot = MonitorPlot(page)
        self.loader: MonitorLoader | None = None
        self._task: BackgroundTask[tuple[MonitorData, MonitorViewModel]] | None = None
        self._running_query: MonitorQuery | None = None
        self._refresh_again = False
        self._is_current = False
        self.data: MonitorData | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._connect()
        if context.connection.platform is not None:
            self._opened(context.connection.platform)
        else:
            self._link_changed()

    @property
    def plot(self) -> MonitorPlot:
        """The plot in use."""
        return self._plot

    def refresh(self) -> None:
        """Load now; if a load is under way, once more after it, and only once.

        A load of what is not wanted any more is cut short.
        """
        self._timer.stop()
        if self.loader is None:
            return
        if self._task is not None:
            self._refresh_again = True
            if self._running_query != self._wanted_query():
                self._task.cancel()
            return
        self._load(self.loader)

    def _load(self, loader: MonitorLoader) -> None:
        self._refresh_again = False
        self._running_query = query = self._wanted_query()

        def load(work: Work) -> tuple[MonitorData, MonitorViewModel]:
            data = loader.load(query, work)
            return data, build_view_model(data)

        self._page.is_loading = True
        self._task = self._context.tasks.run(
            load,
            owner=self,
            title=f"Refreshing {query.project or 'Monitor'}",
            on_result=lambda loaded: self._loaded(*loaded),
            on_error=self._failed,
            on_end=self._ended,
            routine=True,
        )

    def _wanted_query(self) -> MonitorQuery:
        settings = self._context.settings
        return MonitorQuery(settings.get(PROJECT), Span(settings.get(SPAN)), settings.get(VARIABLE))

    def _loaded(self, data: MonitorData, view_model: MonitorViewModel) -> None:
        self._page.error.hide()
        self.data = data
        if data.view is None:
            self._page.show_empty(
                "No project on this platform yet",
                "Bring a model file on the Projects page, publish a version with “relevo publish”, or see "
                "two at work with “relevo demo”.",
            )
            self.updated.emit(data)
            return
        self._context.settings.put(PROJECT, view_model.project)
        self._page.show_view_model(view_model)
        self._plot.show(data, self._page.sources.current())
        self.show_age()
        self.updated.emit(data)

    def _failed(self, error: RelevoError) -> None:
        if isinstance(error, Unavailable):
            self._context.connection.report(error)
            if self.data is not None:
                return  # the banner tells; the last data stay
        self._page.error.show_error(error, retry=True)

    def _ended(self) -> None:
        self._task = None
        self._page.is_loading = False
        if self._refresh_again and self.loader is not None:
            self._load(self.loader)
        elif self._is_current and self.loader is not None:
            self._schedule_refresh()

    def _schedule_refresh(self) -> None:
        seconds = self._context.settings.get(REFRESH_SECONDS)
        if self._services_starting():
            seconds = min(seconds, STARTING_REFRESH_SECONDS)
        self._page.next_refresh_at = datetime.now(UTC) + timedelta(seconds=seconds)
        self._timer.start(seconds * 1000)

    def _services_starting(self) -> bool:
        """Whether services are still coming up."""
        data = self.data
        if data is None or data.view is None or not data.starting:
            return False
        started = {version.name for version in data.view.project.versions if version.endpoint}
        return any(data.status[name].health != "ok" for name in started & data.status.keys())

    def show_age(self) -> None:
        """Say how old what is shown is, when it is not fresh."""
        view_model = self._page.view_model
        if not view_model.seen_at:
            return
        seen = instant(view_model.seen_at)
        self._page.age.setText(f"seen {relative(seen)}")
        self._page.age.setToolTip(seen_text(view_model))

    def _connect(self) -> None:
        page, connection = self._page, self._context.connection
        page.page_entered.connect(self._enter)
        page.page_left.connect(self._leave)
        page.refresh_wanted.connect(self.refresh)
        page.error.retry_requested.connect(self.refresh)
        page.project.key_activated.connect(self.select_project)
        page.span.key_activated.connect(lambda span: self._put_choice(SPAN, span))
        page.variable.key_activated.connect(lambda name: self._put_choice(VARIABLE, name))
        page.sources.key_activated.connect(self._redraw)
        connection.opened.connect(self._opened)
        connection.closing.connect(self._closing)
        connection.returned.connect(self.refresh)
        connection.changed.connect(self._link_changed)
        self._context.bus.registry_changed.connect(self.refresh)

    def select_project(self, name: str) -> None:
        """Show another project."""
        if name != self._context.settings.get(PROJECT):
            self._context.settings.put(VARIABLE, "")
            self._page.notice.hide()
        self._put_choice(PROJECT, name)

    def _put_choice(self, setting: Setting[str], value: str) -> None:
        self._context.settings.put(setting, value)
        self.refresh()

    def _redraw(self, source: str) -> None:
        if self.data is not None:
            self._plot.show(self.data, source)

    def _enter(self) -> None:
        self._is_current = True
        if self._task is None and not self._timer.isActive():
            self.refresh()

    def _leave(self) -> None:
        self._is_current = False
        self._timer.stop()
        self._page.next_refresh_at = None

    def _opened(self, platform: Platform) -> None:
        self.loader = MonitorLoader(platform)
        self.data = None
        if self._is_current:
            self.refresh()

    def _closing(self) -> None:
        self.loader = None
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()

    def _link_changed(self) -> None:
        connection = self._context.connection
        if connection.state is ConnectionState.NONE:
            self._page.show_empty(
                "Not connected to a platform",
                "Open a workspace on this machine, or sign in to a platform on servers.",
                "Connect…",
            )
        elif (
            connection.state in {ConnectionState.OPENING, ConnectionState.LOST}
            and not self._page.view_model.project
        ):
            self._page.show_loading()
