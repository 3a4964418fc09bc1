"""The connection dialog: one profile, checked field by field, tried before it is trusted."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from app.dialogs.connection_forms import Fields, embedded_form, platform_form, profile_from, secrets_from
from app.dialogs.trial import TrialDialog
from services.profiles.profile import EmbeddedProfile, PlatformProfile, Profile
from services.profiles.secrets import Kind
from services.profiles.validation import problems
from widgets.panels.form import FormField
from widgets.theme import GRID

NARROW, WIDE = 64, 104
KINDS = (("On this machine, in a workspace folder", True), ("A platform on servers", False))


class ConnectionDialog(TrialDialog):
    """Edits one profile; reads and tries nothing itself.

    `test_wanted` and `save_wanted` carry the profile and its secrets, both only when no field is wrong.

    Args:
        profile: the one to edit; None for a new one.
        workspace: the folder offered for a new workspace.
        keyring: whether the system keeps passwords; without, the dialog says that they are asked each time.
    """

    test_wanted = Signal(object, object)
    save_wanted = Signal(object, object)

    def __init__(self, profile: Profile | None, workspace: Path, *, keyring: bool, parent: QWidget) -> None:
        title = "Edit profile" if profile else "Connect"
        super().__init__(title, profile.name if profile else "My workspace", "Save and open", parent)
        self.kind = QComboBox()
        for words, embedded in KINDS:
            self.kind.addItem(words, embedded)
        self.embedded = embedded_form(profile if isinstance(profile, EmbeddedProfile) else None, workspace)
        self.platform = platform_form(
            profile if isinstance(profile, PlatformProfile) else None, keyring=keyring
        )
        self._compose()
        if isinstance(profile, PlatformProfile):
            self.kind.setCurrentIndex(1)
        self._kind_changed()

    @property
    def form(self) -> Fields:
        """The form of the kind chosen."""
        return self.embedded if self.kind.currentData() else self.platform

    def show_failed(self, field: str, message: str, details: str = "") -> None:
        """The test failed: say so under the field that has to do with it, details below."""
        self._end_trial()
        self.form.show_errors({field: message})
        if details:
            self.error.show_message("The details may say more.", details=details)

    def _compose(self) -> None:
        self.test.clicked.connect(lambda: self._submit(self.test_wanted.emit))
        self.buttons.accepted.connect(lambda: self._submit(self.save_wanted.emit))
        self.kind.currentIndexChanged.connect(self._kind_changed)
        kind = FormField("Kind", self.kind)
        self._lay_out("Where is the platform?", (kind, self.name, self.embedded, self.platform))

    def _kind_changed(self) -> None:
        embedded = bool(self.kind.currentData())
        self.embedded.setVisible(embedded)
        self.platform.setVisible(not embedded)
        self.setMinimumWidth((NARROW if embedded else WIDE) * GRID)
        self._forget_trial()

    def _submit(self, tell: Callable[[Profile, dict[Kind, str]], None]) -> None:
        profile = profile_from(
            self.name.value(), self.form.values(), embedded=bool(self.kind.currentData())
        )
        if self._accepts(problems(profile), self.form.show_errors):
            tell(profile, secrets_from(self.form.values()))
