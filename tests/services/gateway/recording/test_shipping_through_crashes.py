"""A gateway killed at any moment: what it acknowledged is in the store afterwards, once."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.services.gateway.recording.conftest import Platform, StartLoad

STEPS = (
    "write_predictions:before",
    "write_predictions:after",
    "open_segment:after",
    "append:before",
    "append:after",
)


def test_killed_under_load_every_acknowledged_row_is_in_the_store_once(
    any_platform: Platform,
    tmp_path: Path,
    start_load: StartLoad,
    ship_rest: Callable[[Platform, Path], None],
) -> None:
    load = start_load(any_platform, tmp_path / "spool")
    load.read(2000)
    load.kill()
    assert len(load.moments) >= 2000
    ship_rest(any_platform, tmp_path / "spool")
    logged = any_platform.logged_ids()
    assert len(set(logged)) == len(logged)
    assert load.moments.keys() <= set(logged)
    assert any_platform.live_ids(list(load.moments)) == load.moments.keys()


@pytest.mark.parametrize("step", STEPS)
def test_killed_between_any_two_steps_of_shipping_no_row_is_lost_or_doubled(
    step: Any,
    platform: Platform,
    tmp_path: Path,
    start_load: StartLoad,
    ship_rest: Callable[[Platform, Path], None],
) -> None:
    load = start_load(platform, tmp_path / "spool", die=step)
    load.read(1_000_000)  # until it has killed itself
    again = start_load(platform, tmp_path / "spool", die=step)
    again.read(1_000_000)
    ship_rest(platform, tmp_path / "spool")
    acknowledged = load.moments.keys() | again.moments.keys()
    logged = platform.logged_ids()
    assert acknowledged
    assert acknowledged <= set(logged)
    assert len(set(logged)) == len(logged)
    assert platform.live_ids(list(acknowledged)) == acknowledged
