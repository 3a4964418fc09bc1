"""Decides what the Projects page looks at and when, and carries its actions out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.connection.platform import Platform
from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.error_text import told
from app.pages.projects.import_model import Bringing
from app.pages.projects.query import Detail, Overview, row_of
from app.pages.projects.view import ProjectsView
from app.pages.shared.revisions import RevisionChanger
from app.settings import REFRESH_SECONDS
from app.tasks import Task, Work
from services.errors import RelevoError, Unavailable
from services.registry.model import Project
from widgets.tables.projects import ProjectRow
from widgets.theme import State

SHOWN_AT_ONCE = 20


class ProjectsPresenter(QObject):
    """Names first, figures as they are counted; never two looks at once."""

    export_made = Signal(object)
    """An `Export` to be saved."""
    _counted = Signal(object)

    def __init__(self, view: ProjectsView, context: Context) -> None:
        super().__init__(view)
        self._view = view
        self._context = context
        self._overview: Overview | None = None
        self._task: Task[None] | None = None
        self._again = False
        self._rows: dict[str, ProjectRow] = {}
        self._here = False
        self._select_first = False
        self._due: datetime | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self.revisions = RevisionChanger(view, view.notice, context)
        self.bringing = Bringing(view, context)
        self._connect()
        self._counted.connect(self._add_counted)
        if context.connection.platform is not None:
            self._opened(context.connection.platform)
        else:
            self._link_changed()

    @property
    def due(self) -> datetime | None:
        """When it looks again by itself; None while it looks."""
        return None if self.busy else self._due

    @property
    def busy(self) -> bool:
        """Whether it is looking now."""
        return self._task is not None

    def enter(self) -> None:
        """The page is shown: look, unless it did so a moment ago."""
        self._here = True
        if self._task is None and not self._timer.isActive():
            self.refresh()

    def leave(self) -> None:
        """The page is left: stop counting."""
        self._here = False
        self._timer.stop()
        self._due = None
        if self._task is not None:
            self._task.cancel()

    def refresh(self) -> None:
        """Look now; if a look is under way, once more after it."""
        self._timer.stop()
        overview = self._overview
        if overview is None:
            return
        if self._task is not None:
            self._again = True
            return
        self._again = False
        self._task = self._context.tasks.run(
            partial(self._look, overview, set(self._view.table.keys_in_sight())),
            owner=self,
            title="Looking at all projects",
            on_error=self._failed,
            on_end=self._ended,
            routine=True,
        )
        self._read_detail()

    def select_first(self) -> None:
        """Select the first project, as soon as there is one."""
        self._select_first = True
        self._choose_first()

    def _choose_first(self) -> None:
        first = next(iter(self._rows), None)
        if self._select_first and first is not None:
            self._select_first = False
            self._view.table.select_keys([first])

    def _look(self, overview: Overview, in_sight: set[str], work: Work) -> None:
        """Off the GUI thread: the names at once, then figures in handfuls, those in sight first."""
        projects = overview.registered()
        self._counted.emit((overview, [row_of(project) for project in projects], True))
        projects.sort(key=lambda project: project.name not in in_sight)
        handful: list[ProjectRow] = []
        for row in overview.counted(projects, work):
            handful.append(row)
            if len(handful) == SHOWN_AT_ONCE:
                self._counted.emit((overview, handful, False))
                handful = []
        self._counted.emit((overview, handful, False))

    def _add_counted(self, told: tuple[Overview, list[ProjectRow], bool]) -> None:
        overview, rows, whole = told
        if overview is not self._overview:
            return
        self._view.error.hide()
        if whole:
            self._rows = {row.name: self._with_old_figures(row) for row in rows}
        self._rows |= {row.name: row for row in rows if not whole and row.name in self._rows}
        if not self._rows and self._view.notice.isHidden():
            self._view.show_empty(
                "No project on this platform yet",
                "Bring a model file, publish a version with “relevo publish”, or see two at work with "
                "“relevo demo”.",
                self._view.bring.text(),
            )
            return
        self._view.table.show_projects(list(self._rows.values()))
        self._view.show_list()
        self._choose_first()
        self._update_actions()

    def _with_old_figures(self, row: ProjectRow) -> ProjectRow:
        """Until it is counted again a project keeps the figures it had, so that nothing flickers."""
        old = self._rows.get(row.name)
        return row if old is None or old.champion != row.champion else old

    def _failed(self, error: RelevoError) -> None:
        if isinstance(error, Unavailable):
            self._context.connection.report(error)
            if self._rows:
                return  # the banner tells; the last data stay
        self._view.show_list()
        self._view.error.show_error(error, retry=True)

    def _ended(self) -> None:
        self._task = None
        if self._again and self._here:
            self.refresh()
        elif self._here and self._overview is not None:
            seconds = self._context.settings.get(REFRESH_SECONDS)
            self._due = datetime.now(UTC) + timedelta(seconds=seconds)
            self._timer.start(seconds * 1000)

    def _chosen(self) -> str:
        return next(iter(self._view.table.selected_keys()), "")

    def _update_actions(self) -> None:
        for action in (self._view.open, self._view.client):
            action.set_blocked("" if self._chosen() else "Select a project.")

    def _selected(self) -> None:
        self._update_actions()
        if not self._chosen():
            self._view.show_detail(shown=False)
        self._read_detail()

    def _read_detail(self) -> None:
        name, overview = self._chosen(), self._overview
        if not name or overview is None:
            return
        self._context.tasks.run(
            lambda _work: overview.detail(name),
            owner=self,
            title=f"Reading {name}",
            on_result=self._show_detail,
            on_error=self._failed,
            routine=True,
        )

    def _show_detail(self, detail: Detail) -> None:
        if detail.project.name == self._chosen():
            self._view.detail.show_detail(detail)
            self._view.show_detail(shown=True)

    def _open_chosen(self) -> None:
        self._context.bus.project_requested.emit(self._chosen())

    def _make_client(self) -> None:
        name, overview = self._chosen(), self._overview
        if not name or overview is None:
            return
        self._context.tasks.run(
            lambda _work: overview.csharp_client(name),
            owner=self,
            title=f"Making a C# client of {name}",
            on_result=self.export_made.emit,
            on_error=lambda error: self._view.notice.tell("Not made", told(error), state=State.BAD),
        )

    def _retire(self, version: str, retired: bool) -> None:
        name, overview = self._chosen(), self._overview
        if overview is None:
            return

        def done(_project: Project) -> None:
            word = "retired" if retired else "a challenger again"
            self._view.notice.tell(
                "Done",
                f"{version} of {name} is {word}.",
                note="As read back from the registry. The gateway follows within a second.",
                action="Take back" if retired else "Retire again",
                run=lambda: self._retire(version, not retired),
            )
            self._context.bus.registry_changed.emit(name)

        def failed(error: RelevoError) -> None:
            self._view.notice.tell("Not changed", told(error), state=State.BAD)

        verb = "Retiring" if retired else "Taking back"
        self._run(
            f"{verb} {version} of {name}",
            partial(overview.retire, name, version, retired=retired),
            done,
            failed,
        )

    def _run(
        self,
        title: str,
        change: Callable[[], Project],
        done: Callable[[Project], None],
        failed: Callable[[RelevoError], None],
    ) -> None:
        self._context.tasks.run(
            lambda _work: change(), owner=self, title=title, on_result=done, on_error=failed
        )

    def _connect(self) -> None:
        view, connection = self._view, self._context.connection
        view.table.selection_changed.connect(self._selected)
        view.table.opened.connect(self._context.bus.project_requested)
        view.open.triggered.connect(self._open_chosen)
        view.client.triggered.connect(self._make_client)
        view.error.retry_requested.connect(self.refresh)
        view.detail.use_requested.connect(
            lambda version, revision: self.revisions.ask(self._chosen(), version, revision)
        )
        view.detail.retire_requested.connect(self._retire)
        self.revisions.changed.connect(self._context.bus.registry_changed)
        self._context.bus.registry_changed.connect(self._registry_changed)
        connection.opened.connect(self._opened)
        connection.closing.connect(self._closing)
        connection.returned.connect(self._registry_changed)
        connection.changed.connect(self._link_changed)

    def _registry_changed(self) -> None:
        if self._here:
            self.refresh()

    def _opened(self, platform: Platform) -> None:
        self._overview = Overview(platform)
        self._rows = {}
        self._view.show_waiting()
        self._registry_changed()

    def _closing(self) -> None:
        self._overview = None
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()

    def _link_changed(self) -> None:
        if self._context.connection.state is ConnectionState.NONE:
            self._rows = {}
            self._view.show_empty(
                "Not connected to a platform", "Settings holds the profiles you can open."
            )
