"""Asking before something is done: the button opens only once everything vital was named."""

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.dialogs.confirm_action import ConfirmActionDialog, ConfirmationRequest


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


def ask(window: QWidget, *names: str) -> ConfirmActionDialog:
    dialog = ConfirmActionDialog(
        ConfirmationRequest("Remove 3 containers", "Remove", names_to_type=names), window
    )
    dialog.open()
    return dialog


@pytest.mark.parametrize("typed", ["wine-a", "wine-a iris-b", "wine-a iris-b other", "all", ""])
def test_nobody_removes_three_champions_by_naming_fewer(window: QWidget, typed: str) -> None:
    dialog = ask(window, "wine-a", "iris-b", "steel-c")
    dialog.line.setText(typed)
    assert not dialog.button.isEnabled()
    dialog.reject()


@pytest.mark.parametrize(
    "typed", ["wine-a iris-b steel-c", "steel-c, wine-a,iris-b ", "iris-b,steel-c  wine-a"]
)
def test_all_names_in_any_order_open_the_button(window: QWidget, qtbot: QtBot, typed: str) -> None:
    dialog = ask(window, "wine-a", "iris-b", "steel-c")
    shown = " ".join(label.text() for label in dialog.field.findChildren(QLabel))
    assert all(name in shown for name in ("wine-a", "iris-b", "steel-c"))
    dialog.line.setText(typed)
    with qtbot.waitSignal(dialog.confirmed):
        dialog.button.click()


def test_one_name_is_typed_as_it_is(window: QWidget, qtbot: QtBot) -> None:
    dialog = ask(window, "wine-a")
    assert dialog.field.label == "Type wine-a to go on"
    dialog.line.setText(" wine-a ")
    with qtbot.waitSignal(dialog.confirmed):
        dialog.button.click()


def test_nothing_is_typed_where_a_press_is_enough(window: QWidget, qtbot: QtBot) -> None:
    dialog = ask(window)
    assert not dialog.field.isVisible()
    with qtbot.waitSignal(dialog.confirmed):
        dialog.button.click()
