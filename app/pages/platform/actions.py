"""What can be done with a platform: asked about, carried out off the GUI thread, told on the page."""

from typing import TYPE_CHECKING

from app.context import Context
from app.dialogs.confirm_action import ConfirmActionDialog, ConfirmationRequest
from app.pages.platform.presenter import PlatformPresenter
from app.pages.platform.setup_dialog import SetupDialog
from app.pages.platform.token_dialog import TokenDialog
from app.pages.shared.engine.actions import EngineActions
from app.tasks import Work
from services.platform.client_profile import profile_of, save_profile
from services.platform.part_operations import restart_part
from services.platform.request import PlatformRequest
from services.platform.setup import SetUpResult, set_up
from services.platform.teardown import TearDownPlan, plan_tear_down, tear_down
from services.platform.upgrade import upgrade
from services.profiles.profile import PlatformProfile
from widgets.logs.pane import LogPane
from widgets.panels.error import ErrorPanel
from widgets.tables.platform_parts import PartsTable

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine

NOBODY = "No platform is set up on this host."


class PlatformActions(EngineActions):
    """The actions of the platform and its parts."""

    def __init__(
        self,
        table: PartsTable,
        output: LogPane,
        error: ErrorPanel,
        presenter: PlatformPresenter,
        context: Context,
    ) -> None:
        super().__init__(table, output, error, presenter.refresh, context)
        self._table, self._presenter = table, presenter
        make = self.action
        self.setup = make("Set up…", "Set a platform up, or change this one", "platform", self._ask_setup)
        self.restart = make(
            "Restart part", "Stop the chosen part and start it again", "refresh", self._restart
        )
        self.upgrade = make(
            "Upgrade…", "Bring each part to this program’s images", "upload", self._ask_upgrade
        )
        self.down = make("Take down…", "Stop and remove its containers; data stay", "stop", self._plan_down)
        self.delete = make(
            "Delete…", "Take it down and delete its data for ever", "remove", self._plan_delete
        )
        table.add_action(self.restart)
        table.selection_changed.connect(self.update_actions)
        presenter.looked.connect(self.update_actions)
        context.engine_connection.changed.connect(self.update_actions)
        self.update_actions()

    def update_actions(self) -> None:
        """Block what cannot be done, each with its reason."""
        offline = self.offline
        state, part = self._presenter.state, self._table.chosen()
        nobody = offline or ("" if state is not None else NOBODY)
        self.setup.setText("Change…" if state is not None else "Set up…")
        self.setup.set_blocked(offline)
        for action in (self.upgrade, self.down, self.delete):
            action.set_blocked(nobody)
        missing = "Select a part." if part is None else "It is missing: set the platform up again."
        self.restart.set_blocked(nobody or (missing if part is None or part.state == "missing" else ""))

    # Asking.

    def _ask_setup(self) -> None:
        state = self._presenter.state
        self.ask_setup(state.request if state is not None else None)

    def ask_setup(self, request: PlatformRequest | None, *, restored: bool = False) -> None:
        """Open the dialog of a platform; see `SetupDialog`."""
        dialog = SetupDialog(request, self.window, restored=restored)
        dialog.wanted.connect(self._set_up)
        self.show(dialog)

    def _ask_upgrade(self) -> None:
        name = self._presenter.name
        dialog = ConfirmActionDialog(
            ConfirmationRequest(
                title=f"Upgrade {name}",
                action="Upgrade",
                consequences=[
                    "Its images are built anew, then part by part is replaced, the store first.",
                    "Each part is away for some seconds; with several gateways clients notice nothing.",
                ],
                note="A part that is not healthy then goes back to its old image. Data are not touched; "
                "“Back up…” copies them first.",
            ),
            self.window,
        )
        dialog.confirmed.connect(self._upgrade)
        self.show(dialog)

    def _plan_down(self) -> None:
        self._plan(delete_data=False)

    def _plan_delete(self) -> None:
        self._plan(delete_data=True)

    def _plan(self, *, delete_data: bool) -> None:
        name = self._presenter.name
        self.look(
            f"Looking at what {name} consists of",
            lambda engine: plan_tear_down(engine, name, delete_data=delete_data),
            lambda plan: self._ask_down(plan, delete_data=delete_data),
        )

    def _ask_down(self, plan: TearDownPlan, *, delete_data: bool) -> None:
        dialog = ConfirmActionDialog(tear_down_confirmation(plan, delete_data=delete_data), self.window)
        dialog.confirmed.connect(lambda: self._tear_down(plan.name, delete_data=delete_data))
        self.show(dialog)

    # Doing.

    def _set_up(self, request: PlatformRequest) -> None:
        context = self.context

        def work_on(engine: "Engine", work: Work) -> tuple[PlatformProfile, SetUpResult, bool]:
            outcome = set_up(engine, request, work.progress, output=self.append_output)
            profile = profile_of(request, engine.address)
            return (
                profile,
                outcome,
                save_profile(profile, outcome, context.paths.profiles, context.secrets),
            )

        self.begin_output(f"Setting {request.name} up")
        self.run(f"Setting {request.name} up", work_on, self._is_up)

    def _is_up(self, done: tuple[PlatformProfile, SetUpResult, bool]) -> None:
        profile, outcome, kept = done
        self._presenter.choose(profile.platform)
        self.context.bus.profile_requested.emit(profile.name)
        if outcome.token:
            self.show(TokenDialog(outcome.token, kept=kept, parent=self.window))

    def _upgrade(self) -> None:
        name = self._presenter.name
        self.begin_output(f"Upgrading {name}")
        self.run(
            f"Upgrading {name}",
            lambda engine, work: upgrade(engine, name, work.progress, output=self.append_output),
        )

    def _tear_down(self, name: str, *, delete_data: bool) -> None:
        self.run(
            f"Taking {name} down",
            lambda engine, work: tear_down(
                engine,
                name,
                work.progress,
                delete_data=delete_data,
                confirmation=name if delete_data else "",
            ),
        )

    def _restart(self) -> None:
        part, platform = self._table.chosen(), self._presenter.name
        if part is None:
            return

        def restart(engine: "Engine", work: Work) -> None:
            restart_part(engine, platform, part.name, work.progress)

        self.run(f"Restarting {part.name}", restart)


def tear_down_confirmation(plan: TearDownPlan, *, delete_data: bool) -> ConfirmationRequest:
    """What taking a platform down would do, line by line; its name is asked for where data would go."""
    if not delete_data:
        stopped = [f"Stopped: {', '.join(plan.stopped)}."] if plan.stopped else []
        return ConfirmationRequest(
            title=f"Take {plan.name} down",
            action="Take down",
            consequences=[f"Removed: {', '.join(plan.removed) or 'nothing'}.", *stopped,
                          "Clients get no answers until it is set up again."],
            note=f"Kept: {', '.join(plan.kept) or 'nothing'}. Setting it up again finds all of it.",
        )  # fmt: skip
    words = [line.strip() for line in plan.lines() if not line.startswith("removed")]
    return ConfirmationRequest(
        title=f"Delete {plan.name} and its data",
        action="Delete for ever",
        consequences=[f"Removed: {', '.join(plan.removed) or 'nothing'}.", *words],
        names_to_type=[plan.name],
        note="Nothing brings these data back.",
    )
