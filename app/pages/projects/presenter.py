"""Decides what the Projects page loads and when, and carries its actions out."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from app.connection.platform import Platform
from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.error_text import describe_error
from app.pages.projects.import_model import ModelImport
from app.pages.projects.query import ProjectDetails, ProjectsLoader, project_row
from app.pages.projects.view import ProjectsView
from app.pages.shared.revisions import RevisionChanger
from app.settings import REFRESH_SECONDS
from app.tasks import BackgroundTask, Work
from services.errors import RelevoError, Unavailable
from services.registry.model import Project
from widgets.tables.projects import ProjectRow
from widgets.theme import State

ROWS_PER_BATCH = 20


class ProjectsPresenter(QObject):
    """Names first, figures as they are counted; never two loads at once."""

    export_made = Signal(object)
    """An `Export` to be saved."""
    _rows_loaded = Signal(object)

    def __init__(self, view: ProjectsView, context: Context) -> None:
        super().__init__(view)
        self._view = view
        self._context = context
        self._loader: ProjectsLoader | None = None
        self._task: BackgroundTask[None] | None = None
        self._refresh_again = False
        self._rows: dict[str, ProjectRow] = {}
        self._is_current = False
        self._select_first = False
        self._next_refresh_at: datetime | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self.revisions = RevisionChanger(view, view.notice, context)
        self.model_import = ModelImport(view, context)
        self._connect()
        self._rows_loaded.connect(self._show_rows)
        if context.connection.platform is not None:
            self._opened(context.connection.platform)
        else:
            self._link_changed()

    @property
    def next_refresh_at(self) -> datetime | None:
        """When it loads again by itself; None while it loads."""
        return None if self.is_loading else self._next_refresh_at

    @property
    def is_loading(self) -> bool:
        """Whether it is loading now."""
        return self._task is not None

    def enter(self) -> None:
        """The page is shown: load, unless it did so a moment ago."""
        self._is_current = True
        if self._task is None and not self._timer.isActive():
            self.refresh()

    def leave(self) -> None:
        """The page is left: stop counting."""
        self._is_current = False
        self._timer.stop()
        self._next_refresh_at = None
        if self._task is not None:
            self._task.cancel()

    def refresh(self) -> None:
        """Load now; if a load is under way, once more after it."""
        self._timer.stop()
        loader = self._loader
        if loader is None:
            return
        if self._task is not None:
            self._refresh_again = True
            return
        self._refresh_again = False
        self._task = self._context.tasks.run(
            partial(self._load, loader, set(self._view.table.keys_in_sight())),
            owner=self,
            title="Loading all projects",
            on_error=self._failed,
            on_end=self._ended,
            routine=True,
        )
        self._load_details()

    def select_first(self) -> None:
        """Select the first project, as soon as there is one."""
        self._select_first = True
        self._choose_first()

    def _choose_first(self) -> None:
        first = next(iter(self._rows), None)
        if self._select_first and first is not None:
            self._select_first = False
            self._view.table.select_keys([first])

    def _load(self, loader: ProjectsLoader, in_sight: set[str], work: Work) -> None:
        """Off the GUI thread: the names at once, then figures in batches, those in sight first."""
        projects = loader.projects()
        self._rows_loaded.emit((loader, [project_row(project) for project in projects], True))
        projects.sort(key=lambda project: project.name not in in_sight)
        batch: list[ProjectRow] = []
        for row in loader.rows_with_traffic(projects, work):
            batch.append(row)
            if len(batch) == ROWS_PER_BATCH:
                self._rows_loaded.emit((loader, batch, False))
                batch = []
        self._rows_loaded.emit((loader, batch, False))

    def _show_rows(self, told: tuple[ProjectsLoader, list[ProjectRow], bool]) -> None:
        loader, rows, whole = told
        if loader is not self._loader:
            return
        self._view.error.hide()
        if whole:
            self._rows = {row.name: self._with_known_figures(row) for row in rows}
        self._rows |= {row.name: row for row in rows if not whole and row.name in self._rows}
        if not self._rows and self._view.notice.isHidden():
            self._view.show_empty(
                "No project on this platform yet",
                "Bring a model file, publish a version with “relevo publish”, or see two at work with "
                "“relevo demo”.",
                self._view.import_model.text(),
            )
            return
        self._show_table()
        self._view.show_list()
        self._choose_first()
        self._update_actions()

    def _show_table(self) -> None:
        rows = [self._as_told(row) for row in self._rows.values()]
        self._view.table.show_projects(rows)

    def _as_told(self, row: ProjectRow) -> ProjectRow:
        """A project as store and gateway tell now: never well while one of them is not reached."""
        connection = self._context.connection
        if any(one.project == row.name for one in connection.silent_champions):
            return replace(row, word="champion silent", state=State.BAD)
        if row.state is not State.GOOD:
            return row
        if connection.state is ConnectionState.LOST:
            return replace(row, word=f"last seen: {row.word}", state=State.NEUTRAL)
        return row if connection.gateway_error is None else replace(row, state=State.NEUTRAL)

    def _with_known_figures(self, row: ProjectRow) -> ProjectRow:
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
        if self._refresh_again and self._is_current:
            self.refresh()
        elif self._is_current and self._loader is not None:
            seconds = self._context.settings.get(REFRESH_SECONDS)
            self._next_refresh_at = datetime.now(UTC) + timedelta(seconds=seconds)
            self._timer.start(seconds * 1000)

    def _selected_name(self) -> str:
        return next(iter(self._view.table.selected_keys()), "")

    def _update_actions(self) -> None:
        for action in (self._view.open, self._view.client):
            action.set_blocked("" if self._selected_name() else "Select a project.")

    def _selection_changed(self) -> None:
        self._update_actions()
        if not self._selected_name():
            self._view.show_details(shown=False)
        self._load_details()

    def _load_details(self) -> None:
        name, loader = self._selected_name(), self._loader
        if not name or loader is None:
            return
        self._context.tasks.run(
            lambda _work: loader.details(name),
            owner=self,
            title=f"Reading {name}",
            on_result=self._show_details,
            on_error=self._failed,
            routine=True,
        )

    def _show_details(self, details: ProjectDetails) -> None:
        if details.project.name == self._selected_name():
            self._view.details_view.show_details(details)
            self._view.show_details(shown=True)

    def _open_selected(self) -> None:
        self._context.bus.project_requested.emit(self._selected_name())

    def _make_client(self) -> None:
        name, loader = self._selected_name(), self._loader
        if not name or loader is None:
            return
        self._context.tasks.run(
            lambda _work: loader.csharp_client(name),
            owner=self,
            title=f"Making a C# client of {name}",
            on_result=self.export_made.emit,
            on_error=lambda error: self._view.notice.show_message(
                "Not made", describe_error(error), state=State.BAD
            ),
        )

    def _retire(self, version: str, retired: bool) -> None:
        name, loader = self._selected_name(), self._loader
        if loader is None:
            return

        def done(_project: Project) -> None:
            word = "retired" if retired else "a challenger again"
            self._view.notice.show_message(
                "Done",
                f"{version} of {name} is {word}.",
                note="As read back from the registry. The gateway follows within a second.",
                action="Take back" if retired else "Retire again",
                run=lambda: self._retire(version, not retired),
            )
            self._context.bus.registry_changed.emit(name)

        def failed(error: RelevoError) -> None:
            self._view.notice.show_message("Not changed", describe_error(error), state=State.BAD)

        verb = "Retiring" if retired else "Taking back"
        self._run(
            f"{verb} {version} of {name}",
            partial(loader.retire, name, version, retired=retired),
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
        view.table.selection_changed.connect(self._selection_changed)
        view.table.opened.connect(self._context.bus.project_requested)
        view.open.triggered.connect(self._open_selected)
        view.client.triggered.connect(self._make_client)
        view.error.retry_requested.connect(self.refresh)
        view.details_view.use_requested.connect(
            lambda version, revision: self.revisions.ask(self._selected_name(), version, revision)
        )
        view.details_view.retire_requested.connect(self._retire)
        self.revisions.changed.connect(self._context.bus.registry_changed)
        self._context.bus.registry_changed.connect(self._registry_changed)
        connection.opened.connect(self._opened)
        connection.closing.connect(self._closing)
        connection.returned.connect(self._registry_changed)
        connection.changed.connect(self._link_changed)

    def _registry_changed(self) -> None:
        if self._is_current:
            self.refresh()

    def _opened(self, platform: Platform) -> None:
        self._loader = ProjectsLoader(platform)
        self._rows = {}
        self._view.show_loading()
        self._registry_changed()

    def _closing(self) -> None:
        self._loader = None
        self._timer.stop()
        if self._task is not None:
            self._task.cancel()

    def _link_changed(self) -> None:
        if self._context.connection.state is ConnectionState.NONE:
            self._rows = {}
            self._view.show_empty(
                "Not connected to a platform", "Settings holds the profiles you can open."
            )
        elif self._rows:
            self._show_table()
