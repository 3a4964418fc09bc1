"""A short soak: the same faults as `make soak` makes for an hour."""

import pytest

from tests.soak.run import Settings, soak

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("durability", ["disk", "store"])
def test_what_is_acknowledged_survives_kills_and_pauses_and_nothing_is_green_while_blind(
    durability: str,
) -> None:
    result = soak(Settings(seed=3, seconds=12.0, durability=durability), print)
    print(result.counted)
    assert not any(result.faulty.values()), result.faulty
    assert result.counted["faults"] > 3
    assert result.counted["rows acknowledged"] > 50
    assert result.counted["labels acknowledged"] > 50
    assert result.counted["changes of champion"] > 1
