"""The fields of a profile, and the profile in its fields."""

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLineEdit, QSpinBox, QWidget

from app.dialogs.path_field import PathField
from services.profiles.profile import EmbeddedProfile, PlatformProfile, Profile
from services.profiles.secrets import Kind
from services.store.addresses import CassandraAddress
from widgets.panels.form import Form, FormField
from widgets.theme import GRID

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


def _hidden() -> QLineEdit:
    line = QLineEdit()
    line.setEchoMode(QLineEdit.EchoMode.Password)
    return line
