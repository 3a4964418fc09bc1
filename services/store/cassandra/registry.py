"""`historical_db.model_registry`, `champion_history` and `revisions`: every write is conditional."""

import time
import uuid
from collections.abc import Callable

import msgspec
from msgspec.structs import replace

from services.errors import Conflict, Unavailable, Uncertain
from services.registry.model import ChampionChange, Mode, Policy, Project, Revision, Version
from services.store import registry_rules as rules
from services.store.cassandra import registry_rows as cql
from services.store.cassandra.part import Part
from services.store.cassandra.registry_rows import Seen, json_text

_ATTEMPTS = 4
SETTLE_SECONDS = 3.0
_PAUSE_SECONDS = 0.1


class Registry(Part):
    """The registry. A condition without an answer is settled by a SERIAL read, then tried again."""

    def projects(self) -> list[str]:
        """See `RegistryStore`."""
        rows = self._session.read("SELECT DISTINCT name FROM historical_db.model_registry")
        return sorted(name for (name,) in rows)

    def project(self, name: str) -> Project | None:
        """See `RegistryStore`."""
        seen = self._seen(name)
        return None if seen is None else seen.project

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
        for _ in range(_ATTEMPTS):
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

    def register(self, version: Version, *, who: str) -> Project:
        """See `RegistryStore`."""
        version = rules.checked_version(version)
        for _ in range(_ATTEMPTS * 4):
            seen = self._seen(version.project)
            try:
                if seen is None:
                    self._register_first(replace(version, mode=Mode.CHAMPION, order=0), who)
                elif self._join(seen, version):
                    return self._known(version.project).project
            except Uncertain:
                continue  # the next look tells
        raise self._unsettled(version.project)

    def _register_first(self, version: Version, who: str) -> None:
        change, change_id = rules.first_change(version, who), uuid.uuid4()
        static = (version.name, json_text(Policy()), json_text(change), change_id, version.project)
        if self._session.write_if(cql.REGISTER_FIRST, (*static, *cql.version_values(version))):
            self._session.write(cql.ADD_HISTORY, cql.history_values(change, change_id))

    def _join(self, seen: Seen, version: Version) -> bool:
        joined, known = rules.joined(seen.project, version), seen.project.version(version.name)
        if joined == known:
            return True
        if known is not None:
            addresses = (joined.url, joined.endpoint, joined.image)
            return self._session.write_if(cql.SET_ADDRESSES, (*addresses, joined.project, joined.name))
        place = (seen.registered + 1, joined.project, seen.registered)
        return self._session.write_if(cql.REGISTER_NEXT, (*place, *cql.version_values(joined)))

    def flip(self, change: ChampionChange, *, seen_generation: int) -> Project:
        """See `RegistryStore`."""
        change, change_id = rules.checked_flip(change, seen_generation), uuid.uuid4()

        def done(seen: Seen) -> bool:
            return seen.change_id == change_id or self._in_history(change, change_id)

        def write(seen: Seen) -> bool:
            rules.check_flip(seen.project, change, seen_generation)
            self._write_last_change(seen)
            name = change.project
            pointer = (change.champion, change.generation, json_text(change), change_id, name)
            guard = (change.previous, seen_generation)
            modes = (name, change.previous, name, change.champion)
            return self._session.write_if(cql.FLIP, (*pointer, *guard, *modes))

        seen = self._settle(change.project, write, done)
        if seen.change_id == change_id:
            self._write_last_change(seen)
        return seen.project

    def _in_history(self, change: ChampionChange, change_id: uuid.UUID) -> bool:
        """Whether someone has changed the champion again since, and kept this change's facts first."""
        key = (change.project, change.at, change.generation)
        return self._session.read(cql.FIND_CHANGE, key) == [(change_id,)]

    def _write_last_change(self, seen: Seen) -> None:
        """Write the last change's history row; its writer may have crashed before it did."""
        if seen.project.last_change is not None:
            self._session.write(
                cql.ADD_HISTORY, cql.history_values(seen.project.last_change, seen.change_id)
            )

    def retire(self, project: str, version: str, *, retired: bool) -> Project:
        """See `RegistryStore`."""
        wanted = Mode.RETIRED if retired else Mode.CHALLENGER

        def write(seen: Seen) -> bool:
            mode = rules.check_retire(seen.project, version)
            return self._session.write_if(cql.SET_MODE, (str(wanted), project, version, str(mode)))

        def done(seen: Seen) -> bool:
            return rules.known_version(seen.project, version).mode is wanted

        return self._settle(project, write, done).project

    def set_revision(self, project: str, version: str, revision: str, *, expected: str) -> Project:
        """See `RegistryStore`."""

        def write(seen: Seen) -> bool:
            rules.check_revision(seen.project, version, expected)
            return self._session.write_if(cql.SET_REVISION, (revision, project, version, expected))

        def done(seen: Seen) -> bool:
            return rules.known_version(seen.project, version).revision == revision

        return self._settle(project, write, done).project

    def set_policy(self, project: str, policy: Policy, *, expected: Policy) -> Project:
        """See `RegistryStore`."""

        def write(seen: Seen) -> bool:
            rules.check_policy(seen.project, expected)
            return self._session.write_if(cql.SET_POLICY, (json_text(policy), project, seen.policy_text))

        def done(seen: Seen) -> bool:
            return seen.project.policy == policy

        return self._settle(project, write, done).project

    def history(self, project: str) -> list[ChampionChange]:
        """See `RegistryStore`; a missing last row is written on the way."""
        seen = self._seen(project)
        if seen is None:
            return []
        rows = self._session.read(cql.READ_HISTORY, (project,))
        changes = [cql.change_of(row) for row in rows]
        if seen.project.last_change not in changes:
            self._write_last_change(seen)
        return rules.with_last_change(changes, seen.project.last_change)

    def add_revision(self, revision: Revision) -> None:
        """See `RegistryStore`."""
        self._session.write(
            "INSERT INTO historical_db.revisions (project, version, sha256, data) VALUES (?, ?, ?, ?)",
            (revision.project, revision.version, revision.sha256, json_text(revision)),
        )

    def revisions(self, project: str, version: str) -> list[Revision]:
        """See `RegistryStore`."""
        rows = self._session.read(
            "SELECT data FROM historical_db.revisions WHERE project = ? AND version = ?", (project, version)
        )
        found = [msgspec.json.decode(data, type=Revision) for (data,) in rows]
        return sorted(found, key=lambda revision: revision.trained_at)
