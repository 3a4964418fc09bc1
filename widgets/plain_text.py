"""Texts that people or models brought, kept from being read as markup.

Qt takes a tooltip that looks like HTML for HTML, and loads what it names.
"""

from PySide6.QtGui import Qt
from PySide6.QtWidgets import QLabel, QMessageBox


def plain_tooltip(text: str) -> str:
    """A tooltip that shows exactly this text, whatever it looks like."""
    if not Qt.mightBeRichText(text):
        return text
    return Qt.convertFromPlainText(text, Qt.WhiteSpaceMode.WhiteSpaceNormal)


def show_plain_texts(box: QMessageBox) -> None:
    """Have a message box, all of whose texts are set, show them as they are."""
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
