"""The connection dialog: one profile, checked field by field, tried before it is trusted."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.base_dialog import GrowingDialog
from app.dialogs.connection_editor import ConnectionEditor
from app.dialogs.path_field import PathField
from services.profiles.profile import EmbeddedProfile, PlatformProfile, Profile
from services.profiles.secrets import Kind
from services.profiles.validation import problems
from services.store.addresses import CassandraAddress
from widgets.panels.form import Form, FormField
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize

NARROW, WIDE = 64, 104
KINDS = (("On this machine, in a workspace folder", True), ("A platform on servers", False))
KEPT = "In the system's keyring; empty keeps the one that is there."
ASKED = "No keyring here: asked at each start, written nowhere."


class Fields(QWidget):
    """Forms beside one another that answer as one."""

    def __init__(self, *forms: Form) -> None:
        super().__init__()
        self._forms = forms
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3 * GRID)
        for form in forms:
            layout.addWidget(form, 1)

    def values(self) -> dict[str, str]:
        """Every field's value by name."""
        return {name: value for form in self._forms for name, value in form.values().items()}

    def show_errors(self, errors: dict[str, str]) -> None:
        """Show each error under its field; fields not named are cleared."""
        for form in self._forms:
            form.show_errors(errors)

    def field(self, name: str) -> FormField:
        """The field of that name."""
        return next(form.field(name) for form in self._forms if name in form.values())


def embedded_form(profile: EmbeddedProfile | None, workspace: Path) -> Fields:
    """The field of a workspace."""
    folder = profile.folder if profile else str(workspace)
    hint = "Made if it is not there. Its services run while a window or a command holds it open."
    return Fields(Form([("folder", PathField("Folder", folder, hint=hint, required=True))]))


def platform_form(profile: PlatformProfile | None, *, keyring: bool) -> Fields:
    """The fields of a platform on servers: what each needs, then how it is reached."""
    cassandra = profile.cassandra if profile else CassandraAddress(())
    kept = KEPT if keyring else ASKED
    return Fields(_needed(profile, cassandra, kept), _reached(cassandra))


def _needed(profile: PlatformProfile | None, cassandra: CassandraAddress, kept: str) -> Form:
    hosts = QLineEdit(", ".join(cassandra.contact_points))
    gateway = QLineEdit(profile.gateway if profile else "")
    several = "Host names or addresses, commas between."
    like = "Such as https://relevo.example.com:18080"
    return Form(
        [
            ("contact_points", FormField("Cassandra hosts", hosts, hint=several, required=True)),
            (
                "user",
                FormField("User", QLineEdit(cassandra.user), hint="Empty when Cassandra asks for none."),
            ),
            ("password", FormField("Password", _hidden(), hint=kept)),
            ("gateway", FormField("Gateway", gateway, hint=like, required=True)),
            ("token", FormField("Administrator token", _hidden(), hint=kept)),
        ]
    )


def _reached(cassandra: CassandraAddress) -> Form:
    port = QSpinBox()
    port.setRange(1, 65535)
    port.setValue(cassandra.port)
    tls = QCheckBox()
    tls.setChecked(cassandra.tls)
    pem = "A PEM file; empty for the system's own."
    first = "Empty for that of the first host."
    return Form(
        [
            ("port", FormField("Cassandra port", port)),
            ("data_centre", FormField("Data centre", QLineEdit(cassandra.data_centre), hint=first)),
            ("tls", FormField("Encrypt with TLS", tls)),
            ("authority", FormField("Certificate authority", QLineEdit(cassandra.authority), hint=pem)),
        ]
    )


def profile_from(name: str, values: dict[str, str], *, embedded: bool) -> Profile:
    """The profile that the fields say."""
    if embedded:
        return EmbeddedProfile(name, values["folder"])
    hosts = tuple(host.strip() for host in values["contact_points"].split(",") if host.strip())
    return PlatformProfile(
        name,
        CassandraAddress(
            hosts,
            port=int(values["port"]),
            user=values["user"],
            data_centre=values["data_centre"],
            tls=values["tls"] == "true",
            authority=values["authority"],
        ),
        values["gateway"],
    )


def secrets_from(values: dict[str, str]) -> dict[Kind, str]:
    """The passwords and tokens that were typed; what was left empty is left out."""
    typed: tuple[tuple[Kind, str], ...] = (
        ("cassandra-password", values.get("password", "")),
        ("gateway-token", values.get("token", "")),
    )
    return {kind: secret for kind, secret in typed if secret}


class ProfileDialog(ConnectionEditor):
    """Edits one profile; reads and tries nothing itself.

    `test_requested` and `save_requested` carry the profile and its secrets, only when no field is wrong.

    Args:
        profile: the one to edit; None for a new one.
        workspace: the folder offered for a new workspace.
        keyring: whether the system keeps passwords; without, the dialog says that they are asked each time.
    """

    test_requested = Signal(object, object)
    save_requested = Signal(object, object)

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
        self._end_test()
        self.form.show_errors({field: message})
        if details:
            self.error.show_message("The details may say more.", details=details)

    def _compose(self) -> None:
        self.test.clicked.connect(lambda: self._submit(self.test_requested.emit))
        self.buttons.accepted.connect(lambda: self._submit(self.save_requested.emit))
        self.kind.currentIndexChanged.connect(self._kind_changed)
        kind = FormField("Kind", self.kind)
        self._lay_out("Where is the platform?", (kind, self.name, self.embedded, self.platform))

    def _kind_changed(self) -> None:
        embedded = bool(self.kind.currentData())
        self.embedded.setVisible(embedded)
        self.platform.setVisible(not embedded)
        self.setMinimumWidth((NARROW if embedded else WIDE) * GRID)
        self._forget_test()

    def _submit(self, tell: Callable[[Profile, dict[Kind, str]], None]) -> None:
        profile = profile_from(
            self.name.value(), self.form.values(), embedded=bool(self.kind.currentData())
        )
        if self._accepts(problems(profile), self.form.show_errors):
            tell(profile, secrets_from(self.form.values()))


WORDS: dict[Kind, str] = {
    "cassandra-password": "Cassandra password",
    "gateway-token": "Administrator token of the gateway",
}


class SignInDialog(GrowingDialog):
    """`signed` carries what was typed, by kind."""

    signed = Signal(object)

    def __init__(self, profile: str, kinds: tuple[Kind, ...], *, keyring: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Sign in to {profile}")
        self.setModal(True)
        self._kinds = kinds
        self.form = Form([(kind, FormField(WORDS[kind], _hidden(), required=True)) for kind in kinds])
        note = "Kept in the system's keyring, never in a file."
        if not keyring:
            note = "This system has no keyring: you are asked at each start, and it is written nowhere."
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton("Sign in", QDialogButtonBox.ButtonRole.AcceptRole).setDefault(True)
        buttons.accepted.connect(self._confirm)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(Text(f"Sign in to {profile}", size=FontSize.LARGE))
        layout.addWidget(self.form)
        layout.addWidget(Text(note, quiet=True, wrap=True))
        layout.addWidget(buttons)
        self.setMinimumWidth(52 * GRID)
        self.finished.connect(self.deleteLater)

    def _confirm(self) -> None:
        if self.form.check():
            values = self.form.values()
            self.signed.emit({kind: values[kind] for kind in self._kinds})
            self.accept()


def _hidden() -> QLineEdit:
    line = QLineEdit()
    line.setEchoMode(QLineEdit.EchoMode.Password)
    return line
