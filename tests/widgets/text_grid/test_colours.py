"""The colours that programs name read on both appearances."""

import pytest

from widgets.text_grid.painting import readable_on
from widgets.theme import Appearance, theme
from widgets.theme.ansi import READABLE, named, readable_colour
from widgets.theme.colours import contrast


def test_all_named_colours_read_on_the_background(appearance: Appearance) -> None:
    base = theme().colours.base
    assert [number for number in range(256) if contrast(named(number), base) < READABLE] == []


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#ffff00", "#000080"])
def test_any_colour_is_moved_until_it_reads(appearance: Appearance, colour: str) -> None:
    assert contrast(readable_colour(colour), theme().colours.base) >= READABLE


def test_an_ink_that_cannot_be_read_on_its_own_background_gives_way(appearance: Appearance) -> None:
    for front in range(16):
        for behind in range(16):
            shown = readable_on(named(front), named(behind), theme().colours)
            assert contrast(shown, named(behind)) >= READABLE
