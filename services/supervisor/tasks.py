"""What the leading supervisor does for each project, again and again: what a task is, and all there are.

To add one, write a class that is a `PeriodicTask` in a module of its own here, and put it into `TASKS`.
"""

from collections.abc import Callable
from typing import Protocol

from services.store.interface import Store
from services.supervisor.gap_passing import PassGaps
from services.supervisor.orphaned_jobs import EndOrphanedJobs
from services.supervisor.rollup_writing import WriteRollups
from services.supervisor.segment_packing import PackSegments
from services.supervisor.table_checking import CheckTables


class PeriodicTask(Protocol):
    """One task of the leader. An object lives as long as the leadership does and may remember things."""

    def run(self, project: str, cancelled: Callable[[], bool]) -> None:
        """Do what is due for a project, or nothing.

        Args:
            project: its name.
            cancelled: true once the supervisor is to end or leads no more; long work asks it.

        Raises:
            Cancelled: `cancelled` said so in the midst of it.
            Unavailable: the store cannot be reached; all tasks wait until it is back, unless it answers
                others.
            RelevoError: this task failed for this project; it is logged, the others go on.
        """


TASKS: tuple[Callable[[Store], PeriodicTask], ...] = (
    PassGaps,
    PackSegments,
    WriteRollups,
    EndOrphanedJobs,
    CheckTables,
)
"""In the order in which they are run."""


def leader_tasks(store: Store) -> list[PeriodicTask]:
    """Fresh tasks for one leadership."""
    return [make(store) for make in TASKS]
