"""Conditional writes to the registry's partition, settled where their answer is late or lost."""

import time
from collections.abc import Callable

from services.errors import Conflict, Unavailable, Uncertain
from services.store import registry_rules as rules
from services.store.cassandra import registry_statements as cql
from services.store.cassandra.part import Part
from services.store.cassandra.registry_statements import Seen

ATTEMPTS = 4
SETTLE_SECONDS = 3.0
_PAUSE_SECONDS = 0.1


class Settling(Part):
    """A condition without an answer is settled by a SERIAL read, then tried again."""

    def _seen(self, name: str) -> Seen | None:
        if not name:  # Cassandra has no empty partition keys
            return None
        return cql.seen_project(self._session.read_serial(cql.READ_PROJECT, (name,)))

    def _known(self, name: str) -> Seen:
        seen = self._seen(name)
        rules.known(None if seen is None else seen.project, name)
        assert seen is not None  # noqa: S101 - `known` has raised otherwise
        return seen

    def _settle(self, name: str, write: Callable[[Seen], bool], done: Callable[[Seen], bool]) -> Seen:
        """Apply a conditional write until an answer or a SERIAL read says how it ended.

        Args:
            name: the project.
            write: sends the condition that fits what was seen, or raises what forbids it.
            done: whether what is seen shows that an earlier attempt was applied.

        Raises:
            Uncertain: neither the write nor the read after it was answered.
        """
        seen, unsettled = self._known(name), False
        for _ in range(ATTEMPTS):
            if unsettled and done(seen):
                return seen
            try:
                if write(seen):
                    return self._known(name)
            except Uncertain:
                unsettled = True
            seen = self._look_again(name) if unsettled else self._known(name)
        if unsettled and done(seen):
            return seen
        raise (
            self._unsettled(name) if unsettled else Conflict(f"project {name!r} changes too often just now")
        )

    def _look_again(self, name: str) -> Seen:
        """Read again after a lost answer; a lost connection gets a moment to come back."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                return self._known(name)
            except Unavailable as error:
                if time.monotonic() > deadline:
                    raise self._unsettled(name) from error
                time.sleep(_PAUSE_SECONDS)

    @staticmethod
    def _unsettled(name: str) -> Uncertain:
        return Uncertain(
            f"Cassandra did not tell whether the change of project {name!r} was made",
            remedy="Look again before deciding anew.",
        )
