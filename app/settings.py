"""The settings: each declared once with its key, type, default and description; kept in one file."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from app.paths import AppPaths

T = TypeVar("T", str, int)


@dataclass(frozen=True, slots=True)
class Setting(Generic[T]):
    """One setting.

    Attributes:
        key: its name in the file.
        title: its name on the page; empty for what the window remembers by itself.
        choices: for texts, value and words of each choice; empty allows any text.
        minimum, maximum: for numbers.
    """

    key: str
    default: T
    title: str = ""
    description: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int = 0
    maximum: int = 0
    unit: str = ""

    def valid(self, value: T) -> bool:
        """Whether the value is one that this setting allows."""
        if isinstance(value, int):
            return self.minimum <= value <= self.maximum
        return not self.choices or value in dict(self.choices)


THEME = Setting(
    "theme",
    "system",
    "Theme",
    "Light or dark; plots follow.",
    (("system", "Follow the system"), ("light", "Light"), ("dark", "Dark")),
)
REFRESH_SECONDS = Setting(
    "refresh_seconds",
    30,
    "Refresh every",
    "How often Monitor and Projects look for new rows. F5 looks at once.",
    minimum=5,
    maximum=600,
    unit=" s",
)
PERSON = Setting(
    "person",
    "",
    "Your name",
    "Kept in the history beside every change you make. Empty: the name of your account on this computer.",
)
PROFILE = Setting("profile", "")
PAGE = Setting("page", "monitor")
PROJECT = Setting("project", "")
SPAN = Setting("span", "day")
VARIABLE = Setting("variable", "")
FOLDER = Setting("folder", "")
LAST_SEEN = Setting("last_seen", "")
HOST = Setting("host", "")
REGISTRY = Setting("registry", "127.0.0.1:5000")

SHOWN: tuple[Setting[str] | Setting[int], ...] = (THEME, REFRESH_SECONDS, PERSON)


class Settings(QObject):
    """Reads and writes settings; `changed` carries the key. A value that is not allowed counts as unset."""

    changed = Signal(str)

    def __init__(self, paths: AppPaths, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = QSettings(str(paths.settings), QSettings.Format.IniFormat)

    def get(self, setting: Setting[T]) -> T:
        """The stored value, or the default."""
        stored = self._file.value(setting.key)
        if stored is None:
            return setting.default
        try:
            value = type(setting.default)(stored)
        except (TypeError, ValueError):
            return setting.default
        return value if setting.valid(value) else setting.default

    def put(self, setting: Setting[T], value: T) -> None:
        """Store a value that the setting allows."""
        if not setting.valid(value):
            raise ValueError(f"{setting.key} cannot be {value!r}")
        if value != self.get(setting):
            self._file.setValue(setting.key, value)
            self.changed.emit(setting.key)

    def remembered(self, key: str) -> QByteArray:
        """State that the window remembers (geometry, columns); empty if there is none."""
        value = self._file.value(f"window/{key}")
        return value if isinstance(value, QByteArray) else QByteArray()

    def remember(self, key: str, state: QByteArray) -> None:
        """Keep such state."""
        self._file.setValue(f"window/{key}", state)

    def save(self) -> None:
        """Write to the disk now."""
        self._file.sync()
