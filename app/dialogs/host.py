"""The dialog of a Docker host: how it is reached, checked field by field, tried before it is trusted."""

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.host_forms import WAYS, Way, address_from, form_for, way_of
from services.containers.addresses import Host
from services.containers.hosts import PLAIN_WARNING, problems
from widgets.panels.banner import Banner
from widgets.panels.error import ErrorPanel
from widgets.panels.form import Form, FormField
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize

WIDTH = 72 * GRID


class HostDialog(QDialog):
    """Edits one host; reaches none itself.

    `test_wanted` and `save_wanted` carry the Host, only when no field is wrong.

    Args:
        host: the one to edit; None for a new one.
    """

    test_wanted = Signal(object)
    save_wanted = Signal(object)

    def __init__(self, host: Host | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Edit Docker host" if host else "Add a Docker host")
        self.setModal(True)
        self.setMinimumWidth(WIDTH)
        self.name = FormField("Name", QLineEdit(host.name if host else ""), required=True)
        self.way = QComboBox()
        for way, words in WAYS:
            self.way.addItem(words, way)
        self.forms: dict[Way, Form] = {
            way: form_for(way, host.address if host else None) for way, _ in WAYS
        }
        self.warning = Banner()
        self.error = ErrorPanel()
        self.result_text = Text(wrap=True)
        self._compose()
        self.way.setCurrentIndex(self.way.findData(way_of(host.address) if host else Way.SSH))
        self._way_changed()

    @property
    def form(self) -> Form:
        """The form of the way chosen."""
        return self.forms[Way(self.way.currentData())]

    def show_testing(self) -> None:
        """A trial is under way."""
        self.error.hide()
        self.result_text.setText("Trying to connect…")
        self.test.setEnabled(False)

    def show_tested(self, text: str) -> None:
        """The trial went well."""
        self.result_text.setText(text)
        self.test.setEnabled(True)

    def show_failed(self, message: str, remedy: str, details: str) -> None:
        """The trial failed."""
        self.result_text.setText("")
        self.test.setEnabled(True)
        self.error.show_message(message, remedy, details)
        self._fit()

    def _compose(self) -> None:
        self.test = QPushButton("Test connection")
        self.test.clicked.connect(lambda: self._submit(self.test_wanted.emit))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.addButton(self.test, QDialogButtonBox.ButtonRole.ActionRole)
        self.save = self.buttons.addButton("Save and connect", QDialogButtonBox.ButtonRole.AcceptRole)
        self.save.setDefault(True)
        self.buttons.accepted.connect(lambda: self._submit(self.save_wanted.emit))
        self.buttons.rejected.connect(self.reject)
        for button in (self.test, self.buttons.button(QDialogButtonBox.StandardButton.Cancel)):
            button.setAutoDefault(False)
        self.way.currentIndexChanged.connect(self._way_changed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID + GRID // 2)
        layout.addWidget(Text("How is Docker reached?", size=FontSize.LARGE))
        layout.addWidget(self.name)
        layout.addWidget(FormField("Way", self.way))
        layout.addWidget(self.warning)
        for form in self.forms.values():
            layout.addWidget(form)
        layout.addStretch(1)
        for part in (self.result_text, self.error, self.buttons):
            layout.addWidget(part)
        self.finished.connect(self.deleteLater)

    def _way_changed(self) -> None:
        chosen = Way(self.way.currentData())
        for way, form in self.forms.items():
            form.setVisible(way is chosen)
        if chosen is Way.PLAIN:
            self.warning.show_message("Unprotected", PLAIN_WARNING, action="")
        else:
            self.warning.hide()
        self.result_text.setText("")
        self.error.hide()
        self._fit()

    def _fit(self) -> None:
        QTimer.singleShot(0, self, self.adjustSize)

    def _submit(self, tell: Callable[[Host], None]) -> None:
        way = Way(self.way.currentData())
        host = Host(self.name.value(), address_from(way, self.form.values()))
        wrong = problems(host)
        self.name.set_error(wrong.pop("name", ""))
        self.form.show_errors(wrong)
        if not wrong and not self.name.error():
            self.error.hide()
            tell(host)
