"""Forms put an error under its field."""

import pytest
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QSpinBox
from pytestqt.qtbot import QtBot

from widgets.panels.form import Form, FormField


@pytest.fixture
def form(qtbot: QtBot) -> Form:
    kinds = QComboBox()
    kinds.addItems(["embedded", "Cassandra"])
    made = Form(
        [
            ("name", FormField("Name", QLineEdit(), required=True, hint="Shown in the title.")),
            ("hosts", FormField("Contact points", QPlainTextEdit())),
            ("kind", FormField("Kind", kinds)),
            ("port", FormField("Port", QSpinBox())),
            ("tls", FormField("Use TLS", QCheckBox())),
        ]
    )
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    return made


def test_values_come_by_name_whatever_the_editor(form: Form) -> None:
    form.field("name").editor.setText("  Gijón plant ")
    form.field("tls").editor.setChecked(True)
    assert form.values() == {
        "name": "Gijón plant",
        "hosts": "",
        "kind": "embedded",
        "port": "0",
        "tls": "true",
    }


def test_a_missing_value_is_told_under_its_field_and_gets_the_focus(form: Form) -> None:
    assert not form.check()
    assert form.field("name").error() == "Name is needed."
    assert form.field("name").editor.hasFocus()
    assert form.field("hosts").error() == ""


def test_typing_takes_the_error_away(qtbot: QtBot, form: Form) -> None:
    form.show_errors({"hosts": "10.0.0.300 is not an address."})
    hosts = form.field("hosts")
    assert hosts.editor.accessibleDescription() == "10.0.0.300 is not an address."
    assert hosts.editor.property("invalid")
    with qtbot.waitSignal(form.changed):
        qtbot.keyClicks(hosts.editor, "10.0.0.3")
    assert hosts.error() == ""
    assert not hosts.editor.property("invalid")


def test_editors_are_named_by_their_labels(form: Form) -> None:
    names = [form.field(name).editor.accessibleName() for name in form.values()]
    assert names == ["Name", "Contact points", "Kind", "Port", "Use TLS"]
