"""The fields of a Docker host, and the address in its fields."""

from enum import StrEnum

from PySide6.QtWidgets import QLineEdit, QSpinBox

from services.containers.addresses import EngineAddress, LocalEngine, PlainEngine, SshEngine, TlsEngine
from services.containers.sockets import usual_socket
from widgets.panels.form import Form, FormField


class Way(StrEnum):
    """How an engine is reached."""

    LOCAL = "local"
    SSH = "ssh"
    TLS = "tls"
    PLAIN = "plain"


WAYS = (
    (Way.LOCAL, "On this machine: socket or named pipe"),
    (Way.SSH, "Through SSH"),
    (Way.TLS, "Over TLS, with certificates"),
    (Way.PLAIN, "Over plain TCP, unprotected"),
)
_PEM = "A PEM file on this machine."


def way_of(address: EngineAddress) -> Way:
    """How an address reaches its engine."""
    match address:
        case LocalEngine():
            return Way.LOCAL
        case SshEngine():
            return Way.SSH
        case TlsEngine():
            return Way.TLS
        case PlainEngine():
            return Way.PLAIN


def form_for(way: Way, address: EngineAddress | None) -> Form:
    """The fields of a way, filled from an address of that way."""
    match way:
        case Way.LOCAL:
            return _local(address if isinstance(address, LocalEngine) else LocalEngine())
        case Way.SSH:
            return _ssh(address if isinstance(address, SshEngine) else SshEngine(""))
        case Way.TLS:
            return _tls(address if isinstance(address, TlsEngine) else TlsEngine(""))
        case Way.PLAIN:
            return _plain(address if isinstance(address, PlainEngine) else PlainEngine(""))


def address_from(way: Way, values: dict[str, str]) -> EngineAddress:
    """The address that the fields say."""
    match way:
        case Way.LOCAL:
            return LocalEngine(values["path"])
        case Way.SSH:
            return SshEngine(values["host"], values["user"], int(values["port"]))
        case Way.TLS:
            return TlsEngine(
                values["host"],
                int(values["port"]),
                values["authority"],
                values["certificate"],
                values["key"],
            )
        case Way.PLAIN:
            return PlainEngine(values["host"], int(values["port"]))


def _local(address: LocalEngine) -> Form:
    hint = f"Empty for the usual one, {usual_socket()}."
    return Form([("path", FormField("Socket or named pipe", QLineEdit(address.path), hint=hint))])


def _ssh(address: SshEngine) -> Form:
    known = "With this machine’s own SSH client, keys and known hosts: log in once by hand first."
    return Form(
        [
            ("host", FormField("Host", QLineEdit(address.host), hint=known, required=True)),
            ("user", FormField("User", QLineEdit(address.user), hint="Empty for SSH’s own choice.")),
            ("port", FormField("SSH port", _port(address.port))),
        ]
    )


def _tls(address: TlsEngine) -> Form:
    system = f"{_PEM} Empty trusts the system’s own authorities."
    both = f"{_PEM} Empty where the engine asks for none."
    return Form(
        [
            ("host", FormField("Host", QLineEdit(address.host), required=True)),
            ("port", FormField("Port", _port(address.port))),
            ("authority", FormField("Certificate authority", QLineEdit(address.authority), hint=system)),
            ("certificate", FormField("Your certificate", QLineEdit(address.certificate), hint=both)),
            ("key", FormField("Your key", QLineEdit(address.key), hint=_PEM)),
        ]
    )


def _plain(address: PlainEngine) -> Form:
    return Form(
        [
            ("host", FormField("Host", QLineEdit(address.host), required=True)),
            ("port", FormField("Port", _port(address.port))),
        ]
    )


def _port(value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, 65535)
    box.setValue(value)
    return box
