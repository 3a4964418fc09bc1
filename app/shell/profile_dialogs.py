"""The dialogs of a connection at work: editing, testing and saving profiles, signing in."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.connection.platform import SecretsNeeded
from app.connection.profile_check import FieldProblem, check_profile
from app.context import Context
from app.dialogs.profile import ProfileDialog, SignInDialog
from app.error_text import describe_error
from app.settings import PROFILE
from services.errors import RelevoError
from services.profiles.profile import Profile
from services.profiles.secrets import Kind


class ProfileDialogs(QObject):
    """Opens profiles, and the dialogs that make or repair one; one dialog at a time."""

    def __init__(self, window: QWidget, context: Context) -> None:
        super().__init__(window)
        self._window = window
        self._context = context
        self.dialog: ProfileDialog | None = None
        self.sign_in: SignInDialog | None = None
        context.bus.profile_requested.connect(self.open)
        context.bus.connection_requested.connect(self.edit)

    def open(self, name: str) -> None:
        """Work with the profile of this name."""
        profile = self._context.profiles.get(name)
        if profile is not None:
            self._context.settings.put(PROFILE, name)
            self._context.connection.open(profile)

    def edit(self, name: str) -> None:
        """Open the dialog for a profile; for a new one when the name is empty."""
        if self.dialog is not None:
            return
        profile = self._context.profiles.get(name) if name else None
        self._ask_keyring(lambda keyring: self._show(profile, keyring))

    def ask_secrets(self, error: SecretsNeeded) -> None:
        """Ask for what a profile lacks, then try again."""
        profile = self._context.connection.profile
        if profile is None or self.sign_in is not None:
            return

        def show(keyring: bool) -> None:
            self.sign_in = dialog = SignInDialog(
                profile.name, error.kinds, keyring=keyring, parent=self._window
            )
            dialog.signed.connect(lambda typed: self._keep(profile, typed))
            dialog.finished.connect(self._signed_in)
            dialog.open()

        self._ask_keyring(show)

    def _show(self, profile: Profile | None, keyring: bool) -> None:
        if self.dialog is not None:
            return
        workspace = self._context.paths.workspace
        self.dialog = dialog = ProfileDialog(profile, workspace, keyring=keyring, parent=self._window)
        dialog.test_requested.connect(lambda made, typed: self._test(dialog, made, typed))
        dialog.save_requested.connect(lambda made, typed: self._save(dialog, profile, made, typed))
        dialog.finished.connect(self._closed)
        dialog.open()

    def _test(self, dialog: ProfileDialog, profile: Profile, typed: Mapping[Kind, str]) -> None:
        def failed(error: RelevoError) -> None:
            field = error.field if isinstance(error, FieldProblem) else "gateway"
            dialog.show_failed(field, describe_error(error), error.details)

        dialog.show_testing()
        self._context.tasks.run(
            lambda work: check_profile(profile, typed, self._context.secrets, work),
            owner=dialog,
            title=f"Testing the connection to {profile.name}",
            on_result=dialog.show_tested,
            on_error=failed,
        )

    def _save(
        self, dialog: ProfileDialog, old: Profile | None, new: Profile, typed: Mapping[Kind, str]
    ) -> None:
        taken = self._context.profiles.get(new.name)
        if taken is not None and (old is None or old.name != new.name):
            dialog.name.set_error("Another profile has this name; choose another one.")
            return
        try:
            self._context.profiles.save(new)
        except RelevoError as error:
            dialog.error.show_error(error)
            return
        if old is not None and old.name != new.name:
            self._context.profiles.remove(old.name)
        dialog.accept()
        self._keep(new, typed)

    def _keep(self, profile: Profile, typed: Mapping[Kind, str]) -> None:
        """Give the secrets to the keyring, off the GUI thread, then open the profile."""
        secrets = self._context.secrets

        def put() -> None:
            for kind, secret in typed.items():
                secrets.put(profile.name, kind, secret)

        self._context.tasks.run(
            lambda _work: put(),
            owner=self,
            title=f"Keeping the passwords of {profile.name}",
            on_end=lambda: self.open(profile.name),
            routine=not typed,
        )

    def _ask_keyring(self, show: Callable[[bool], None]) -> None:
        self._context.tasks.run(
            lambda _work: self._context.secrets.has_keyring(),
            owner=self,
            title="Looking for the system's keyring",
            on_result=show,
            routine=True,
        )

    def _closed(self) -> None:
        self.dialog = None

    def _signed_in(self) -> None:
        self.sign_in = None
