"""The fields of a profile, and the profile in its fields."""

from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QLineEdit, QSpinBox

from services.profiles.profile import EmbeddedProfile, PlatformProfile, Profile
from services.profiles.secrets import Kind
from services.store.connect import CassandraAddress
from widgets.panels.form import Form, FormField

KEPT = "Kept in the system's keyring. Leave empty to keep the one that is there."
ASKED = "This system has no keyring: you are asked at each start, and it is written nowhere."


def embedded_form(profile: EmbeddedProfile | None, workspace: Path) -> Form:
    """The field of a workspace."""
    line = QLineEdit(profile.folder if profile else str(workspace))
    hint = "Made if it is not there. Its services run while a window or a command holds it open."
    return Form([("folder", FormField("Folder", line, hint=hint, required=True))])


def platform_form(profile: PlatformProfile | None, keyring: bool) -> Form:
    """The fields of a platform on servers."""
    cassandra = profile.cassandra if profile else CassandraAddress(())
    port = QSpinBox()
    port.setRange(1, 65535)
    port.setValue(cassandra.port)
    tls = QCheckBox()
    tls.setChecked(cassandra.tls)
    kept = KEPT if keyring else ASKED
    return Form(
        [
            (
                "contact_points",
                FormField(
                    "Cassandra hosts",
                    QLineEdit(", ".join(cassandra.contact_points)),
                    hint="Host names or addresses, separated by commas.",
                    required=True,
                ),
            ),
            ("port", FormField("Cassandra port", port)),
            (
                "user",
                FormField("User", QLineEdit(cassandra.user), hint="Empty when Cassandra asks for none."),
            ),
            ("password", FormField("Password", _hidden(), hint=kept)),
            ("tls", FormField("Encrypt with TLS", tls)),
            (
                "authority",
                FormField(
                    "Certificate authority",
                    QLineEdit(cassandra.authority),
                    hint="A PEM file; empty for the system's own authorities.",
                ),
            ),
            (
                "data_centre",
                FormField(
                    "Data centre",
                    QLineEdit(cassandra.data_centre),
                    hint="Empty for that of the first host.",
                ),
            ),
            (
                "gateway",
                FormField(
                    "Gateway",
                    QLineEdit(profile.gateway if profile else ""),
                    hint="Its address, such as https://relevo.example.com:18080.",
                    required=True,
                ),
            ),
            ("token", FormField("Administrator token", _hidden(), hint=kept)),
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
