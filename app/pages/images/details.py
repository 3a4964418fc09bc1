"""Below the list: the chosen image's steps, what builds print, and the team's registry."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from app.context import Context
from app.pages.images.registry import RegistryTab
from services.containers.model import Layer
from widgets.logs.pane import LogPane
from widgets.panels.labels import ElidedText
from widgets.tables.images import ImageLine, StepsTable
from widgets.theme import GRID

STEPS, OUTPUT, REGISTRY = range(3)


class ImageDetails(QWidget):
    """Three tabs; a build brings its own to the front."""

    export_requested = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.title = ElidedText(bold=True)
        self.steps = StepsTable()
        self.output = LogPane()
        self.registry = RegistryTab(context)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.steps, "History")
        self.tabs.addTab(self.output, "Output")
        self.tabs.addTab(self.registry, "Registry")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self.title)
        layout.addWidget(self.tabs, 1)
        for part in (self.steps, self.output, self.registry.table):
            part.export_requested.connect(self.export_requested)
        self.output.begin("build", "Nothing built yet", "What a build prints shows here as it comes.")
        self.show_no_image(0)

    def show_image(self, line: ImageLine, steps: Sequence[Layer]) -> None:
        """Show how an image was made."""
        self.title.setText(line.called)
        self.steps.show_steps(steps)

    def show_no_image(self, chosen: int) -> None:
        """None is chosen, or several are."""
        self.title.setText(f"{chosen} images selected" if chosen else "")
        self.steps.set_empty(
            "Select an image", "The steps it was made by show here, with what each weighs."
        )
        self.steps.show_steps(())

    def show_output(self) -> None:
        """A build begins: its output comes to the front."""
        self.tabs.setCurrentIndex(OUTPUT)
