"""Shows in the status line what runs, and in the sidebar how many failures nobody has looked at."""

from PySide6.QtCore import QObject

from app.context import Context
from app.shell.window import Shell


class ActivityView(QObject):
    """Follows Activity."""

    def __init__(self, shell: Shell, context: Context) -> None:
        super().__init__(shell)
        self._shell = shell
        self._activity = context.activity
        for signal in (self._activity.added, self._activity.changed, self._activity.removed):
            signal.connect(self._show)
        self._activity.unseen_changed.connect(lambda count: shell.sidebar.set_count("activity", count))
        shell.status.cancel_requested.connect(self._cancel)

    def _show(self) -> None:
        running = self._activity.running()
        first = running[0] if running else None
        self._shell.status.show_work(
            [entry.title for entry in running],
            first.fraction if first else None,
            cancellable=first is not None and first.cancel is not None,
        )

    def _cancel(self) -> None:
        running = self._activity.running()
        if running and running[0].cancel is not None:
            running[0].cancel()
