"""The colours of each appearance, and how far apart two colours are in contrast."""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtGui import QColor


class State(StrEnum):
    """What a colour of the traffic light says; whoever shows one shows a word beside it."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Colours:
    """One appearance, as `#rrggbb`.

    Attributes:
        window: behind everything.
        base: behind lists, tables and plots.
        raised: buttons, menus, the row under the pointer.
        line: hairlines between areas, and the light grid of plots.
        border: around what can be typed into or pressed.
        text, quiet: ink for what matters and for what explains it; both read on window and base.
        disabled: ink for what cannot be used now.
        accent, accent_text: selection, focus and the default button, and the ink on it.
        selection: behind selected rows; ink stays `text`.
        good, warning, bad: inks of states; each reads on base, window and its own tint.
        good_tint, warning_tint, bad_tint: behind banners.
    """

    window: str
    base: str
    raised: str
    line: str
    border: str
    text: str
    quiet: str
    disabled: str
    accent: str
    accent_text: str
    selection: str
    good: str
    warning: str
    bad: str
    good_tint: str
    warning_tint: str
    bad_tint: str

    def of_state(self, state: State) -> str:
        """The ink of a state."""
        inks = {State.GOOD: self.good, State.WARNING: self.warning, State.BAD: self.bad}
        return inks.get(state, self.quiet)

    def tint_of(self, state: State) -> str:
        """The background of a banner that tells of a state."""
        tints = {State.GOOD: self.good_tint, State.WARNING: self.warning_tint, State.BAD: self.bad_tint}
        return tints.get(state, self.raised)


LIGHT = Colours(
    window="#f6f7f9",
    base="#ffffff",
    raised="#eceef2",
    line="#e1e4ea",
    border="#c3c8d1",
    text="#1c2026",
    quiet="#5b6470",
    disabled="#9aa1ac",
    accent="#1668b8",
    accent_text="#ffffff",
    selection="#dbe8f7",
    good="#187a34",
    warning="#8a5a00",
    bad="#b3261e",
    good_tint="#e3f4e7",
    warning_tint="#fdf2d6",
    bad_tint="#fce8e6",
)

DARK = Colours(
    window="#17191d",
    base="#1d2025",
    raised="#2a2e35",
    line="#30353d",
    border="#4a515c",
    text="#e6e9ee",
    quiet="#9ea7b3",
    disabled="#666e7a",
    accent="#5aa2ea",
    accent_text="#0d1622",
    selection="#274060",
    good="#57c878",
    warning="#e0b040",
    bad="#f58078",
    good_tint="#1b3324",
    warning_tint="#3a3016",
    bad_tint="#42211f",
)


def linear(channel: float) -> float:
    """A channel of sRGB, 0 to 1, without its gamma."""
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Relative luminance, 0 to 1 (WCAG 2.2, "relative luminance")."""
    shade = QColor(colour)
    red, green, blue = (linear(c) for c in (shade.redF(), shade.greenF(), shade.blueF()))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)
