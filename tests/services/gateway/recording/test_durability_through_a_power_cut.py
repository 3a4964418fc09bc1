"""A power cut: everything that was not synced is gone."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.gateway.records import RecordingLimits
from tests.services.gateway.recording.conftest import Platform, StartLoad


@pytest.fixture
def recorded_until_power_cut(
    tmp_path: Path, platform: Platform, start_load: StartLoad
) -> Callable[..., dict[bytes, Any]]:
    """Records with a durability, cuts the power, leaves what survived as the folder `survived`."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc, which builds the library that shows what a power cut leaves")
    library = tmp_path / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    survived = tmp_path / "survived"
    survived.mkdir()

    def record(durability: str, *, down: bool = True, sync_seconds: float = 0.0) -> dict[bytes, Any]:
        environment = {
            "LD_PRELOAD": str(library),
            "RELEVO_WATCHED": str(tmp_path / "spool"),
            "RELEVO_SURVIVED": str(survived),
            "RELEVO_SYNCS": str(tmp_path / "syncs"),
            "RELEVO_SYNC_MICROSECONDS": str(round(1e6 * sync_seconds)),
        }
        load = start_load(
            platform, tmp_path / "spool", durability=durability, down=down, environment=environment
        )
        load.read(5000)
        load.kill()
        shutil.rmtree(tmp_path / "spool")
        return load.moments

    return record


def test_durability_disk_loses_nothing_acknowledged(
    recorded_until_power_cut: Callable[..., dict[bytes, Any]],
    platform: Platform,
    tmp_path: Path,
    ship_rest: Callable[[Platform, Path], None],
) -> None:
    acknowledged = recorded_until_power_cut("disk")
    ship_rest(platform, tmp_path / "survived")
    assert len(acknowledged) >= 5000
    assert acknowledged.keys() <= set(platform.logged_ids())


@pytest.mark.parametrize("sync_seconds", [0.0, 0.4], ids=["a quick disk", "a slow disk"])
def test_durability_process_loses_at_most_what_was_acknowledged_within_50_ms(
    recorded_until_power_cut: Callable[..., dict[bytes, Any]],
    platform: Platform,
    tmp_path: Path,
    ship_rest: Callable[[Platform, Path], None],
    sync_seconds: float,
) -> None:
    acknowledged = recorded_until_power_cut("process", sync_seconds=sync_seconds)
    ship_rest(platform, tmp_path / "survived")
    logged = platform.logged_ids()
    there = set(logged)
    assert len(there) == len(logged) > 0
    lost = [moments for row, moments in acknowledged.items() if row not in there]
    # What was acknowledged before a sync began is in it, and no row was acknowledged later than 50 ms
    # after another that was lost: whatever the machine's load, for both are told by the process itself.
    assert all(moments.told > _last_sync(tmp_path / "syncs") for moments in lost)
    assert _span(lost) <= RecordingLimits().sync_seconds == 0.05


def _last_sync(syncs: Path) -> float:
    """When the last sync of the entries' log began that came to its end."""
    lines = [line.split() for line in syncs.read_text().splitlines(keepends=True) if line.endswith("\n")]
    return max(float(began) for name, began in lines if name == "entries.sqlite3-wal")


def _span(lost: list[Any]) -> float:
    """From the first acknowledgement to the last, at least."""
    if not lost:
        return 0.0
    return max(moments.asked for moments in lost) - min(moments.told for moments in lost)


def test_a_power_cut_while_rows_are_shipped_doubles_none(
    recorded_until_power_cut: Callable[..., dict[bytes, Any]],
    platform: Platform,
    tmp_path: Path,
    ship_rest: Callable[[Platform, Path], None],
) -> None:
    acknowledged = recorded_until_power_cut("disk", down=False)
    shipped = platform.logged_ids()
    ship_rest(platform, tmp_path / "survived")
    logged = platform.logged_ids()
    assert logged[: len(shipped)] == shipped
    assert len(set(logged)) == len(logged)
    assert acknowledged.keys() <= set(logged)
