"""Asks for a registry's user and password where the registry asks for them, keeps them, and goes on."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLineEdit, QPushButton, QWidget

from app.dialogs.base_dialog import GrowingDialog, lay_out
from app.tasks import Tasks
from services.containers.model import Credentials
from services.errors import RelevoError, SignInNeeded
from services.profiles.registries import RegistrySignIns
from widgets.panels.form import FormField
from widgets.panels.labels import Text
from widgets.theme import GRID

KEPT = (
    "Kept in the system's keyring for this registry, never in a file; sent to it and to the Docker Engine."
)
NOT_KEPT = "This system has no keyring: you are asked again after a new start, and it is written nowhere."
READABLE = "This registry speaks plain HTTP: whoever is on the way can read the password."


class RegistrySignInDialog(GrowingDialog):
    """`signed` carries the credentials.

    Args:
        needed: which registry, and who was not accepted.
        keyring: whether the system keeps the password.
        readable: whether it goes over the network unencrypted.
    """

    signed = Signal(object)

    def __init__(
        self, needed: SignInNeeded, *, keyring: bool, readable: bool = False, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.user = FormField("User", QLineEdit(needed.user), required=True)
        self._secret = QLineEdit()
        self._secret.setEchoMode(QLineEdit.EchoMode.Password)
        self.password = FormField("Password", self._secret, required=True)
        self.button = QPushButton("Sign in")
        self.button.clicked.connect(self._confirm)
        parts: list[QWidget] = [Text(f"{needed.message}.", wrap=True), self.user, self.password]
        if readable:
            parts.append(Text(READABLE, wrap=True))
        parts.append(Text(KEPT if keyring else NOT_KEPT, quiet=True, wrap=True))
        lay_out(self, f"Sign in to {needed.registry}", parts, self.button, width=56 * GRID)
        (self._secret if needed.user else self.user.editor).setFocus()

    def _confirm(self) -> None:
        if all([self.user.check(), self.password.check()]):
            # Not the field's value, which has no spaces at its ends: a password may.
            credentials = Credentials(self.user.value(), self._secret.text())
            self.accept()
            self.signed.emit(credentials)


class RegistrySignIn(QObject):
    """Asks, keeps, goes on.

    Args:
        owner: ends what runs when it goes.
        sign_ins: keep the passwords.
        fail: tells that they could not be kept.
    """

    def __init__(
        self, owner: QWidget, tasks: Tasks, sign_ins: RegistrySignIns, fail: Callable[[RelevoError], None]
    ) -> None:
        super().__init__(owner)
        self.dialog: RegistrySignInDialog | None = None
        self._widget, self._tasks, self._sign_ins, self._fail = owner, tasks, sign_ins, fail

    def ask(self, needed: SignInNeeded, again: Callable[[], None], *, readable: bool = False) -> None:
        """Open the dialog unless it is open; once somebody signed in, what needed it is done `again`."""
        self._tasks.run(
            lambda _work: self._sign_ins.kept(),
            owner=self,
            title="Looking for the system's keyring",
            on_result=lambda keyring: self._open(needed, again, keyring=keyring, readable=readable),
            on_error=self._fail,
            routine=True,
        )

    def forget(self, registry: str, done: Callable[[], None]) -> None:
        """Forget a registry's user and password."""
        self._tasks.run(
            lambda _work: self._sign_ins.forget(registry),
            owner=self,
            title=f"Forgetting the password of {registry}",
            on_result=lambda _nothing: done(),
            on_error=self._fail,
        )

    def _open(
        self, needed: SignInNeeded, again: Callable[[], None], *, keyring: bool, readable: bool
    ) -> None:
        if self.dialog is not None:
            return
        dialog = RegistrySignInDialog(
            needed, keyring=keyring, readable=readable, parent=self._widget.window()
        )
        self.dialog = dialog
        dialog.finished.connect(self._closed)
        dialog.signed.connect(lambda credentials: self._keep(needed.registry, credentials, again))
        dialog.open()

    def _keep(self, registry: str, credentials: Credentials, again: Callable[[], None]) -> None:
        self._tasks.run(
            lambda _work: self._sign_ins.put(registry, credentials),
            owner=self,
            title=f"Signing in to {registry}",
            on_result=lambda _nothing: again(),
            on_error=self._fail,
            routine=True,
        )

    def _closed(self) -> None:
        self.dialog = None
