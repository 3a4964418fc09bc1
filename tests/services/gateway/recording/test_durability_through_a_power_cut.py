"""A power cut: everything that was not synced is gone."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ALLOWED_SECONDS = 2.0
"""What `process` may lose is 50 ms; a slow machine's threads get more than that here."""


@pytest.fixture
def recorded_until_power_cut(tmp_path, platform, start_load) -> Callable[..., dict[bytes, float]]:
    """Records with a durability, cuts the power, leaves what survived as the folder `survived`."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc, which builds the library that shows what a power cut leaves")
    library = tmp_path / "disk.so"
    source = Path(__file__).with_name("disk.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    survived = tmp_path / "survived"
    survived.mkdir()

    def record(durability: str, *, down: bool = True) -> dict[bytes, float]:
        environment = {
            "LD_PRELOAD": str(library),
            "RELEVO_WATCHED": str(tmp_path / "spool"),
            "RELEVO_SURVIVED": str(survived),
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
    recorded_until_power_cut, platform, tmp_path, ship_rest
):
    acknowledged = recorded_until_power_cut("disk")
    ship_rest(platform, tmp_path / "survived")
    assert len(acknowledged) >= 5000
    assert acknowledged.keys() <= set(platform.logged_ids())


def test_durability_process_loses_at_most_the_last_moment(
    recorded_until_power_cut, platform, tmp_path, ship_rest
):
    acknowledged = recorded_until_power_cut("process")
    ship_rest(platform, tmp_path / "survived")
    logged = platform.logged_ids()
    lost = acknowledged.keys() - set(logged)
    last = max(acknowledged.values())
    assert len(set(logged)) == len(logged) > 0
    assert all(acknowledged[row] > last - ALLOWED_SECONDS for row in lost)


def test_a_power_cut_while_rows_are_shipped_doubles_none(
    recorded_until_power_cut, platform, tmp_path, ship_rest
):
    acknowledged = recorded_until_power_cut("disk", down=False)
    shipped = platform.logged_ids()
    ship_rest(platform, tmp_path / "survived")
    logged = platform.logged_ids()
    assert logged[: len(shipped)] == shipped
    assert len(set(logged)) == len(logged)
    assert acknowledged.keys() <= set(logged)
