"""The dialog of a Docker host: how it is reached, checked field by field, tried before it is trusted."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QLineEdit, QSpinBox, QWidget

from app.dialogs.connection_editor import ConnectionEditor
from services.containers.addresses import (
    EngineAddress,
    Host,
    LocalEngine,
    PlainEngine,
    SshEngine,
    TlsEngine,
    usual_socket,
)
from services.containers.hosts import PLAIN_WARNING, host_problems
from widgets.panels.banner import Banner
from widgets.panels.form import Form, FormField
from widgets.theme import GRID, icon

WIDTH = 72 * GRID


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


class HostDialog(ConnectionEditor):
    """Edits one host; reaches none itself.

    `test_requested` and `save_requested` carry the Host, only when no field is wrong.

    Args:
        host: the one to edit; None for a new one.
    """

    test_requested = Signal(object)
    save_requested = Signal(object)

    def __init__(self, host: Host | None, parent: QWidget) -> None:
        title = "Edit Docker host" if host else "Add a Docker host"
        super().__init__(title, host.name if host else "", "Save and connect", parent)
        self.setMinimumWidth(WIDTH)
        self.way = QComboBox()
        for way, words in WAYS:
            self.way.addItem(words, way)
        self.forms: dict[Way, Form] = {
            way: form_for(way, host.address if host else None) for way, _ in WAYS
        }
        self.warning = Banner()
        self.test.clicked.connect(lambda: self._submit(self.test_requested.emit))
        self.buttons.accepted.connect(lambda: self._submit(self.save_requested.emit))
        self.way.currentIndexChanged.connect(self._way_changed)
        self._lay_out(
            "How is Docker reached?",
            (self.name, FormField("Way", self.way), self.warning, *self.forms.values()),
        )
        self.way.setCurrentIndex(self.way.findData(way_of(host.address) if host else Way.SSH))
        self._way_changed()

    @property
    def form(self) -> Form:
        """The form of the way chosen."""
        return self.forms[Way(self.way.currentData())]

    def show_failed(self, message: str, remedy: str, details: str) -> None:
        """The trial failed."""
        self._end_test()
        self.error.show_message(message, remedy, details)
        self._fit()

    def _way_changed(self) -> None:
        chosen = Way(self.way.currentData())
        for way, form in self.forms.items():
            form.setVisible(way is chosen)
        if chosen is Way.PLAIN:
            self.warning.show_message("Unprotected", PLAIN_WARNING, action="")
        else:
            self.warning.hide()
        self._forget_test()

    def _submit(self, tell: Callable[[Host], None]) -> None:
        way = Way(self.way.currentData())
        host = Host(self.name.value(), address_from(way, self.form.values()))
        if self._accepts(host_problems(host), self.form.show_errors):
            tell(host)
