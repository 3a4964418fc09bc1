"""The dialog of a development container: kind, name, project folder, port, limits."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from app.dialogs.base_dialog import GrowingDialog, lay_out
from app.dialogs.path_field import PathField
from services.containers.model import ResourceLimits
from services.development.containers import DevelopmentRequest, check_request
from services.development.templates import DamagedTemplate, Template
from services.errors import InvalidInput
from widgets.panels.form import Form, FormField
from widgets.panels.labels import Text
from widgets.theme import GRID, State

MEGABYTE = 1 << 20


class DevelopmentDialog(GrowingDialog):
    """`wanted` carries the Template and the DevelopmentRequest, only when no field is wrong.

    Args:
        platform: whose network it may join; empty for none.
        local: whether the engine is this machine's, whose folders can be looked through.
    """

    wanted = Signal(object, object)

    def __init__(
        self,
        templates: Sequence[Template],
        damaged: Sequence[DamagedTemplate],
        *,
        platform: str,
        local: bool,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._templates, self._platform = list(templates), platform
        self.kind = QComboBox()
        self.kind.addItems([template.title for template in templates])
        self.about = Text(quiet=True, wrap=True)
        self.folder = PathField("Project folder", required=True) if local else FormField(
            "Project folder", QLineEdit(), required=True, hint="A folder of the Docker host."
        )  # fmt: skip
        self.name = FormField("Name", QLineEdit(), required=True)
        self.port = _box(0, 65_535, "any free one")
        self.memory = _box(0, 1 << 20, "as the template says")
        self.memory.setSuffix(" MB")
        self.running = Form([
            ("port", FormField("Port on the host", self.port)),
            ("memory", FormField("Most memory", self.memory)),
        ])  # fmt: skip
        self.button = QPushButton("Start")
        self.button.clicked.connect(self._submit)
        self._compose(damaged)
        if isinstance(self.folder, PathField):
            self.folder.chosen.connect(self._propose_name)
        self.kind.currentIndexChanged.connect(self._follow)
        self._follow()

    @property
    def template(self) -> Template:
        """The kind that is chosen."""
        return self._templates[self.kind.currentIndex()]

    def _compose(self, damaged: Sequence[DamagedTemplate]) -> None:
        parts: list[QWidget] = [FormField("Kind", self.kind), self.about]
        for one in damaged:
            broken = Text(f"A template cannot be used. {one.reason}", wrap=True)
            broken.set_state(State.WARNING)
            parts.append(broken)
        parts.append(self.folder)
        parts += [self.name, self.running]
        lay_out(self, "New development container", parts, self.button, width=64 * GRID)

    def _follow(self) -> None:
        template = self.template
        page = template.access.kind == "browser"
        self.about.setText(template.description)
        self.name.setVisible(page)
        self.running.setVisible(page)
        self.button.setText("Start" if page else "Show settings")
        self.adjustSize()

    def _propose_name(self, folder: str) -> None:
        if isinstance(self.name.editor, QLineEdit) and not self.name.value():
            self.name.editor.setText(f"{Path(folder).name.lower().replace(' ', '-')}-{self.template.key}")

    def _submit(self) -> None:
        page = self.template.access.kind == "browser"
        if not self.folder.check() or (page and not self.name.check()):
            return
        request = DevelopmentRequest(
            name=self.name.value() or "interpreter",
            folder=self.folder.value(),
            port=self.port.value(),
            limits=ResourceLimits(self.memory.value() * MEGABYTE),
            platform=self._platform,
        )
        try:
            check_request(request)
        except InvalidInput as error:
            self.name.set_error(f"{error.message}. {error.remedy}")
            return
        self.accept()
        self.wanted.emit(self.template, request)


def _box(least: int, most: int, special: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(least, most)
    box.setSpecialValueText(special)
    return box
