"""The program's window: sidebar, banner, pages, status line; shortcuts and what it remembers."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from app.pages.page import Page
from app.pages.registry import FIRST, PAGES, PageEntry, find
from app.settings import PAGE, Settings
from app.shell.sidebar import Sidebar
from app.shell.status import StatusLine
from widgets.panels.banner import Banner
from widgets.panels.skeleton import Skeleton

SMALLEST, USUAL = QSize(960, 600), QSize(1280, 800)

PageMaker = Callable[[PageEntry], Page]


class Shell(QMainWindow):
    """Places the pages; each is made when it is first gone to.

    Args:
        settings: where geometry and page are remembered.
        first: the page that stands before the first paint.
    """

    help_requested = Signal(str)
    palette_requested = Signal()
    page_changed = Signal(str)
    closed = Signal()

    def __init__(self, settings: Settings, first: Page) -> None:
        super().__init__()
        self._settings = settings
        self._pages: dict[str, Page] = {FIRST: first}
        self._maker: PageMaker | None = None
        self._current = settings.get(PAGE) if find(settings.get(PAGE)) is not None else FIRST
        self.sidebar = Sidebar(PAGES)
        self.banner = Banner()
        self.status = StatusLine()
        self.stack = QStackedWidget()
        self._waiting = Skeleton(12)
        self._compose(first)
        self._add_shortcuts()
        self.sidebar.chosen.connect(self.go_to)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self.show_refresh)

    @property
    def page(self) -> Page | None:
        """The page that is shown; None while it is still to be made."""
        return self._pages.get(self._current)

    @property
    def page_key(self) -> str:
        """The key of the page that is shown."""
        return self._current

    def set_maker(self, maker: PageMaker) -> None:
        """From now on pages can be made; the one waited for is made at once."""
        self._maker = maker
        self.go_to(self._current)
        self._second.start()

    def go_to(self, key: str) -> None:
        """Show a page, making it if need be."""
        if key != self._current and (before := self.page) is not None:
            before.leave()
        entry = find(key)
        if key not in self._pages and entry is not None and self._maker is not None:
            self._pages[key] = self._maker(entry)
            self.stack.addWidget(self._pages[key])
        self._current = key
        self.sidebar.show_current(key)
        page = self._pages.get(key)
        self.stack.setCurrentWidget(page or self._waiting)
        self._settings.put(PAGE, key)
        if page is not None and self._maker is not None:
            page.enter()
        self.show_refresh()
        self.page_changed.emit(key)

    def show_refresh(self) -> None:
        """Bring "next refresh" up to the second."""
        from datetime import UTC, datetime

        page = self.page
        due = page.next_refresh() if page else None
        seconds = None if due is None else max(0, round((due - datetime.now(UTC)).total_seconds()))
        self.status.show_refresh(refreshing=page is not None and page.refreshing(), seconds=seconds)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the geometry; the program ends behind the closed window."""
        self._second.stop()
        if (page := self.page) is not None:
            page.leave()
        self._settings.remember("geometry", self.saveGeometry())
        self._settings.save()
        event.accept()
        self.closed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Count seconds only while somebody can see them."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.WindowStateChange and self._maker is not None:
            (self._second.stop if self.isMinimized() else self._second.start)()

    def _compose(self, first: Page) -> None:
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.banner)
        right.addWidget(self.stack, 1)
        middle = QWidget()
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addLayout(right, 1)
        self.setCentralWidget(middle)
        self.setStatusBar(self.status)
        self.setMinimumSize(SMALLEST)
        self.stack.addWidget(self._waiting)
        self.stack.addWidget(first)
        self.stack.setCurrentWidget(self._pages.get(self._current, self._waiting))
        self.sidebar.show_current(self._current)
        self.set_profile("")
        if not self.restoreGeometry(self._settings.remembered("geometry")):
            self.resize(USUAL)

    def set_profile(self, name: str) -> None:
        """Name the platform in the title."""
        self.setWindowTitle(f"Relevo — {name}" if name else "Relevo")

    def _add_shortcuts(self) -> None:
        for number, page in enumerate(PAGES, start=1):
            self._shortcut(page.title, f"Ctrl+{number}", partial(self.go_to, page.key))
        self._shortcut("Refresh", "F5", self._refresh)
        self._shortcut("Help", "F1", lambda: self.help_requested.emit(self._current))
        self._shortcut("Commands", "Ctrl+K", self.palette_requested.emit)
        self._shortcut("Leave", "Esc", self._escape)
        self._shortcut("Close", QKeySequence(QKeySequence.StandardKey.Quit), self.close)

    def _shortcut(self, title: str, keys: str | QKeySequence, run: Callable[[], object]) -> None:
        action = QAction(title, self)
        action.setShortcut(keys)
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _checked: run())
        self.addAction(action)

    def _refresh(self) -> None:
        if (page := self.page) is not None:
            page.refresh()
            self.show_refresh()

    def _escape(self) -> None:
        page = self.page
        if page is not None and not page.escape():
            self.sidebar.setFocus()
