"""The bar's actions: what each does, and why it cannot be done now."""

from PySide6.QtCore import QObject

from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.pages.monitor.champion import ChampionChanger
from app.pages.monitor.page import MonitorPage
from app.pages.monitor.presenter import MonitorPresenter
from app.pages.monitor.retraining import RetrainingTracker, metrics_text
from app.pages.shared.revisions import RevisionChanger
from services.registry.model import Job, Mode, Project, Version
from widgets.formatting import short_revision


class MonitorActions(QObject):
    """Connects the bar with what carries it out, and enables it after each load and choice."""

    def __init__(self, page: MonitorPage, presenter: MonitorPresenter, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._presenter = presenter
        self._context = context
        self.champion = ChampionChanger(page, presenter, context)
        self.retraining = RetrainingTracker(page, context)
        self.revisions = RevisionChanger(page, page.notice, context)
        page.retrain.triggered.connect(self._retrain)
        page.promote.triggered.connect(self._promote)
        page.back.triggered.connect(self._back)
        page.revisions.triggered.connect(self._browse_revisions)
        page.versions.selected.connect(lambda _name: self.update_actions())
        presenter.updated.connect(self._data_updated)
        context.connection.changed.connect(self.update_actions)
        for changer in (self.champion, self.revisions):
            changer.changed.connect(context.bus.registry_changed)
        self.retraining.changed.connect(self.update_actions)
        self.retraining.finished.connect(self._retrained)
        self.update_actions()

    def update_actions(self) -> None:
        """Block what cannot be done now, with the reason."""
        page, data = self._page, self._presenter.data
        reason = self._connection_reason()
        if reason or data is None or data.view is None:
            page.block_actions(reason or "Nothing has been seen yet.")
            return
        project = data.view.project
        chosen = project.version(page.versions.current())
        page.retrain.setText(f"&Retrain {chosen.name}…" if chosen else "&Retrain…")
        page.back.setText(f"&Back to {previous(project)}…" if previous(project) else "&Back…")
        gateway = data.gateway_error is None and self._context.connection.gateway_error is None
        running = chosen is not None and self.retraining.running(project.name, chosen.name)
        page.retrain.set_blocked(why_not_retrain(chosen, gateway=gateway, running=running))
        page.promote.set_blocked(why_not_promote(project, chosen))
        page.back.set_blocked(why_not_back(project))
        page.revisions.set_blocked("" if chosen else "Select a version.")

    def _connection_reason(self) -> str:
        connection = self._context.connection
        if connection.state is ConnectionState.OPENING:
            return "Connecting…"
        if connection.state is not ConnectionState.OPEN:
            return "The platform cannot be reached."
        return ""

    def _data_updated(self) -> None:
        data = self._presenter.data
        if data is not None:
            self.retraining.track(data.jobs)
        self.update_actions()

    def _project(self) -> Project | None:
        data = self._presenter.data
        return data.view.project if data is not None and data.view is not None else None

    def _retrain(self) -> None:
        if (project := self._project()) is not None:
            self.retraining.open_dialog(project.name, self._page.versions.current())

    def _promote(self) -> None:
        if self._presenter.data is not None:
            self.champion.open_dialog(self._presenter.data, self._page.versions.current())

    def _back(self) -> None:
        project = self._project()
        if project is not None and self._presenter.data is not None:
            self.champion.open_dialog(self._presenter.data, previous(project))

    def _browse_revisions(self) -> None:
        if (project := self._project()) is not None:
            self.revisions.browse(project.name, self._page.versions.current())

    def _retrained(self, job: Job) -> None:
        self._page.notice.show_message(
            "Trained",
            f"{job.version} of {job.project} has a new revision, {short_revision(job.revision)}.",
            note=metrics_text(job) or "It is on the shelf: nothing changes until you use it.",
            action=f"Use {short_revision(job.revision)}…",
            run=lambda: self.revisions.ask(job.project, job.version, job.revision),
        )


def previous(project: Project) -> str:
    """The champion before this one; empty when there was none."""
    return project.last_change.previous if project.last_change is not None else ""


def why_not_retrain(version: Version | None, *, gateway: bool, running: bool) -> str:
    """Why a version cannot be retrained now; empty when it can."""
    if version is None:
        return "Select a version."
    if not gateway:
        return "The gateway, which starts retrainings, does not answer."
    if running:
        return f"{version.name} is being retrained already; Activity shows how far it is."
    return ""


def why_not_promote(project: Project, version: Version | None) -> str:
    """Why a version cannot become champion; empty when it can."""
    if version is None:
        return "Select a version."
    if version.name == project.champion:
        return f"{version.name} is the champion already; select another version."
    if version.mode is Mode.RETIRED:
        return f"{version.name} is retired; take it back into the shadow first."
    return ""


def why_not_back(project: Project) -> str:
    """Why the champion before cannot be taken back; empty when it can."""
    before = project.version(previous(project))
    if before is None:
        return f"{project.champion} is the first champion of {project.name}."
    return why_not_promote(project, before)
