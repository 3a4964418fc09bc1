"""The dialog of a version's launch: from a deploy folder or from an image that is there."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.base_dialog import GrowingDialog, fit, lay_out
from app.dialogs.path_field import PathField
from services.containers.interface import INNER_PORT
from services.containers.model import Port, ResourceLimits, RestartPolicy
from services.errors import RelevoError
from services.model_server.deploy import read_deploy
from services.publish.image_dependencies import dependencies_of
from services.publish.launching import LaunchOptions
from widgets.formatting import plural
from widgets.panels.bar import row
from widgets.panels.form import Form, FormField
from widgets.panels.labels import Text
from widgets.theme import GRID

FOLDER, IMAGE = "A deploy folder", "An image that exists"
MEGABYTE = 1 << 20
_UNBROKEN = "\N{NO-BREAK SPACE}"
TABLES = "CSV (*.csv);;All files (*)"
WIDTH = 88 * GRID
POLICIES = {
    RestartPolicy.UNLESS_STOPPED: "whenever it ends, unless it was stopped",
    RestartPolicy.ALWAYS: "always, also after it was stopped and Docker starts",
    RestartPolicy.ON_FAILURE: "when it fails",
    RestartPolicy.NEVER: "never",
}


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """What was asked for: a folder, or an image with its project and version.

    Attributes:
        training: CSV file of the training set to store with it; empty for none.
    """

    options: LaunchOptions
    folder: str = ""
    image: str = ""
    project: str = ""
    version: str = ""
    training: str = ""


class LaunchDialog(GrowingDialog):
    """`wanted` carries the Launch, only when no field is wrong.

    Args:
        scalable: whether the platform can run several replicas.
    """

    wanted = Signal(object)
    model_file_requested = Signal()
    """A deploy folder is to be made of a model file."""

    def __init__(self, platform: str, *, scalable: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._scalable = scalable
        self.source = QComboBox()
        self.source.addItems([FOLDER, IMAGE])
        self.folder = PathField("Deploy folder", hint="Holds model.json and what it names.", required=True)
        self.training = PathField(
            "Training set (CSV, optional)", files=TABLES, hint="Its metrics show as historical."
        )
        self.about = Text(quiet=True, wrap=True)
        self.about.hide()
        self.image = Form([
            ("image", FormField("Image", QLineEdit(), required=True)),
            ("project", FormField("Project", QLineEdit(), required=True)),
            ("version", FormField("Version", QLineEdit(), required=True)),
        ])  # fmt: skip
        self.settings = self._settings()
        self.button = QPushButton("Launch")
        self.button.clicked.connect(self._submit)
        self._compose(platform)
        self.source.currentIndexChanged.connect(self._follow)
        self.folder.changed.connect(self._describe_folder)
        self._follow()

    def set_folder(self, folder: str) -> None:
        """Fill a deploy folder in."""
        self.source.setCurrentText(FOLDER)
        self.folder.set_path(folder)

    def _settings(self) -> QWidget:
        self.port = _box(0, 65_535, 0)
        self.port.setSpecialValueText("not published")
        self.memory = _box(64, 1 << 20, 512)
        self.memory.setSuffix(" MB")
        self.processors = _box(0, 1024, 0)
        self.processors.setSpecialValueText("no limit")
        self.restart = QComboBox()
        for policy, words in POLICIES.items():
            self.restart.addItem(words, policy)
        self.replicas = _box(1, 1000, 1)
        left = [
            ("memory", FormField("Most memory", self.memory)),
            ("processors", FormField("Most processor cores", self.processors)),
            ("port", FormField("A port of its own on the host", self.port,
                               hint="What is asked there directly is not recorded.")),
        ]  # fmt: skip
        right = [("restart", FormField("Started again", self.restart))]
        self.placement = QLineEdit()
        self.placement.setPlaceholderText("node.labels.room==north")
        if self._scalable:
            hint = "Docker’s constraint expressions, separated by spaces; empty for any machine."
            right += [
                ("replicas", FormField("Replicas", self.replicas)),
                ("placement", FormField("Machines", self.placement, hint=hint)),
            ]
        settings, beside = QWidget(), row(Form(left), Form(right))
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(3 * GRID)
        for place in (0, 1):
            beside.setStretch(place, 1)
        settings.setLayout(beside)
        return settings

    def _compose(self, platform: str) -> None:
        self._from_folder = QWidget()
        inner = QVBoxLayout(self._from_folder)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(GRID + GRID // 2)
        self.model_file = QPushButton("From a model file…")
        self.model_file.clicked.connect(self.model_file_requested)
        self.model_file.setAutoDefault(False)
        inner.addWidget(self.folder)
        inner.addWidget(self.about)
        inner.addLayout(row(self.model_file, None))
        inner.addWidget(self.training)
        hint = (
            "It is built, run, and waited for until it answers; one that runs already is replaced without "
            "an interruption. A project’s first version becomes its champion, later ones are challengers."
        )
        parts = [
            Text(hint, quiet=True, wrap=True),
            FormField("From", self.source),
            self._from_folder,
            self.image,
            self.settings,
        ]
        lay_out(self, f"Launch a version on {platform}", parts, self.button, width=WIDTH)

    def _follow(self) -> None:
        folder = self.source.currentText() == FOLDER
        self._from_folder.setVisible(folder)
        self.image.setVisible(not folder)
        fit(self, WIDTH)

    def _describe_folder(self) -> None:
        """What the folder says of itself, as soon as it can be read."""
        self.about.setText("")
        self.about.hide()
        folder = Path(self.folder.value())
        if not (folder / "model.json").is_file():
            return
        try:
            deploy = read_deploy(folder)
            installed = ", ".join(
                one.replace(" ", _UNBROKEN) for one in dependencies_of(folder, deploy).lines()
            )
        except RelevoError as error:
            self._show_folder_error(error)
            return
        rows = plural(deploy.rows, "row") if deploy.rows else "an unknown number of rows"
        lines = [f"{deploy.project} {deploy.version}: {deploy.task}, trained on {rows}"]
        if installed:
            lines.append(f"Installs: {installed}")
        self.about.setText("\n".join(lines))
        self.about.show()
        fit(self, WIDTH)

    def _show_folder_error(self, error: RelevoError) -> None:
        """Tell what is wrong with the folder, and what to do about it."""
        self.folder.set_error(f"{error.message}. {error.remedy}" if error.remedy else error.message)
        fit(self, WIDTH)

    def _submit(self) -> None:
        if self.source.currentText() == IMAGE:
            if self.image.check():
                self._request_launch(LaunchRequest(self._options(), **self.image.values()))
            return
        if not self.folder.check():
            return
        folder = Path(self.folder.value())
        try:
            dependencies_of(folder, read_deploy(folder))
        except RelevoError as error:
            self._show_folder_error(error)
            return
        training = self.training.value()
        if training and not Path(training).is_file():
            self.training.set_error("There is no such file.")
            return
        self._request_launch(LaunchRequest(self._options(), folder=self.folder.value(), training=training))

    def _request_launch(self, launch: LaunchRequest) -> None:
        self.accept()
        self.wanted.emit(launch)

    def _options(self) -> LaunchOptions:
        port = self.port.value()
        return LaunchOptions(
            ports=(Port(INNER_PORT, port, "127.0.0.1"),) if port else (),
            limits=ResourceLimits(self.memory.value() * MEGABYTE, self.processors.value()),
            restart=RestartPolicy(self.restart.currentData()),
            replicas=self.replicas.value(),
            placement=tuple(self.placement.text().split()),
        )


def _box(least: int, most: int, value: int) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setValue(value)
    return box
