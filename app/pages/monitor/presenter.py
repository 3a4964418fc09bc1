"""Decides what Monitor looks at and when; one look at a time, the newest wish wins."""

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from app.connection.platform import Platform
from app.connection.reconnecting import LinkState
from app.context import Context
from app.pages.monitor.content import Content
from app.pages.monitor.page import MonitorPage
from app.pages.monitor.plot import MonitorPlot
from app.pages.monitor.query import Look, Observer, Question
from app.pages.monitor.view_model import content_of, seen_text
from app.settings import PROJECT, REFRESH_SECONDS, SPAN, VARIABLE, Setting
from app.tasks import Task, Work
from services.errors import RelevoError, Unavailable
from services.evaluation.model import Span
from widgets.formatting import relative

SOON_SECONDS = 3


class MonitorPresenter(QObject):
    """Looks at the chosen project now and then, and when asked; never twice at once.

    `shown` carries the Look that the page shows now.
    """

    shown = Signal(object)

    def __init__(self, page: MonitorPage, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        self._plot = MonitorPlot(page)
        self.loader: Observer | None = None
        self._task: Task[tuple[Look, Content]] | None = None
        self._asked: Question | None = None
        self._again = False
        self._here = False
        self.look: Look | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._connect()
        if context.link.platform is not None:
            self._opened(context.link.platform)
        else:
            self._link_changed()

    @property
    def plot(self) -> MonitorPlot:
        """The plot in use."""
        return self._plot

    def refresh(self) -> None:
        """Look now; if a look is under way, once more after it, and only once.

        A look at what is not wanted any more is cut short.
        """
        self._timer.stop()
        if self.loader is None:
            return
        if self._task is not None:
            self._again = True
            if self._asked != self._question():
                self._task.cancel()
            return
        self._begin(self.loader)

    def _begin(self, observer: Observer) -> None:
        self._again = False
        self._asked = question = self._question()

        def look(work: Work) -> tuple[Look, Content]:
            seen = observer.look(question, work)
            return seen, content_of(seen)

        self._page.busy = True
        self._task = self._context.tasks.run(
            look,
            owner=self,
            title=f"Refreshing {question.project or 'Monitor'}",
            on_result=lambda seen: self._seen(*seen),
            on_error=self._failed,
            on_end=self._ended,
            routine=True,
        )

    def _question(self) -> Question:
        settings = self._context.settings
        return Question(settings.get(PROJECT), Span(settings.get(SPAN)), settings.get(VARIABLE))

    def _seen(self, look: Look, content: Content) -> None:
        self._page.error.hide()
        self.look = look
        if look.view is None:
            self._page.show_empty(
                "No project on this platform yet",
                "Bring a model file on the Projects page, publish a version with “relevo publish”, or see "
                "two at work with “relevo demo”.",
            )
            self.shown.emit(look)
            return
        self._context.settings.put(PROJECT, content.project)
        self._page.show_content(content)
        self._plot.show(look, self._page.sources.current())
        self.show_age()
        self.shown.emit(look)

    def _failed(self, error: RelevoError) -> None:
        if isinstance(error, Unavailable):
            self._context.link.report(error)
            if self.look is not None:
                return  # the banner tells; the last data stay
        self._page.error.show_error(error, retry=True)

    def _ended(self) -> None:
        self._task = None
        self._page.busy = False
        if self._again and self.loader is not None:
            self._begin(self.loader)
        elif self._here and self.loader is not None:
            self._plan()

    def _plan(self) -> None:
        seconds = self._context.settings.get(REFRESH_SECONDS)
        if self._settling():
            seconds = min(seconds, SOON_SECONDS)
        self._page.due = datetime.now(UTC) + timedelta(seconds=seconds)
        self._timer.start(seconds * 1000)

    def _settling(self) -> bool:
        """Whether services are still coming up."""
        look = self.look
        if look is None or look.view is None or not look.settling:
            return False
        started = {version.name for version in look.view.project.versions if version.endpoint}
        return any(look.status[name].health != "ok" for name in started & look.status.keys())

    def show_age(self) -> None:
        """Say how old what is shown is, when it is not fresh."""
        content = self._page.content
        if not content.seen_at:
            return
        seen = datetime.fromtimestamp(content.seen_at, UTC)
        self._page.seen.setText(f"seen {relative(seen)}")
        self._page.seen.setToolTip(seen_text(content))

    def _connect(self) -> None:
        page, link = self._page, self._context.link
        page.entered.connect(self._entered)
        page.left.connect(self._left)
        page.refresh_wanted.connect(self.refresh)
        page.error.retry_requested.connect(self.refresh)
        page.project.picked.connect(self.choose_project)
        page.span.picked.connect(lambda span: self._choose(SPAN, span))
        page.variable.picked.connect(lambda name: self._choose(VARIABLE, name))
        page.sources.picked.connect(self._redraw)
        link.opened.connect(self._opened)
        link.closing.connect(self._closing)
        link.returned.connect(self.refresh)
        link.changed.connect(self._link_changed)
        self._context.bus.registry_changed.connect(self.refresh)

    def choose_project(self, name: str) -> None:
        """Look at another project."""
        if name != self._context.settings.get(PROJECT):
            self._context.settings.put(VARIABLE, "")
            self._page.notice.hide()
        self._choose(PROJECT, name)

    def _choose(self, setting: Setting[str], value: str) -> None:
        self._context.settings.put(setting, value)
        self.refresh()

    def _redraw(self, source: str) -> None:
        if self.look is not None:
            self._plot.show(self.look, source)

    def _entered(self) -> None:
        self._here = True
        if self._task is None and not self._timer.isActive():
            self.refresh()

    def _left(self) -> None:
        self._here = False
        self._timer.stop()
        self._page.due = None

    def _opened(self, platform: Platform) -> None:
        self.loader = Observer(platform)
        self.look = None
        if self._here:
            self.refresh()

    def _closing(self) -> None:
        self.loader = None
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()

    def _link_changed(self) -> None:
        link = self._context.link
        if link.state is LinkState.NONE:
            self._page.show_empty(
                "Not connected to a platform",
                "Open a workspace on this machine, or sign in to a platform on servers.",
                "Connect…",
            )
        elif link.state in {LinkState.OPENING, LinkState.LOST} and not self._page.content.project:
            self._page.show_waiting()
