"""Conditional writes to the registry's partition, settled where their answer is late or lost."""

import time
from collections.abc import Callable

from services.errors import Conflict, Unavailable, Uncertain
from services.store import registry_rules as rules
from services.store.cassandra import registry_statements as cql
from services.store.cassandra.registry_statements import ProjectState
from services.store.cassandra.session import SessionHolder

ATTEMPTS = 4
READ_AGAIN_SECONDS = 3.0
_PAUSE_SECONDS = 0.1


class ConditionalWrites(SessionHolder):
    """A condition without an answer is settled by a SERIAL read, then tried again."""

    def _read_state(self, name: str) -> ProjectState | None:
        if not name:  # Cassandra has no empty partition keys
            return None
        return cql.project_state(self._session.read_serial(cql.READ_PROJECT, (name,)))

    def _existing(self, name: str) -> ProjectState:
        state = self._read_state(name)
        rules.known(None if state is None else state.project, name)
        assert state is not None  # noqa: S101 - `known` has raised otherwise
        return state

    def _write_until_decided(
        self, name: str, write: Callable[[ProjectState], bool], done: Callable[[ProjectState], bool]
    ) -> ProjectState:
        """Apply a conditional write until an answer or a SERIAL read says how it ended.

        Args:
            name: the project.
            write: sends the condition that fits what was read, or raises what forbids it.
            done: whether what is read shows that an earlier attempt was applied.

        Raises:
            Uncertain: neither the write nor the read after it was answered.
        """
        state, undecided = self._existing(name), False
        for _ in range(ATTEMPTS):
            if undecided and done(state):
                return state
            try:
                if write(state):
                    return self._existing(name)
            except Uncertain:
                undecided = True
            state = self._read_again(name) if undecided else self._existing(name)
        if undecided and done(state):
            return state
        raise (
            self._undecided(name) if undecided else Conflict(f"project {name!r} changes too often just now")
        )

    def _read_again(self, name: str) -> ProjectState:
        """Read again after a lost answer; a lost connection gets a moment to come back."""
        deadline = time.monotonic() + READ_AGAIN_SECONDS
        while True:
            try:
                return self._existing(name)
            except Unavailable as error:
                if time.monotonic() > deadline:
                    raise self._undecided(name) from error
                time.sleep(_PAUSE_SECONDS)

    @staticmethod
    def _undecided(name: str) -> Uncertain:
        return Uncertain(
            f"Cassandra did not tell whether the change of project {name!r} was made",
            remedy="Look again before deciding anew.",
        )
