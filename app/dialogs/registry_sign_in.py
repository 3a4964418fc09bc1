"""Asks for a registry's user and password where the registry asks for them, keeps them, and goes on."""

from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(slots=True)
class _Waiting:
    """What waits until somebody has signed in to one registry.

    Attributes:
        needed: the first refusal.
        readable: whether the password goes over the network unencrypted.
        actions: what is done again, in the order in which it was refused.
    """

    needed: SignInNeeded
    readable: bool
    actions: list[Callable[[], None]]


class RegistrySignIn(QObject):
    """Asks, keeps the password, and has done again whatever was refused; one dialog at a time.

    Args:
        owner: ends what runs when it goes.
        sign_ins: keep the passwords.
        show_error: tells that they could not be kept.
    """

    def __init__(
        self,
        owner: QWidget,
        tasks: Tasks,
        sign_ins: RegistrySignIns,
        show_error: Callable[[RelevoError], None],
    ) -> None:
        super().__init__(owner)
        self.dialog: RegistrySignInDialog | None = None
        self._widget, self._tasks, self._sign_ins, self._show_error = owner, tasks, sign_ins, show_error
        self._waiting: dict[str, _Waiting] = {}
        self._asking = ""  # the registry that the dialog is about, until its password is kept

    def ask(self, needed: SignInNeeded, again: Callable[[], None], *, readable: bool = False) -> None:
        """Ask for a registry's user and password; once somebody signed in, `again` is called.

        Several actions may wait for the same registry: it is asked for once, and all of them go on. Other
        registries are asked for afterwards. Who gives up has been told by the refusal itself.
        """
        known = self._waiting.get(needed.registry)
        if known is not None:
            known.actions.append(again)
            return
        self._waiting[needed.registry] = _Waiting(needed, readable, [again])
        self._ask_next()

    def forget(self, registry: str, done: Callable[[], None]) -> None:
        """Forget a registry's user and password."""
        self._tasks.run(
            lambda _work: self._sign_ins.forget(registry),
            owner=self,
            title=f"Forgetting the password of {registry}",
            on_result=lambda _nothing: done(),
            on_error=self._show_error,
        )

    def _ask_next(self) -> None:
        if self._asking or not self._waiting:
            return
        self._asking = next(iter(self._waiting))
        waiting = self._waiting[self._asking]
        self._tasks.run(
            lambda _work: self._sign_ins.has_keyring(),
            owner=self,
            title="Looking for the system's keyring",
            on_result=lambda keyring: self._open(waiting, keyring=keyring),
            on_error=self._failed,
            routine=True,
        )

    def _open(self, waiting: _Waiting, *, keyring: bool) -> None:
        self.dialog = dialog = RegistrySignInDialog(
            waiting.needed, keyring=keyring, readable=waiting.readable, parent=self._widget.window()
        )
        dialog.finished.connect(self._closed)
        dialog.rejected.connect(self._finish)
        dialog.signed.connect(self._keep)
        dialog.open()

    def _keep(self, credentials: Credentials) -> None:
        registry = self._asking
        self._tasks.run(
            lambda _work: self._sign_ins.put(registry, credentials),
            owner=self,
            title=f"Signing in to {registry}",
            on_result=lambda _nothing: self._go_on(),
            on_error=self._failed,
            routine=True,
        )

    def _go_on(self) -> None:
        """Do again what waited; it may ask anew, if the password was wrong."""
        for action in self._finish():
            action()

    def _failed(self, error: RelevoError) -> None:
        self._finish()
        self._show_error(error)

    def _finish(self) -> list[Callable[[], None]]:
        """This registry has been asked for, the next one's turn comes; what waited for it."""
        waiting, self._asking = self._waiting.pop(self._asking), ""
        self._ask_next()
        return waiting.actions

    def _closed(self) -> None:
        self.dialog = None
