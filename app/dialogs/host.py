"""The dialog of a Docker host: how it is reached, checked field by field, tried before it is trusted."""

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from app.dialogs.host_forms import WAYS, Way, address_from, form_for, way_of
from app.dialogs.trial import TrialDialog
from services.containers.addresses import Host
from services.containers.hosts import PLAIN_WARNING, host_problems
from widgets.panels.banner import Banner
from widgets.panels.form import Form, FormField
from widgets.theme import GRID

WIDTH = 72 * GRID


class HostDialog(TrialDialog):
    """Edits one host; reaches none itself.

    `test_wanted` and `save_wanted` carry the Host, only when no field is wrong.

    Args:
        host: the one to edit; None for a new one.
    """

    test_wanted = Signal(object)
    save_wanted = Signal(object)

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
        self.test.clicked.connect(lambda: self._submit(self.test_wanted.emit))
        self.buttons.accepted.connect(lambda: self._submit(self.save_wanted.emit))
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
        self._end_trial()
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
        self._forget_trial()

    def _submit(self, tell: Callable[[Host], None]) -> None:
        way = Way(self.way.currentData())
        host = Host(self.name.value(), address_from(way, self.form.values()))
        if self._accepts(host_problems(host), self.form.show_errors):
            tell(host)
