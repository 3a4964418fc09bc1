"""How the tests are spread over several pytest processes, and what these share.

Files are dealt out one by one, the long ones first. Files that need the same thing of this machine, which
only one test may use at a time, make one group, which one worker runs from end to end.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.waiting import eventually

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

GROUPS: dict[str, tuple[str, ...]] = {
    # They fill the machine's engine with whole platforms, and make it the manager of a Swarm.
    "platforms": (
        "tests/platform/test_on_cassandra.py",
        "tests/platform/test_on_docker.py",
        "tests/platform/test_on_swarm.py",
        "tests/services/platform/",
        "tests/services/containers/swarm/test_runtime.py",
        "tests/services/containers/test_kinds.py",
        "tests/app/pages/platform/",
    ),
    # They start engines of their own, as other machines, whose addresses only one may have.
    "machines": (
        "tests/platform/test_engine_restart.py",
        "tests/platform/test_on_two_machines.py",
        "tests/services/containers/swarm/test_two_machines.py",
    ),
    # They build images one on another.
    "images": ("tests/images/", "tests/services/publish/"),
}
"""From a group's name to the files and folders in it, the longest group first."""

LONG = ("tests/services/client/", "tests/services/model_server/", "tests/services/gateway/")
"""Files dealt out next, so that none of them is begun when the other workers are about to end."""


def group_of(nodeid: str) -> str:
    """The group of a test: its file, unless it is of one above."""
    for name, members in GROUPS.items():
        if nodeid.startswith(members):
            return name
    return nodeid.partition("::")[0]


def _rank(nodeid: str) -> int:
    order = [*GROUPS]
    if (group := group_of(nodeid)) in order:
        return order.index(group)
    return len(order) + (0 if nodeid.startswith(LONG) else 1)


def sort_for_workers(items: list[pytest.Item]) -> None:
    """Put the long groups first."""
    items.sort(key=lambda item: _rank(item.nodeid))


def scheduler(config: pytest.Config, log: object) -> "LoadScopeScheduling":
    """Deals whole groups out, in the order in which they were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return ByGroup(config, log)


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run see."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


class Once:
    """Lets one worker make what all read; the others wait for it.

    Args:
        folder: seen by all workers.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def made(self, name: str, make: Callable[[Path], None]) -> Path:
        """The folder of that name, which `make` fills unless another worker does.

        Raises:
            AssertionError: whoever made it did not succeed.
        """
        folder, maker, done = (self._folder / f"{name}{end}" for end in ("", ".maker", ".done"))
        try:
            with maker.open("x") as mine:
                mine.write(str(os.getpid()))
        except FileExistsError:
            eventually(lambda: done.exists() or not _alive(maker), seconds=600)
            assert _text(done) == "made", f"making {name} failed in another worker"
            return folder
        outcome = "failed"
        try:
            folder.mkdir()
            make(folder)
            outcome = "made"
        finally:
            done.write_text(outcome)
        return folder


def _text(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _alive(maker: Path) -> bool:
    """Whether the process that noted itself there runs, or has not come to note itself."""
    noted = maker.read_text()
    return not noted or psutil.pid_exists(int(noted))
