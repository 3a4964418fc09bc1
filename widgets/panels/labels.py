"""Labels that elide with a tooltip, wrap quietly, and follow the theme."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from widgets.plain_text import plain_tooltip
from widgets.theme import FontSize, State, font, theme


class Text(QLabel):
    """A label in one of the three sizes, in plain, quiet or a state's ink."""

    def __init__(
        self,
        text: str = "",
        *,
        size: FontSize = FontSize.NORMAL,
        bold: bool = False,
        quiet: bool = False,
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._quiet = quiet
        self._state: State | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font(size, bold=bold))
        self.setWordWrap(wrap)
        self._ink()

    def set_state(self, state: State | None) -> None:
        """Colour it as a state; the text must be the state's word."""
        self._state = state
        self._ink()

    def ink(self) -> QColor:
        """The colour of its text now."""
        colours = theme().colours
        if self._state is not None:
            return QColor(colours.of_state(self._state))
        return QColor(colours.quiet if self._quiet else colours.text)

    def _ink(self) -> None:
        """Name the ink for the style sheet, which survives reparenting where a palette does not."""
        ink = self._state.value if self._state is not None else ("quiet" if self._quiet else "")
        if self.property("ink") != ink:
            self.setProperty("ink", ink)
            self.style().unpolish(self)
            self.style().polish(self)


class ElidedText(Text):
    """One line that gives way: elided in the middle of a long name, whole on hover."""

    def __init__(
        self,
        text: str = "",
        *,
        size: FontSize = FontSize.NORMAL,
        bold: bool = False,
        quiet: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, size=size, bold=bold, quiet=quiet, parent=parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._hint = ""

    def set_hint(self, hint: str) -> None:
        """What hovering tells, even when the text is whole."""
        self._hint = hint
        self._tell()

    def setText(self, text: str) -> None:
        """Replace the text."""
        super().setText(text)
        self._tell()

    def minimumSizeHint(self) -> QSize:
        """It may shrink to a few letters."""
        return QSize(self.fontMetrics().averageCharWidth() * 4, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Whether the text is whole may have changed."""
        super().resizeEvent(event)
        self._tell()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The text, as much of it as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.ink())
        painter.setFont(self.font())
        painter.drawText(self.rect(), int(self.alignment()), self._shown())

    def _shown(self) -> str:
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())

    def _tell(self) -> None:
        whole = self._shown() == self.text()
        lines = [*([] if whole else [self.text()]), *([self._hint] if self._hint else [])]
        self.setToolTip(plain_tooltip("\n".join(lines)))

    def changeEvent(self, event: QEvent) -> None:
        """A change of font changes what fits."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and hasattr(self, "_hint"):
            self._tell()
