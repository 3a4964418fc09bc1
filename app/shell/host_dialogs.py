"""The dialog of a Docker host at work: editing, trying and saving."""

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.connection.engine_connection import EngineOpener, open_engine_at
from app.connection.hosts import Hosts
from app.dialogs.host import HostDialog
from app.error_text import as_sentence
from app.tasks import Tasks, Work
from services.containers.addresses import Host
from services.errors import RelevoError
from widgets.formatting import plural, size


class HostDialogs(QObject):
    """Opens the dialog when a page asks for it; one at a time."""

    def __init__(self, window: QWidget, tasks: Tasks, hosts: Hosts) -> None:
        super().__init__(window)
        self._window = window
        self._tasks = tasks
        self._hosts = hosts
        self.dialog: HostDialog | None = None
        hosts.edit_requested.connect(self.edit)

    def edit(self, name: str) -> None:
        """Open the dialog for a host; for a new one when the name is empty."""
        if self.dialog is not None:
            return
        old = next((host for host in self._hosts.folder.offered() if host.name == name), None)
        self.dialog = dialog = HostDialog(old, self._window)
        dialog.test_requested.connect(lambda host: self._test(dialog, host))
        dialog.save_requested.connect(lambda host: self._save(dialog, old, host))
        dialog.finished.connect(self._closed)
        dialog.open()

    def _test(self, dialog: HostDialog, host: Host) -> None:
        dialog.show_testing()
        self._tasks.run(
            lambda work: check_host(host, work),
            owner=dialog,
            title=f"Trying Docker on {host.name}",
            on_result=dialog.show_tested,
            on_error=lambda error: dialog.show_failed(
                as_sentence(error.message), as_sentence(error.remedy), error.details
            ),
        )

    def _save(self, dialog: HostDialog, old: Host | None, new: Host) -> None:
        taken = new.name in self._hosts.folder.names()
        if taken and (old is None or old.name != new.name):
            dialog.name.set_error("Another host has this name; choose another one.")
            return
        try:
            self._hosts.save(new, old)
        except RelevoError as error:
            dialog.error.show_error(error)
            return
        dialog.accept()

    def _closed(self) -> None:
        self.dialog = None


def check_host(host: Host, work: Work, opener: EngineOpener = open_engine_at) -> str:
    """Connect as the dialog says; what was found, in a sentence. Raises what opening raises."""
    engine = opener(host.address)
    try:
        work.check()
        info = engine.info()
        found = len(engine.containers())
    finally:
        engine.close()
    return (
        f"Docker {info.version} answers: {plural(info.processors, 'core')}, {size(info.memory)} of memory, "
        f"{plural(found, 'container')}."
    )
