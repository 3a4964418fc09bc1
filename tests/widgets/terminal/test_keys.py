"""Keys as the bytes that xterm sends."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

from widgets.terminal.keys import bytes_of

NONE, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.mark.parametrize(
    ("key", "modifiers", "text", "sent"),
    [
        (Qt.Key.Key_A, NONE, "a", b"a"),
        (Qt.Key.Key_Eacute, NONE, "é", "é".encode()),
        (Qt.Key.Key_Return, NONE, "\r", b"\r"),
        (Qt.Key.Key_Backspace, NONE, "\b", b"\x7f"),
        (Qt.Key.Key_Tab, NONE, "\t", b"\t"),
        (Qt.Key.Key_Backtab, SHIFT, "", b"\x1b[Z"),
        (Qt.Key.Key_C, CONTROL, "\x03", b"\x03"),
        (Qt.Key.Key_K, CONTROL, "\x0b", b"\x0b"),
        (Qt.Key.Key_BracketLeft, CONTROL, "\x1b", b"\x1b"),
        (Qt.Key.Key_Space, CONTROL, " ", b"\x00"),
        (Qt.Key.Key_B, ALT, "b", b"\x1bb"),
        (Qt.Key.Key_Up, NONE, "", b"\x1b[A"),
        (Qt.Key.Key_Right, CONTROL, "", b"\x1b[1;5C"),
        (Qt.Key.Key_Left, SHIFT | ALT, "", b"\x1b[1;4D"),
        (Qt.Key.Key_Delete, NONE, "\x7f", b"\x1b[3~"),
        (Qt.Key.Key_PageUp, CONTROL, "", b"\x1b[5;5~"),
        (Qt.Key.Key_F4, NONE, "", b"\x1bOS"),
        (Qt.Key.Key_F5, NONE, "", b"\x1b[15~"),
        (Qt.Key.Key_Escape, NONE, "\x1b", b"\x1b"),
        (Qt.Key.Key_Shift, SHIFT, "", b""),
        (Qt.Key.Key_Control, CONTROL, "", b""),
    ],
)
def test_a_key_sends_what_xterm_would(
    key: Qt.Key, modifiers: Qt.KeyboardModifier, text: str, sent: bytes
) -> None:
    assert bytes_of(QKeyEvent(QEvent.Type.KeyPress, key, modifiers, text), application=False) == sent


def test_arrows_have_another_form_where_the_program_asks_for_it() -> None:
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Up, NONE)
    assert bytes_of(event, application=True) == b"\x1bOA"
