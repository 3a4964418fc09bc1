"""Keys as the bytes that xterm sends for them ("XTerm Control Sequences", PC-style function keys)."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

_CURSOR = {
    Qt.Key.Key_Up: "A",
    Qt.Key.Key_Down: "B",
    Qt.Key.Key_Right: "C",
    Qt.Key.Key_Left: "D",
    Qt.Key.Key_End: "F",
    Qt.Key.Key_Home: "H",
}
_FUNCTION_LETTERS = {Qt.Key.Key_F1: "P", Qt.Key.Key_F2: "Q", Qt.Key.Key_F3: "R", Qt.Key.Key_F4: "S"}
_NUMBERED = {
    Qt.Key.Key_Insert: 2,
    Qt.Key.Key_Delete: 3,
    Qt.Key.Key_PageUp: 5,
    Qt.Key.Key_PageDown: 6,
    Qt.Key.Key_F5: 15,
    Qt.Key.Key_F6: 17,
    Qt.Key.Key_F7: 18,
    Qt.Key.Key_F8: 19,
    Qt.Key.Key_F9: 20,
    Qt.Key.Key_F10: 21,
    Qt.Key.Key_F11: 23,
    Qt.Key.Key_F12: 24,
}
_SIMPLE = {
    Qt.Key.Key_Return: "\r",
    Qt.Key.Key_Enter: "\r",
    Qt.Key.Key_Backspace: "\x7f",
    Qt.Key.Key_Tab: "\t",
    Qt.Key.Key_Backtab: "\x1b[Z",
    Qt.Key.Key_Escape: "\x1b",
}
_SHIFT, _ALT, _CONTROL = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)
_CONTROLS = dict(zip(" 2345678", "\0\0\x1b\x1c\x1d\x1e\x1f\x7f", strict=True))


def bytes_of(event: QKeyEvent, *, application: bool) -> bytes:
    """What a key sends; nothing for keys that only change others.

    Args:
        event: the key that was pressed.
        application: whether the program asked for the arrow keys' other form.
    """
    key, modifiers = Qt.Key(event.key()), event.modifiers()
    sent = _special(key, modifiers, application=application)
    if not sent and modifiers & _CONTROL and not modifiers & _ALT:
        sent = _control(key, event.text())
    sent = sent or event.text()
    if modifiers & _ALT and sent and not sent.startswith("\x1b"):
        sent = "\x1b" + sent
    return sent.encode()


def _special(key: Qt.Key, modifiers: Qt.KeyboardModifier, *, application: bool) -> str:
    """Keys that send a sequence of their own."""
    held = 1 + bool(modifiers & _SHIFT) + 2 * bool(modifiers & _ALT) + 4 * bool(modifiers & _CONTROL)
    if key in _CURSOR:
        if held > 1:
            return f"\x1b[1;{held}{_CURSOR[key]}"
        return ("\x1bO" if application else "\x1b[") + _CURSOR[key]
    if key in _FUNCTION_LETTERS:
        return f"\x1b[1;{held}{_FUNCTION_LETTERS[key]}" if held > 1 else f"\x1bO{_FUNCTION_LETTERS[key]}"
    if key in _NUMBERED:
        return f"\x1b[{_NUMBERED[key]};{held}~" if held > 1 else f"\x1b[{_NUMBERED[key]}~"
    return _SIMPLE.get(key, "")


def _control(key: Qt.Key, text: str) -> str:
    """Ctrl with a letter or a sign: the control character of ASCII."""
    code = int(key)
    if 0x40 <= code <= 0x5F:
        return chr(code - 0x40)
    return _CONTROLS.get(chr(code) if code < 0x80 else text, "")
