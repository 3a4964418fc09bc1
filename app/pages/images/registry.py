"""The team's registry by repository and tag: looked through, pulled from, cleaned up."""

from collections.abc import Callable, Iterator

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.context import Context
from app.dialogs.confirm_action import ConfirmActionDialog, ConfirmationRequest
from app.dialogs.registry_sign_in import RegistrySignIn
from app.error_text import describe_error
from app.settings import REGISTRY
from app.tasks import BackgroundTask, Work
from services.client.registry_browser import RegistryBrowser, is_readable, registry_name
from services.errors import RelevoError, SignInNeeded
from services.profiles.registries import RegistrySignIns
from widgets.actions import ExplainedAction
from widgets.panels.bar import ActionButton, row
from widgets.panels.labels import Text
from widgets.tables.images import TagLine, TagsTable
from widgets.theme import GRID


class RegistryTab(QWidget):
    """Shows one registry; `pull_requested` carries the name of an image to fetch."""

    pull_requested = Signal(str)
    _found = Signal(object)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._listing: BackgroundTask[None] | None = None
        self._lines: list[TagLine] = []
        self.dialog: ConfirmActionDialog | None = None
        self.address = QLineEdit(context.settings.get(REGISTRY))
        self.address.setAccessibleName("Address of the registry")
        self.address.setPlaceholderText("127.0.0.1:5000")
        self.show_button = QPushButton("Look")
        self.show_button.setAutoDefault(False)
        self.table = TagsTable()
        self.table.set_empty("No registry looked at yet", "Give its address, then “Look”.")
        self.pull = ExplainedAction(
            "Pull",
            explanation="Fetch it to this engine",
            icon_name="download",
            do=self._pull,
            parent=self,
        )
        self.delete = ExplainedAction(
            "Delete…",
            explanation="Delete it from the registry",
            icon_name="remove",
            do=self._ask_delete,
            parent=self,
        )
        self.forget = ExplainedAction(
            "Forget password",
            explanation="Forget the user and password of this registry",
            icon_name="broom",
            do=self._forget,
            parent=self,
        )
        self._sign_ins = RegistrySignIns(context.secrets)
        self._compose()
        self.sign_in = RegistrySignIn(self, context.tasks, self._sign_ins, self._show_error)
        self._found.connect(self._add)
        self.update_actions()

    def update_actions(self) -> None:
        """Block what cannot be done, each with its reason."""
        chosen = self.table.chosen()
        self.pull.set_blocked("" if len(chosen) == 1 else "Select one tag.")
        known = len(chosen) == 1 and bool(chosen[0].digest)
        self.delete.set_blocked("" if known else "Select one tag that has been looked up.")

    def look(self) -> None:
        """List the registry; tags come as they are found, what they stand for after that."""
        address = self._address()
        self.error.hide()
        self._context.settings.put(REGISTRY, address)
        if self._listing is not None:
            self._listing.cancel()
        self._lines = []
        self.table.show_tags(())
        self.table.set_empty(f"Looking through {address}…")
        self._listing = self._context.tasks.run(
            lambda work: self._search(address, work),
            owner=self,
            title=f"Looking through the registry {address}",
            on_error=lambda error: self._show_unreadable(address, error),
            on_end=self._ended,
            cancellable=True,
            routine=True,
            long=True,
        )

    def _search(self, address: str, work: Work) -> None:
        with self._browser(address) as browser:
            lines = list(_tags(browser, work))
            self._found.emit((address, lines))
            for number, line in enumerate(lines):
                work.progress(number / len(lines), line.key)
                found = browser.describe(line.repository, line.tag)
                line = TagLine(  # noqa: PLW2901 - the same tag, now known
                    found.repository, found.tag, found.digest, found.size, found.created, found.platforms
                )
                self._found.emit((address, [line]))

    def _add(self, found: tuple[str, list[TagLine]]) -> None:
        address, lines = found
        if address != self._address():
            return
        known = {line.key: line for line in self._lines} | {line.key: line for line in lines}
        self._lines = list(known.values())
        self.table.show_tags(self._lines)
        if not self._lines:
            self.table.set_empty("The registry is empty", "“Push…” sends an image to it.")
        self.update_actions()

    def _address(self) -> str:
        return self.address.text().strip() or self.address.placeholderText()

    def _browser(self, address: str) -> RegistryBrowser:
        """Off the GUI thread: the system may ask to unlock its keyring."""
        known = self._sign_ins.get(registry_name(address))
        return RegistryBrowser(address, known.user, known.password) if known else RegistryBrowser(address)

    def _show_unreadable(self, address: str, error: RelevoError) -> None:
        self.table.set_empty("The registry could not be read", describe_error(error))
        self._ask_sign_in(address, error, self.look)

    def _ask_sign_in(self, address: str, error: RelevoError, again: Callable[[], None]) -> None:
        if isinstance(error, SignInNeeded):
            self.sign_in.ask(error, again, readable=is_readable(address))

    def _forget(self) -> None:
        registry = registry_name(self._address())
        self.sign_in.forget(registry, lambda: self._forgotten(registry))

    def _forgotten(self, registry: str) -> None:
        self._lines = []
        self.table.show_tags(())
        self.table.set_empty(
            f"No password of {registry} is kept", "“Look” asks for it if the registry does."
        )

    def _ended(self) -> None:
        self._listing = None

    def _pull(self) -> None:
        for line in self.table.chosen()[:1]:
            self.pull_requested.emit(f"{self._host()}/{line.key}")

    def _host(self) -> str:
        return registry_name(self._address())

    def _tags_of_same_image(self, address: str, line: TagLine) -> list[str]:
        """All tags that stand for the same image."""
        with self._browser(address) as browser:
            return browser.tags_of(line.repository, line.digest)

    def _ask_delete(self) -> None:
        chosen = self.table.chosen()
        if len(chosen) != 1:
            return
        line, address = chosen[0], self._address()
        self._context.tasks.run(
            lambda _work: self._tags_of_same_image(address, line),
            owner=self,
            title=f"Looking at what goes with {line.key}",
            on_result=lambda tags: self._ask(line, address, tags),
            on_error=self._show_error,
            routine=True,
        )

    def _ask(self, line: TagLine, address: str, tags: list[str]) -> None:
        others = [tag for tag in tags if tag != line.tag]
        consequences = (
            [f"These tags stand for the same image and go with it: {', '.join(others)}."] if others else []
        )
        request = ConfirmationRequest(
            title=f"Delete {line.key} from {address}",
            action="Delete",
            consequences=[*consequences, "Hosts that have pulled it keep their copy."],
            names_to_type=[line.tag],
            note="The registry frees its space when it next collects garbage.",
        )
        self.dialog = ConfirmActionDialog(request, self.window())
        self.dialog.confirmed.connect(lambda: self._delete(line, address))
        self.dialog.open()

    def _delete(self, line: TagLine, address: str) -> None:
        def delete(_work: Work) -> None:
            with self._browser(address) as browser:
                browser.delete(line.repository, line.tag, expected=line.digest)

        self._context.tasks.run(
            delete,
            owner=self,
            title=f"Deleting {line.key} from {address}",
            on_result=lambda _nothing: self.look(),
            on_error=self._show_error,
        )

    def _show_error(self, error: RelevoError) -> None:
        self.error.setText(describe_error(error))
        self.error.show()

    def _compose(self) -> None:
        self.error = Text(wrap=True)
        self.error.hide()
        self.show_button.clicked.connect(self.look)
        self.address.returnPressed.connect(self.look)
        for action in (self.pull, self.delete):
            self.table.add_action(action)
        self.table.selection_changed.connect(self.update_actions)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.setSpacing(GRID)
        bar = row(
            Text("Registry", quiet=True), self.address, self.show_button,
            ActionButton(self.pull), ActionButton(self.delete), ActionButton(self.forget),
        )  # fmt: skip
        bar.setStretch(1, 1)
        layout.addLayout(bar)
        layout.addWidget(self.error)
        layout.addWidget(self.table, 1)


def _tags(browser: RegistryBrowser, work: Work) -> Iterator[TagLine]:
    for repository in browser.repositories():
        work.progress(None, repository)
        for tag in browser.tags(repository):
            yield TagLine(repository, tag)
