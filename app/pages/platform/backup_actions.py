"""From the Platform page: its data copied into a folder, and brought back from one."""

from pathlib import Path

from PySide6.QtCore import QObject

from app.context import Context
from app.pages.platform.actions import NOBODY, PlatformActions
from app.pages.platform.backup_dialogs import BackupDialog, RestoreDialog
from app.pages.platform.presenter import PlatformPresenter
from services.platform.backup.create import back_up
from services.platform.backup.restore import Restored, restore


class BackupActions(QObject):
    """Two actions of the page."""

    def __init__(
        self, platform_actions: PlatformActions, presenter: PlatformPresenter, context: Context
    ) -> None:
        super().__init__(platform_actions)
        self._platform_actions, self._presenter = platform_actions, presenter
        self.save = platform_actions.action(
            "Back up…", "Copy its data into a folder", "download", self._ask_backup
        )
        self.restore = platform_actions.action(
            "Restore…", "Bring a platform’s data back from a backup", "history", self._ask_restore
        )
        presenter.looked.connect(self.update_actions)
        context.engine_connection.changed.connect(self.update_actions)
        self.update_actions()

    def update_actions(self) -> None:
        """Block what cannot be done, each with its reason."""
        offline = self._platform_actions.offline
        self.save.set_blocked(offline or ("" if self._presenter.state is not None else NOBODY))
        self.restore.set_blocked(offline)

    def _ask_backup(self) -> None:
        name = self._presenter.name
        dialog = BackupDialog(name, self._platform_actions.window)
        dialog.wanted.connect(lambda folder: self._back_up(name, folder))
        self._platform_actions.show(dialog)

    def _ask_restore(self) -> None:
        dialog = RestoreDialog(self._presenter.names(), self._platform_actions.window)
        dialog.wanted.connect(self._restore)
        self._platform_actions.show(dialog)

    def _back_up(self, name: str, into: Path) -> None:
        self._platform_actions.begin_output(
            f"Backing {name} up", "Being copied", f"A new folder is made in {into}."
        )
        self._platform_actions.run(
            f"Backing {name} up",
            lambda engine, work: back_up(engine, name, into, work.progress),
            lambda folder: self._platform_actions.append_output(f"{name} is backed up in {folder}\n"),
        )

    def _restore(self, folder: Path, name: str) -> None:
        self._platform_actions.begin_output(f"Restoring {name}")
        self._platform_actions.run(
            f"Restoring {name}",
            lambda engine, work: restore(
                engine, folder, work.progress, name=name, output=self._platform_actions.append_output
            ),
            self._is_back,
        )

    def _is_back(self, restored: Restored) -> None:
        """Its data are there; the next step is the set-up."""
        self._presenter.choose(restored.name)
        self._platform_actions.ask_setup(restored.request, restored=True)
