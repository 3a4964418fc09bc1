"""The dialog of a platform: everything has a default; what is wrong is told under its field."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.base_dialog import GrowingDialog, fit, lay_out
from services.platform.checks import part_memory
from services.platform.request import DURABILITIES, PlatformRequest, problems
from widgets.formatting import size
from widgets.panels.form import Form, FormField
from widgets.panels.labels import Text
from widgets.theme import GRID

DURABILITY_WORDS = {
    "process": "the end of its process (default)",
    "disk": "a power cut: synced before each answer",
    "store": "the loss of its disk: in Cassandra before each answer",
}
MOST_GATEWAYS, MOST_PORT = 8, 65_535
INTRODUCTION = (
    "Relevo builds or pulls its images, starts the parts one after the other, and writes a profile with "
    "which this window opens the platform. It can be cancelled and done again: what is there stays."
)
WIDTH = 80 * GRID


class SetupDialog(GrowingDialog):
    """`wanted` carries the PlatformRequest, only when no field is wrong.

    Args:
        request: what is there, to be changed; None for a new platform.
        restored: whether of that platform only its data are there.
    """

    wanted = Signal(object)

    def __init__(self, request: PlatformRequest | None, parent: QWidget, *, restored: bool = False) -> None:
        super().__init__(parent)
        changing = request is not None and not restored
        name = request.name if request else "a platform"
        title = f"Change {name}" if changing else f"Set {name} up"
        self._request = request or PlatformRequest()
        self.tabs = QTabWidget()
        self.forms = (self._basics(new=request is None), self._parts(), self._access())
        for form, name in zip(self.forms, ("Platform", "Parts and ports", "Access"), strict=True):
            page = QWidget()
            inner = QVBoxLayout(page)
            inner.setContentsMargins(0, 2 * GRID, 0, GRID)
            inner.addWidget(form)
            self.tabs.addTab(page, name)
            form.changed.connect(self._weigh)
        self.memory = Text(quiet=True, wrap=True)
        self.button = QPushButton("Change" if changing else "Set up")
        self.button.clicked.connect(self._submit)
        introduction = Text(INTRODUCTION, quiet=True, wrap=True)
        lay_out(self, title, [introduction, self.tabs, self.memory], self.button, width=WIDTH)
        self._weigh()
        fit(self, WIDTH)

    def request(self) -> PlatformRequest:
        """What the fields say."""
        told = {name: value for form in self.forms for name, value in form.values().items()}
        left_out = tuple(part for part in ("registry", "datalake") if told[f"with_{part}"] == "false")
        return PlatformRequest(
            name=told["name"],
            gateway_host="0.0.0.0" if told["everywhere"] == "true" else "127.0.0.1",  # noqa: S104 - as ticked
            gateway_port=int(told["gateway_port"]),
            team_host="0.0.0.0" if told["team_everywhere"] == "true" else "127.0.0.1",  # noqa: S104 - as ticked
            cassandra_port=int(told["cassandra_port"]),
            registry_port=int(told["registry_port"]),
            datalake_port=int(told["datalake_port"]),
            listener_ports=_ports(told["listener_ports"]),
            gateways=int(told["gateways"]),
            durability=DURABILITIES[self.durability.currentIndex()],
            certificate=told["certificate"],
            key=told["key"],
            plain_http_beyond_loopback=told["plain_http_beyond_loopback"] == "true",
            plain_team_beyond_loopback=told["team_everywhere"] == "true",
            public_address=told["public_address"],
            allowed_origins=tuple(told["allowed_origins"].replace(",", " ").split()),
            image_prefix=told["image_prefix"],
            swarm=told["swarm"] == "true",
            left_out=left_out,
            memory=self._request.memory,
        )

    def _basics(self, *, new: bool) -> Form:
        request = self._request
        self.name = QLineEdit(request.name)
        self.name.setReadOnly(not new)
        self.durability = QComboBox()
        self.durability.addItems([f"{word}: {DURABILITY_WORDS[word]}" for word in DURABILITIES])
        self.durability.setCurrentIndex(DURABILITIES.index(request.durability))
        prefix = QLineEdit(request.image_prefix)
        prefix.setPlaceholderText("registry.plant:5000")
        return Form([
            ("name", FormField("Name", self.name, hint="Begins the names of its containers and volumes.")),
            ("gateway_port", FormField("Port of the gateway", _number(request.gateway_port, MOST_PORT))),
            ("gateways", FormField("Gateways", _number(request.gateways, MOST_GATEWAYS),
                                   hint="More than one are reached through a balancer.")),
            ("swarm", FormField("Gateways as a service of this host’s Swarm", _tick(on=request.swarm))),
            ("durability", FormField("What an answer survives", self.durability)),
            ("image_prefix", FormField("Registry to pull Relevo’s images from", prefix,
                                       hint="Empty: they are built on this host.")),
        ])  # fmt: skip

    def _parts(self) -> Form:
        request = self._request
        without = request.left_out
        ports = QLineEdit(" ".join(map(str, request.listener_ports)))
        return Form([
            ("cassandra_port", FormField("Port of Cassandra", _number(request.cassandra_port, MOST_PORT))),
            ("with_registry", FormField("With an image registry", _tick(on="registry" not in without))),
            ("registry_port", FormField("Port of the registry", _number(request.registry_port, MOST_PORT))),
            ("with_datalake", FormField("With a datalake (MariaDB)", _tick(on="datalake" not in without))),
            ("datalake_port", FormField("Port of the datalake", _number(request.datalake_port, MOST_PORT))),
            ("listener_ports", FormField("Ports of listeners", ports,
                                         hint="Projects’ own ports, separated by spaces.")),
        ])  # fmt: skip

    def _access(self) -> Form:
        request = self._request
        public = QLineEdit(request.public_address)
        public.setPlaceholderText("https://models.plant:18080")
        origins = QLineEdit(" ".join(request.allowed_origins))
        origins.setPlaceholderText("https://shop.plant")
        return Form([
            ("everywhere", FormField("Let other machines reach the gateway",
                                     _tick(on=request.gateway_host != "127.0.0.1"))),
            ("public_address", FormField("Under which address clients reach it", public)),
            ("allowed_origins", FormField("Web pages that may call it", origins,
                                          hint="Their origins, separated by spaces; empty: of none.")),
            ("certificate", FormField("Certificate (PEM file)", QLineEdit(request.certificate),
                                      hint="With it the gateway serves HTTPS.")),
            ("key", FormField("Its key (PEM file)", QLineEdit(request.key))),
            ("plain_http_beyond_loopback", FormField(
                "Without a certificate: I know that tokens and data can be read on the way",
                _tick(on=request.plain_http_beyond_loopback))),
            ("team_everywhere", FormField(
                "Let other machines reach Cassandra, registry and datalake without encryption",
                _tick(on=request.team_host != "127.0.0.1"))),
        ])  # fmt: skip

    def _weigh(self) -> None:
        """What the parts may use together, as long as the fields can be read."""
        try:
            parts = part_memory(self.request())
        except ValueError:
            return
        total = sum(amount for _, amount in parts)
        self.memory.setText(f"Its {len(parts)} parts may use {size(total)} of memory together.")

    def _submit(self) -> None:
        try:
            request = self.request()
        except ValueError:
            self._show({"listener_ports": "Numbers from 1 to 65535, separated by spaces."})
            return
        wrong = problems(request)
        if wrong:
            self._show(wrong)
            return
        self.accept()
        self.wanted.emit(request)

    def _show(self, wrong: dict[str, str]) -> None:
        """Each error under its field; the first tab that has one comes to the front."""
        fields = {"gateway_host": "plain_http_beyond_loopback", "team_host": "team_everywhere",
                  "left_out": "with_registry"}  # fmt: skip
        named = {fields.get(name, name.partition("[")[0]): text for name, text in wrong.items()}
        for place, form in reversed(list(enumerate(self.forms))):
            own = {name: text for name, text in named.items() if name in form.values()}
            form.show_errors(own)
            if own:
                self.tabs.setCurrentIndex(place)


def _number(value: int, most: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(1, most)
    box.setValue(value)
    box.setGroupSeparatorShown(False)
    return box


def _tick(*, on: bool) -> QCheckBox:
    box = QCheckBox()
    box.setChecked(on)
    return box


def _ports(text: str) -> tuple[int, ...]:
    """ValueError if it is not a list of numbers."""
    return tuple(int(word) for word in text.replace(",", " ").split())
