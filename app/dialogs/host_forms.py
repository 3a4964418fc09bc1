"""The fields of a Docker host, and the address in its fields."""

from enum import StrEnum
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QLineEdit, QSpinBox

from services.containers.addresses import (
    EngineAddress,
    LocalEngine,
    PlainEngine,
    SshEngine,
    TlsEngine,
    usual_socket,
)
from widgets.panels.form import Form, FormField
from widgets.theme import icon


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
            ("authority", FormField("Certificate authority", _file(address.authority), hint=system)),
            ("certificate", FormField("Your certificate", _file(address.certificate), hint=both)),
            ("key", FormField("Your key", _file(address.key), hint=_PEM)),
        ]
    )


def _plain(address: PlainEngine) -> Form:
    return Form(
        [
            ("host", FormField("Host", QLineEdit(address.host), required=True)),
            ("port", FormField("Port", _port(address.port))),
        ]
    )


def _file(path: str) -> QLineEdit:
    """A line for a file's path, with a button in it that opens the system's file chooser."""
    line = QLineEdit(path)

    def choose() -> None:
        dialog = QFileDialog(line.window(), "Choose a PEM file", str(Path(line.text()).parent))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(["PEM files (*.pem *.crt *.cer *.key)", "All files (*)"])
        dialog.fileSelected.connect(line.setText)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    chooser = line.addAction(icon("projects"), QLineEdit.ActionPosition.TrailingPosition)
    chooser.setToolTip("Choose a file")
    chooser.triggered.connect(choose)
    return line


def _port(value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, 65535)
    box.setValue(value)
    return box
