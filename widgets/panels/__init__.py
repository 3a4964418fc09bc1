"""The small parts of pages: badges, banners, empty states, errors, forms, the palette, the status line.

Lives here: widgets that show one plain value each and tell by a signal what the person did.
May not live here: tables and plots (they have folders of their own), or anything that fetches.
"""

from widgets.panels.banner import Banner
from widgets.panels.command_palette import Command, CommandPalette
from widgets.panels.confirm_change import ConfirmChangePanel, PlannedChange
from widgets.panels.coverage import CoverageLabel
from widgets.panels.empty import EmptyState
from widgets.panels.error import ErrorPanel
from widgets.panels.form import Form, FormField
from widgets.panels.skeleton import Skeleton
from widgets.panels.snapshot import PlotSnapshot
from widgets.panels.status import StatusItem, StatusProgress
from widgets.panels.versions import VersionBadge, VersionEntry, VersionList

__all__ = [
    "Banner",
    "Command",
    "CommandPalette",
    "ConfirmChangePanel",
    "CoverageLabel",
    "EmptyState",
    "ErrorPanel",
    "Form",
    "FormField",
    "PlannedChange",
    "PlotSnapshot",
    "Skeleton",
    "StatusItem",
    "StatusProgress",
    "VersionBadge",
    "VersionEntry",
    "VersionList",
]
