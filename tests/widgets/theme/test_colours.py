"""Colours can be read, and told apart by everyone."""

import itertools

import pytest

from widgets.theme.colours import DARK, LIGHT, Colours, State, contrast
from widgets.theme.versions import COLOURS, version_style

# Dichromats as matrices on linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
BLINDNESS = {
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["text", "quiet", "good", "warning", "bad", "accent"])
def test_inks_read_on_the_backgrounds_they_stand_on(colours: Colours, ink: str) -> None:
    for background in (colours.base, colours.window):
        assert contrast(getattr(colours, ink), background) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("state", list(State))
def test_a_state_reads_on_its_own_tint_and_on_a_selected_row(colours: Colours, state: State) -> None:
    assert contrast(colours.of_state(state), colours.tint_of(state)) >= 4.5
    assert contrast(colours.of_state(state), colours.selection) >= 3


@pytest.mark.parametrize("colour", COLOURS)
def test_a_version_is_seen_on_light_and_dark_alike(colour: str) -> None:
    for colours in (LIGHT, DARK):
        assert contrast(colour, colours.base) >= 3
        assert contrast(colour, colours.window) >= 3
    assert contrast(colour, "#ffffff") >= 3


@pytest.mark.parametrize("kind", BLINDNESS)
def test_the_first_five_versions_differ_for_the_colour_blind(kind: str) -> None:
    seen = [lab(simulated(colour, BLINDNESS[kind])) for colour in COLOURS[:5]]
    for first, second in itertools.combinations(seen, 2):
        assert sum((a - b) ** 2 for a, b in zip(first, second, strict=True)) ** 0.5 > 20


def test_a_versions_look_depends_on_its_order_only_and_repeats_late() -> None:
    assert version_style(3) == version_style(3)
    assert len({version_style(order) for order in range(280)}) == 280
    neighbours = zip(range(40), range(1, 41), strict=True)
    for first, second in neighbours:
        one, other = version_style(first), version_style(second)
        assert one.colour != other.colour
        assert one.symbol != other.symbol
        assert one.dash != other.dash


def simulated(colour: str, matrix: tuple[tuple[float, ...], ...]) -> list[float]:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return [max(0.0, sum(m * c for m, c in zip(row, linear, strict=True))) for row in matrix]


def lab(linear: list[float]) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of linear sRGB."""
    r, g, b = linear
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)
