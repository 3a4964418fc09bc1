"""The list of what a leader does for each project, in order."""

from services.store.interface import Store
from services.supervisor.duty import Duty
from services.supervisor.jobs import EndOrphanedJobs
from services.supervisor.packing import PackSegments
from services.supervisor.rollups import AdvanceRollups


def leader_duties(store: Store) -> list[Duty]:
    """Fresh duties for one leadership; schedules, thresholds and promotion will stand behind these."""
    return [PackSegments(store), AdvanceRollups(store), EndOrphanedJobs(store)]
