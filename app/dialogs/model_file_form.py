"""What is asked of a model file beside what it carries: names, classes, inputs, and where it goes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.path_field import PathField
from app.error_text import as_sentence
from services.errors import Conflict, InvalidInput
from services.model_server.artifacts.interface import ArtifactDescription
from services.publish.deploy_folders import check_folder
from services.publish.description_draft import (
    DescriptionDraft,
    GivenDescription,
    GivenInput,
    draft_description,
    next_version,
)
from services.publish.option_syntax import read_names
from services.registry.model import Project, Task
from widgets.panels.form import FormField
from widgets.panels.labels import Text
from widgets.tables.inputs import InputRow, InputsTable
from widgets.theme import GRID, FontSize, State

SCRIPTS = "Python (*.py);;All files (*)"
MOST_ROWS = 2_000_000_000
TASKS = tuple(task.value for task in Task)
Place = Callable[[str, str], str]
"""From a project and a version to the path of a folder."""


class ModelFileForm(QWidget):
    """Fields of a model that was read, filled with what is known; what is wrong shows at its field.

    Args:
        place: proposes where the deploy folder goes.
    """

    changed = Signal()

    def __init__(self, place: Place, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._place = place
        self._described: ArtifactDescription | None = None
        self._known: dict[str, Project] = {}
        self._proposed: dict[FormField, str] = {}
        self._judged = False
        self._make_fields()
        self._compose()
        for field in self._fields.values():
            field.changed.connect(self._follow)
        self.inputs.changed.connect(self._follow)

    def set_known(self, projects: Iterable[Project]) -> None:
        """The projects of the open platform, to choose from and to take over what they say."""
        self._known = {project.name: project for project in projects}
        written = self.project.value()
        box = self.project.editor
        if isinstance(box, QComboBox):
            box.clear()
            box.addItems(sorted(self._known))
            box.setCurrentText(written)

    def show_described(self, described: ArtifactDescription) -> None:
        """Fill in what the file carries; what was typed before stays."""
        self._described = described
        rows = [InputRow(one.name, one.type, one.nullable) for one in described.inputs]
        missing = [InputRow() for _ in range(described.width - len(rows))]
        self.inputs.show_rows([*rows, *missing], growing=not described.inputs and not described.width)
        for field, text in ((self.target, described.target), (self.classes, ", ".join(described.classes))):
            self._propose(field, text)
        self.task.editor.setEnabled(described.task is None)
        if isinstance(self.task.editor, QComboBox):
            self.task.editor.setCurrentText(described.task.value if described.task else UNTOLD)
        self._take_over()
        self._judged = False
        self._show_errors({})
        self.project.editor.setFocus()

    def given(self) -> GivenDescription:
        """What the fields say; InvalidInput if the classes cannot be read."""
        rows = self.inputs.rows()
        return GivenDescription(
            project=self.project.value(),
            version=self.version.value(),
            target=self.target.value(),
            task=Task(self.task.value()) if self.task.value() in TASKS else None,
            classes=read_names(self.classes.value()) if self.classes.isVisibleTo(self) else (),
            inputs=tuple(GivenInput(row.name, row.type, row.nullable) for row in rows if named(rows)),
            units={row.name: row.unit for row in rows if row.unit},
            train=self.train.value(),
            rows=int(self.rows.value()),
        )

    def check(self) -> GivenDescription | None:
        """What is given once nothing is wrong or missing; else None, and each field says what."""
        self._judged = True
        errors = self._errors()
        self._show_errors(errors)
        first = next((field for name, field in self._fields.items() if errors.get(name)), None)
        if errors:
            (first.editor if first is not None else self.inputs).setFocus()
            return None
        return self.given()

    @property
    def replaces(self) -> bool:
        """Whether the folder of this same version is to be brought up to date."""
        return self.replace.isChecked()

    # What is wrong.

    def _errors(self) -> dict[str, str]:
        """What is wrong or missing, by field."""
        if self._described is None:
            return {}
        try:
            draft = draft_description(self._described, self.given())
        except InvalidInput as error:
            return {"classes": as_sentence(error.message)}
        errors: dict[str, str] = {one.about: as_sentence(one.message) for one in reversed(draft.problems)}
        told: dict[str, str] = {
            "inputs": errors.pop("units", ""),
            "folder": self._about_folder(draft.given),
            "project": self._about_project(draft),
        }
        return {name: text for name, text in {**told, **errors}.items() if text}

    def _about_project(self, draft: DescriptionDraft) -> str:
        known = self._known.get(draft.given.project)
        if known is None or draft.task in {None, known.task}:
            return ""
        return f"The project {known.name} does {known.task}, this model {draft.task}."

    def _about_folder(self, given: GivenDescription) -> str:
        if not self.folder.value():
            return "A folder is needed."
        folder = Path(self.folder.value()).expanduser()
        if not folder.is_absolute():
            return "Write the whole path."
        try:
            check_folder(folder, given.project, given.version, replace=True)
        except Conflict as error:
            self.replace.hide()
            return as_sentence(error.message)
        if self.replaces:
            return ""
        try:
            check_folder(folder, given.project, given.version, replace=False)
        except Conflict as error:
            self.replace.show()
            return as_sentence(error.message)
        return ""

    def _show_errors(self, errors: Mapping[str, str]) -> None:
        for name, field in self._fields.items():
            field.set_error(errors.get(name, ""))
        about = errors.get("inputs", "")
        self.about_inputs.setText(about or INPUTS_HINT)
        self.about_inputs.set_state(State.BAD if about else None)
        self.inputs.setAccessibleDescription(self.about_inputs.text())

    # What follows from what is typed.

    def _follow(self) -> None:
        self._take_over()
        if self._judged:
            self._show_errors(self._errors())
        self.changed.emit()

    def _take_over(self) -> None:
        """Propose what follows from project and version, and what the project knows of its inputs."""
        self.classes.setVisible(self.task.value() != Task.REGRESSION.value)
        known = self._known.get(self.project.value())
        if self.project.value():
            taken = [version.name for version in known.versions] if known is not None else []
            self._propose(self.version, next_version(taken))
        if self.project.value() and self.version.value():
            self._propose(self.folder, self._place(self.project.value(), self.version.value()))
        if known is None or self._described is None:
            return
        signature = known.versions[0].signature
        self._propose(self.target, self._described.target or signature.target.name)
        self._propose(self.classes, ", ".join(self._described.classes or signature.classes))
        units = {field.name: field.unit for field in signature.inputs}
        self.inputs.propose_units(units)

    def _propose(self, field: FormField, text: str) -> None:
        """Fill a field in, unless a person wrote something else."""
        editor = field.editor
        if isinstance(editor, QLineEdit) and field.value() in {"", self._proposed.get(field, "")}:
            self._proposed[field] = text
            if field.value() != text:
                editor.blockSignals(True)  # noqa: FBT003 - Qt's own; what follows is being worked out here
                editor.setText(text)
                editor.blockSignals(False)  # noqa: FBT003 - Qt's own

    # How it looks.

    def _make_fields(self) -> None:
        box = QComboBox()
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setCurrentText("")
        self.project = FormField("Project", box, required=True)
        self.version = FormField("Version", QLineEdit(), required=True)
        self.target = FormField("Target", QLineEdit(), required=True, hint="What is predicted.")
        tasks = QComboBox()
        tasks.addItems([UNTOLD, *TASKS])
        self.task = FormField("Task", tasks)
        self.classes = FormField(
            "Classes", QLineEdit(), hint="In the order of the model’s probabilities: no, yes"
        )
        self.train = PathField("Training script (optional)", files=SCRIPTS, hint="Defines train(…).")
        count = QSpinBox()
        count.setRange(0, MOST_ROWS)
        count.setSpecialValueText("unknown")
        self.rows = FormField("Rows it was trained on", count)
        self.folder = PathField("Deploy folder", required=True)
        self.replace = QCheckBox("Bring the folder of this version up to date")
        self.replace.toggled.connect(self._follow)
        self.replace.hide()
        self.inputs = InputsTable()
        self.about_inputs = Text(INPUTS_HINT, size=FontSize.SMALL, quiet=True, wrap=True)
        self._fields: dict[str, FormField] = {
            "project": self.project, "version": self.version, "target": self.target, "task": self.task,
            "classes": self.classes, "train": self.train, "rows": self.rows, "folder": self.folder,
        }  # fmt: skip

    def _compose(self) -> None:
        left = QGridLayout()
        left.setContentsMargins(0, 0, 0, 0)
        left.setHorizontalSpacing(GRID)
        left.setVerticalSpacing(GRID)
        cells: Sequence[tuple[QWidget, int, int, int]] = (
            (self.project, 0, 0, 1), (self.version, 0, 1, 1), (self.target, 1, 0, 1), (self.task, 1, 1, 1),
            (self.classes, 2, 0, 2), (self.train, 3, 0, 1), (self.rows, 3, 1, 1), (self.folder, 4, 0, 2),
            (self.replace, 5, 0, 2),
        )  # fmt: skip
        for widget, line, column, width in cells:
            left.addWidget(widget, line, column, 1, width, Qt.AlignmentFlag.AlignTop)
        left.setRowStretch(6, 1)
        for column in (0, 1):
            left.setColumnStretch(column, 1)
        right = QVBoxLayout()
        right.setSpacing(GRID // 2)
        title = Text("Inputs", size=FontSize.SMALL, quiet=True)
        title.setBuddy(self.inputs)
        for part in (title, self.inputs, self.about_inputs):
            right.addWidget(part, 1 if part is self.inputs else 0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3 * GRID)
        layout.addLayout(left, 1)
        layout.addLayout(right, 1)


UNTOLD = "not told by the file"
INPUTS_HINT = "Typing changes a cell, Space ticks it. A column of names can be pasted."


def named(rows: Sequence[InputRow]) -> bool:
    """Whether any input has a name: until then none is given."""
    return any(row.name for row in rows)
