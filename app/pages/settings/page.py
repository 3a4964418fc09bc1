"""The page: one field a setting, made from its declaration, and the list of profiles."""

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QScrollArea, QSpinBox, QVBoxLayout, QWidget

from app.context import Context
from app.layout_state import LayoutState
from app.pages.page import Page, PageCommand
from app.pages.settings.profiles import ProfilesPanel
from app.settings import SHOWN, Setting, Settings
from widgets.panels.form import FormField
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize

WIDTH, FIELD_WIDTH = 112 * GRID, 56 * GRID


class SettingsPage(Page):
    """Nothing to save: a change is kept when it is made."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.profiles = ProfilesPanel(context)
        self.profiles.table.export_requested.connect(self.export_requested)
        self._settings = context.settings
        self.fields = {setting.key: field_for(setting, context.settings) for setting in SHOWN}
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addWidget(Text("Settings", size=FontSize.LARGE))
        for field in self.fields.values():
            field.setMaximumWidth(FIELD_WIDTH)
            column.addWidget(field)
        column.addSpacing(GRID)
        column.addWidget(Text("Profiles", size=FontSize.LARGE))
        column.addWidget(self.profiles, 1)
        inside.setMaximumWidth(WIDTH)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(inside, 1)
        row.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the focus inside
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(holder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._settings.changed.connect(self._follow)

    def enter(self) -> None:
        """Show the profiles as they are now."""
        self.profiles.refresh()

    def refresh(self) -> None:
        """Read the profiles again."""
        self.profiles.refresh()

    def commands(self) -> list[PageCommand]:
        """What can be done with profiles."""
        return self.profiles.commands()

    def keep_layout(self, layouts: LayoutState) -> None:
        """The columns of the profiles."""
        layouts.keep_table("profiles", self.profiles.table)

    def _follow(self, key: str) -> None:
        """Show what was set elsewhere than here."""
        for setting in SHOWN:
            if setting.key == key:
                show_setting(self.fields[key].editor, setting, self._settings)


def field_for(setting: Setting[str] | Setting[int], settings: Settings) -> FormField:
    """The field of a setting: a choice, a number or a text."""
    if isinstance(setting.default, int):
        return _number(setting, settings)
    if setting.choices:
        return _choice(setting, settings)
    return _text(setting, settings)


def _number(setting: Setting[int], settings: Settings) -> FormField:
    box = QSpinBox()
    box.setRange(setting.minimum, setting.maximum)
    box.setSuffix(setting.unit)
    show_setting(box, setting, settings)
    box.valueChanged.connect(lambda value: settings.put(setting, value))
    return FormField(setting.title, box, hint=setting.description)


def _choice(setting: Setting[str], settings: Settings) -> FormField:
    box = QComboBox()
    for value, words in setting.choices:
        box.addItem(words, value)
    show_setting(box, setting, settings)
    box.activated.connect(lambda row: settings.put(setting, box.itemData(row)))
    return FormField(setting.title, box, hint=setting.description)


def _text(setting: Setting[str], settings: Settings) -> FormField:
    line = QLineEdit()
    show_setting(line, setting, settings)
    line.editingFinished.connect(lambda: settings.put(setting, line.text().strip()))
    return FormField(setting.title, line, hint=setting.description)


def show_setting(editor: QWidget, setting: Setting[str] | Setting[int], settings: Settings) -> None:
    """Show what a setting is now, telling nobody."""
    with QSignalBlocker(editor):
        if isinstance(setting.default, int):
            if isinstance(editor, QSpinBox):
                editor.setValue(settings.get(setting))
        elif isinstance(editor, QComboBox):
            editor.setCurrentIndex(editor.findData(settings.get(setting)))
        elif isinstance(editor, QLineEdit):
            editor.setText(settings.get(setting))
