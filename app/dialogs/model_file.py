"""The dialog that brings a model file of any maker into a deploy folder."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QProgressBar, QPushButton, QWidget

from app.dialogs.base_dialog import fit, lay_out
from app.dialogs.model_file_form import ModelFileForm, Place
from app.dialogs.path_field import PathField
from services.model_server.artifacts.interface import ArtifactDescription
from services.model_server.artifacts.kinds import KINDS
from widgets.formatting import plural
from widgets.panels.bar import row
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.theme import GRID, State

INTRODUCTION = (
    "Pickles (scikit-learn), XGBoost, LightGBM, ONNX and PMML. What the file carries of its signature is "
    "read; the rest is asked for."
)
WARNING = (
    "This file is a pickle: to read it runs the code in it, with all that you may do on this computer. "
    "Read it only if you trust who made it."
)

NARROW, WIDE = 88 * GRID, 124 * GRID


class ModelFileDialog(QDialog):
    """Asks in two steps: which file, then what it does not tell. Whoever opens it reads and writes.

    `read_requested` carries the file's path, and whether it may run code; `write_requested` comes only once
    nothing is missing, and carries what is given.
    """

    read_requested = Signal(str, bool)
    write_requested = Signal(object)

    def __init__(self, place: Place, parent: QWidget) -> None:
        super().__init__(parent)
        endings = " ".join(f"*{suffix}" for facts in KINDS.values() for suffix in facts.suffixes)
        self.file = PathField("Model file", files=f"Models ({endings});;All files (*)", required=True)
        self.warning = Text(WARNING, wrap=True)
        self.warning.set_state(State.WARNING)
        self.trust = QCheckBox("I trust it: run its code")
        self.about = Text()
        self.error = ErrorPanel()
        self.facts = ModelFileForm(place)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.doing = Text(quiet=True)
        self.waiting = holder(self.doing, self.bar)
        self.introduction = Text(INTRODUCTION, quiet=True, wrap=True)
        self.button = QPushButton("Read")
        self._compose()
        self.file.changed.connect(self.begin)
        self.file.chosen.connect(self._press)
        self.trust.toggled.connect(self.button.setEnabled)
        self.button.clicked.connect(self._press)
        self.begin()

    @property
    def path(self) -> str:
        """The file's."""
        return self.file.value()

    def begin(self) -> None:
        """Another file: nothing is known of it."""
        for part in (self.warning, self.trust, self.about, self.error, self.facts, self.waiting):
            part.hide()
        self.introduction.show()
        self.trust.setChecked(False)
        self.button.setText("Read")
        self.button.setEnabled(True)
        self._fit()

    def ask_trust(self) -> None:
        """The file is a pickle: wait for the person's word."""
        self.end()
        self.warning.show()
        self.trust.show()
        self.button.setEnabled(False)
        self.trust.setFocus()
        self._fit()

    def show_described(self, described: ArtifactDescription) -> None:
        """The file is read: ask for the rest."""
        self.end()
        for part in (self.warning, self.trust, self.introduction):
            part.hide()
        takes = f" of {plural(described.width, 'input')}" if described.width else ""
        self.about.setText(f"It is {KINDS[described.kind].title}{takes}, {described.library}.")
        self.about.show()
        self.facts.show()
        self.facts.show_described(described)
        self.button.setText("Write")
        self._fit()

    def work(self, doing: str) -> None:
        """Something is done that takes a while."""
        self.error.hide()
        self.doing.setText(doing)
        self.bar.setRange(0, 0)
        self.waiting.show()
        for part in (self.button, self.file, self.trust, self.facts):
            part.setEnabled(False)

    def progress(self, fraction: float | None, message: str) -> None:
        """How far it is."""
        self.bar.setRange(0, 0 if fraction is None else 100)
        self.bar.setValue(round(100 * (fraction or 0)))
        if message:
            self.doing.setText(message)

    def end(self) -> None:
        """It is done, however it ended."""
        self.waiting.hide()
        for part in (self.button, self.file, self.trust, self.facts):
            part.setEnabled(True)

    def _compose(self) -> None:
        shown: Sequence[QWidget] = (
            self.introduction,
            self.file,
            self.about,
            self.warning,
            self.trust,
            self.facts,
            self.error,
            self.waiting,
        )
        lay_out(self, "From a model file", shown, self.button, width=NARROW)

    def _press(self) -> None:
        if not self.facts.isVisibleTo(self):
            if self.file.check():
                self.read_requested.emit(self.path, self.trust.isChecked())
            return
        given = self.facts.check()
        self._fit()
        if given is not None:
            self.write_requested.emit(given)

    def _fit(self) -> None:
        """As wide as what is asked needs, and so high that no text is cut."""
        fit(self, WIDE if self.facts.isVisibleTo(self) else NARROW)


def holder(*parts: QWidget | None) -> QWidget:
    """Parts beside one another, as one."""
    made, inside = QWidget(), row(*parts)
    inside.setContentsMargins(0, 0, 0, 0)
    made.setLayout(inside)
    return made
