"""What the supervisor does for one project, again and again."""

from collections.abc import Callable
from typing import Protocol


class Duty(Protocol):
    """One task of the leader. An object lives as long as the leadership does and may remember things."""

    def run(self, project: str, cancelled: Callable[[], bool]) -> None:
        """Do what is due for a project, or nothing.

        Args:
            project: its name.
            cancelled: true once the supervisor is to end or leads no more; long work asks it.

        Raises:
            Unavailable: the store cannot be reached; all duties wait until it is back.
            RelevoError: this duty failed for this project; it is logged, the others go on.
        """
