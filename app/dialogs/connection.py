"""The connection dialog: one profile, checked field by field, tried before it is trusted."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.connection_forms import Fields, embedded_form, platform_form, profile_from, secrets_from
from app.pages.bar import row
from services.profiles.profile import EmbeddedProfile, PlatformProfile, Profile
from services.profiles.secrets import Kind
from services.profiles.validation import problems
from widgets.panels.error import ErrorPanel
from widgets.panels.form import FormField
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize

NARROW, WIDE = 64, 104
KINDS = (("On this machine, in a workspace folder", True), ("A platform on servers", False))


class ConnectionDialog(QDialog):
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
        super().__init__(parent)
        self.setWindowTitle("Edit profile" if profile else "Connect")
        self.setModal(True)
        self.name = FormField("Name", QLineEdit(profile.name if profile else "My workspace"), required=True)
        self.kind = QComboBox()
        for words, embedded in KINDS:
            self.kind.addItem(words, embedded)
        self.embedded = embedded_form(profile if isinstance(profile, EmbeddedProfile) else None, workspace)
        self.platform = platform_form(
            profile if isinstance(profile, PlatformProfile) else None, keyring=keyring
        )
        self.error = ErrorPanel()
        self.result_text = Text(wrap=True)
        self._compose()
        if isinstance(profile, PlatformProfile):
            self.kind.setCurrentIndex(1)
        self._kind_changed()

    @property
    def form(self) -> Fields:
        """The form of the kind chosen."""
        return self.embedded if self.kind.currentData() else self.platform

    def show_testing(self) -> None:
        """A test is under way."""
        self.error.hide()
        self.result_text.setText("Trying to connect…")
        self.test.setEnabled(False)

    def show_tested(self, text: str) -> None:
        """The test went well."""
        self.result_text.setText(text)
        self.test.setEnabled(True)

    def show_failed(self, field: str, message: str, details: str = "") -> None:
        """The test failed: say so under the field that has to do with it, details below."""
        self.result_text.setText("")
        self.test.setEnabled(True)
        self.form.show_errors({field: message})
        if details:
            self.error.show_message("The details may say more.", details=details)

    def _compose(self) -> None:
        self.browse = QPushButton("Choose folder…")
        self.browse.clicked.connect(self._choose_folder)
        self.test = QPushButton("Test connection")
        self.test.clicked.connect(lambda: self._submit(self.test_wanted.emit))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.addButton(self.test, QDialogButtonBox.ButtonRole.ActionRole)
        self.save = self.buttons.addButton("Save and open", QDialogButtonBox.ButtonRole.AcceptRole)
        self.save.setDefault(True)
        self.buttons.accepted.connect(lambda: self._submit(self.save_wanted.emit))
        self.buttons.rejected.connect(self.reject)
        for button in (self.test, self.browse, self.buttons.button(QDialogButtonBox.StandardButton.Cancel)):
            button.setAutoDefault(False)
        self.kind.currentIndexChanged.connect(self._kind_changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID + GRID // 2)
        layout.addWidget(Text("Where is the platform?", size=FontSize.LARGE))
        layout.addWidget(FormField("Kind", self.kind))
        layout.addWidget(self.name)
        layout.addWidget(self.embedded)
        layout.addLayout(row(self.browse, None))
        layout.addWidget(self.platform)
        layout.addStretch(1)
        layout.addWidget(self.result_text)
        layout.addWidget(self.error)
        layout.addWidget(self.buttons)
        self.finished.connect(self.deleteLater)

    def _kind_changed(self) -> None:
        embedded = bool(self.kind.currentData())
        for part, shown in (
            (self.embedded, embedded),
            (self.browse, embedded),
            (self.platform, not embedded),
        ):
            part.setVisible(shown)
        self.setMinimumWidth((NARROW if embedded else WIDE) * GRID)
        self.result_text.setText("")
        self.error.hide()
        QTimer.singleShot(0, self, self.adjustSize)

    def _choose_folder(self) -> None:
        line = self.embedded.field("folder").editor
        dialog = QFileDialog(self, "Choose the workspace's folder", self.embedded.field("folder").value())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        if isinstance(line, QLineEdit):
            dialog.fileSelected.connect(line.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _submit(self, tell: Callable[[Profile, dict[Kind, str]], None]) -> None:
        profile = profile_from(
            self.name.value(), self.form.values(), embedded=bool(self.kind.currentData())
        )
        wrong = problems(profile)
        self.name.set_error(wrong.pop("name", ""))
        self.form.show_errors(wrong)
        if not wrong and not self.name.error():
            self.error.hide()
            tell(profile, secrets_from(self.form.values()))
