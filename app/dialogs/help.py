"""The help window: the pages of `resources/help`, opened at the right place."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

import resources
from widgets.theme import GRID


class HelpWindow(QWidget):
    """A small reader beside the window; Esc closes it."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Relevo help")
        self.resize(90 * GRID, 80 * GRID)
        self.browser = QTextBrowser()
        self.browser.setSearchPaths([str(resources.path("help"))])
        self.browser.setOpenLinks(False)
        self.browser.setAccessibleName("Help")
        self.browser.document().setDocumentMargin(2 * GRID)
        self.browser.anchorClicked.connect(self._follow)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.browser)
        QShortcut(QKeySequence("Esc"), self, self.close)
        for keys, action in (("Alt+Left", self.browser.backward), ("Alt+Home", self._home)):
            QShortcut(QKeySequence(keys), self, action)

    def open_at(self, page: str) -> None:
        """Show the help page of that name, such as `monitor`."""
        self.browser.setSource(QUrl(f"{page}.md"))
        self.show()
        self.raise_()
        self.activateWindow()

    def _home(self) -> None:
        self.open_at("index")

    def _follow(self, target: QUrl) -> None:
        if target.scheme() in {"http", "https"}:
            QDesktopServices.openUrl(target)
        else:
            self.browser.setSource(target)
