"""The list of what a leader does for each project, in order."""

from services.store.interface import Store
from services.supervisor.orphaned_jobs import EndOrphanedJobs
from services.supervisor.periodic_task import Duty
from services.supervisor.rollup_writing import AdvanceRollups
from services.supervisor.segment_packing import PackSegments


def leader_duties(store: Store) -> list[Duty]:
    """Fresh duties for one leadership; schedules, thresholds and promotion will stand behind these."""
    return [PackSegments(store), AdvanceRollups(store), EndOrphanedJobs(store)]
