"""The pages of the window: to add one, write a folder `app/pages/KEY` with its page and a line here.

Sidebar, shortcuts, palette, help and pictures go by this list. It is read before the first paint, so it
names each page's class and imports it only when the page is first gone to.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from app.pages.page import Page

if TYPE_CHECKING:
    from app.context import Context

FIRST = "monitor"
"""The page that stands before the first paint: made at start-up, without a context, and shown at once."""


@dataclass(frozen=True, slots=True)
class PageEntry:
    """One page.

    Attributes:
        key: names the folder, the icon in `resources/icons` and the help in `resources/help`.
        title: as it is called in the window.
        class_name: of the page, in the folder's module `page`; takes the Context.
    """

    key: str
    title: str
    class_name: str

    def create(self, context: "Context") -> Page:
        """Import the page and make it; the FIRST one is made by `app.startup`."""
        page: Page = getattr(import_module(f"app.pages.{self.key}.page"), self.class_name)(context)
        return page


PAGES = (
    PageEntry("projects", "Projects", "ProjectsPage"),
    PageEntry("monitor", "Monitor", "MonitorPage"),
    PageEntry("containers", "Containers", "ContainersPage"),
    PageEntry("images", "Images", "ImagesPage"),
    PageEntry("platform", "Platform", "PlatformPage"),
    PageEntry("activity", "Activity", "ActivityPage"),
    PageEntry("settings", "Settings", "SettingsPage"),
)
"""In the order of the sidebar and of Ctrl+1…9."""


def find(key: str) -> PageEntry | None:
    """The page of this key; None if there is none."""
    return next((page for page in PAGES if page.key == key), None)
