"""The registry's rules: who may become champion, how to go back, what to say when someone was faster."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from services.errors import Conflict, InvalidInput, NotFound, Uncertain
from services.registry.interface import RegistryStore
from services.registry.model import ChampionChange, Evidence, Mode, Project, RevisionChange, Version

NO_EVIDENCE = Evidence(note="Nothing was measured for this change.")


class ChampionSeen(NamedTuple):
    """What a person (or rule) saw when deciding; a change against anything else is a conflict."""

    champion: str
    generation: int


def champion_seen(project: Project) -> ChampionSeen:
    """What someone who looks at this sees."""
    return ChampionSeen(project.champion, project.generation)


def _now() -> datetime:
    return datetime.now(UTC)


class Registry:
    """Projects and versions, and the only ways in which they change.

    Every change is read back before it is reported.

    Args:
        store: where the registry is.
        clock: the time, with its zone.
    """

    def __init__(self, store: RegistryStore, clock: Callable[[], datetime] = _now) -> None:
        self._store = store
        self._clock = clock

    def projects(self) -> list[Project]:
        """All projects, by name."""
        found = [self._store.project(name) for name in self._store.projects()]
        return [project for project in found if project is not None]

    def project(self, name: str) -> Project:
        """One project as it is now; NotFound if there is none."""
        project = self._store.project(name)
        if project is None:
            raise NotFound(f"there is no project {name!r}")
        return project

    def version(self, project: str, name: str) -> Version:
        """One version as it is now; NotFound if there is none."""
        version = self.project(project).version(name)
        if version is None:
            raise NotFound(f"project {project!r} has no version {name!r}")
        return version

    def register(self, version: Version, *, who: str) -> Project:
        """Add a version, or renew its addresses; never changes a mode or a desired revision.

        Raises:
            Conflict: the project is about another task.
            InvalidInput: a name breaks the rules of names.
        """
        self._store.register(version, who=_named(who))
        project = self.project(version.project)
        if project.version(version.name) is None:
            raise Uncertain(f"version {version.name!r} was registered but cannot be read back")
        return project

    def change_champion(
        self,
        project: str,
        to: str,
        *,
        who: str,
        reason: str,
        seen: ChampionSeen,
        evidence: Evidence = NO_EVIDENCE,
    ) -> Project:
        """Make a challenger the champion.

        Args:
            project: its name.
            to: the version that is to be champion.
            who: the person or rule that does it.
            reason: why, in their words.
            seen: champion and generation that the decision was made on.
            evidence: what was measured of both versions at that moment.

        Raises:
            Conflict: the champion is another by now (says who changed it, and when), or `to` is no
                challenger.
            NotFound: there is no such project or version.
            InvalidInput: no name or no reason was given.
        """
        if not reason.strip():
            raise InvalidInput("a change of champion needs a reason", remedy="Say why, for the history.")
        now = self.project(project)
        challenger = self.version(project, to)
        if champion_seen(now) != seen:
            raise Conflict(_other_champion(now), remedy="Look again, then decide.")
        if challenger.mode is not Mode.CHALLENGER:
            raise Conflict(_no_challenger(now, challenger), remedy=_remedy(challenger))
        change = ChampionChange(
            project, seen.generation + 1, self._clock(), seen.champion, to, _named(who), reason, evidence
        )
        try:
            self._store.change_champion(change, seen_generation=seen.generation)
        except Conflict as conflict:
            raise Conflict(
                _other_champion(self.project(project)),
                remedy="Look again, then decide.",
                details=conflict.message,
            ) from conflict
        return self._read_back(change)

    def _read_back(self, change: ChampionChange) -> Project:
        """The project after a change; someone may have changed it once more since."""
        project = self.project(change.project)
        done = [
            past for past in self._store.history(change.project) if past.generation == change.generation
        ]
        if [(past.champion, past.who, past.reason) for past in done] == [
            (change.champion, change.who, change.reason)
        ]:
            return project
        raise Conflict(_other_champion(project), remedy="Look again, then decide.")

    def roll_back(self, project: str, *, who: str, reason: str, seen: ChampionSeen) -> Project:
        """Give its place back to the version that was champion before, in one step.

        Raises:
            Conflict: as for `change_champion`, or there was no other champion yet, or it is retired by now.
        """
        previous = self.previous_champion(project)
        if previous is None:
            raise Conflict(
                f"project {project!r} never had another champion: there is nothing to go back to"
            )
        return self.change_champion(project, previous, who=who, reason=reason, seen=seen)

    def previous_champion(self, project: str) -> str | None:
        """The version that the present champion replaced; None if it was the first."""
        history = self._store.history(self.project(project).name)
        return history[-1].previous or None if history else None

    def history(self, project: str) -> list[ChampionChange]:
        """All changes of champion, oldest first."""
        return self._store.history(self.project(project).name)

    def champion_at(self, project: str, moment: datetime) -> str | None:
        """Who was champion at a moment (with its zone); None before the first version came."""
        if moment.tzinfo is None:
            raise InvalidInput("say in which time zone the moment is")
        before = [change for change in self.history(project) if change.at <= moment]
        return before[-1].champion if before else None

    def retire(self, project: str, version: str) -> Project:
        """Take a challenger out of the shadow; Conflict if it is the champion."""
        return self._set_retired(project, version, retired=True)

    def return_to_shadow(self, project: str, version: str) -> Project:
        """Make a retired version a challenger again."""
        return self._set_retired(project, version, retired=False)

    def _set_retired(self, project: str, version: str, *, retired: bool) -> Project:
        now = self.project(project)
        if self.version(project, version).mode is Mode.CHAMPION:
            raise Conflict(
                f"version {version!r} is the champion of {project!r}: {_since(now)}",
                remedy="Give another version its place first.",
            )
        self._store.retire(project, version, retired=retired)
        after = self.version(project, version)
        if (after.mode is Mode.RETIRED) is not retired:
            raise Conflict(f"version {version!r} of {project!r} is {after.mode} by now")
        return self.project(project)

    def set_revision(
        self, project: str, version: str, revision: str, *, expected: str, who: str, reason: str
    ) -> Project:
        """Change the revision that every replica of a version loads.

        Args:
            project: its name.
            version: its name.
            revision: sha256 of the one to load.
            expected: the one desired when this was decided.
            who: the person or rule that does it.
            reason: why, in their words.

        Raises:
            Conflict: the desired revision is not `expected` any more (says who changed it, and when).
            NotFound: the version has no such revision.
            InvalidInput: no name or no reason was given, or the revision is desired already.
        """
        if not reason.strip():
            raise InvalidInput("a change of revision needs a reason", remedy="Say why, for the history.")
        now = self.version(project, version)
        if revision not in {known.sha256 for known in self._store.revisions(project, version)}:
            raise NotFound(f"version {version!r} of {project!r} has no revision {revision[:12]!r}")
        if now.revision != expected:
            raise self._other_revision(now)
        change = RevisionChange(project, version, self._clock(), expected, revision, _named(who), reason)
        try:
            self._store.set_revision(change)
        except Conflict as conflict:
            raise self._other_revision(self.version(project, version)) from conflict
        after = self.version(project, version)
        if after.revision != revision:
            raise self._other_revision(after)
        return self.project(project)

    def _other_revision(self, version: Version) -> Conflict:
        """Why a change against what was expected is refused: who was faster, and when."""
        wanted = f"wants revision {version.revision[:12]!r} by now"
        what = f"version {version.name!r} of {version.project!r} {wanted}"
        history = self._store.revision_history(version.project, version.name)
        if history and history[-1].revision == version.revision:
            last = history[-1]
            what += f": {last.who} chose it on {_moment(last.at)} ({last.reason})"
        return Conflict(what, remedy="Look again, then decide.")

    def roll_back_revision(
        self, project: str, version: str, *, expected: str, who: str, reason: str
    ) -> Project:
        """Go back to the revision that was desired before the present one, in one step.

        Raises:
            Conflict: the desired revision is not `expected` any more, or no other one was ever desired.
        """
        before = self.previous_revision(project, version)
        if before is None:
            raise Conflict(f"version {version!r} of {project!r} never wanted another revision")
        return self.set_revision(project, version, before, expected=expected, who=who, reason=reason)

    def previous_revision(self, project: str, version: str) -> str | None:
        """The revision that the present one replaced; None if it was the first, or nobody noted it."""
        history = self.revision_history(project, version)
        return history[-1].previous or None if history else None

    def revision_history(self, project: str, version: str) -> list[RevisionChange]:
        """All changes of a version's desired revision, oldest first; NotFound if it is unknown."""
        return self._store.revision_history(project, self.version(project, version).name)


def _named(who: str) -> str:
    if not who.strip():
        raise InvalidInput("say who makes this change, for the history")
    return who


def _since(project: Project) -> str:
    change = project.last_change
    if change is None:
        return "nobody noted since when"
    return f"{change.who} made it so on {_moment(change.at)} ({change.reason})"


def _other_champion(project: Project) -> str:
    change = project.last_change
    what = f"the champion of {project.name!r} is {project.champion!r} by now"
    if change is None:
        return what
    instead = f" in place of {change.previous!r}" if change.previous else ""
    return f"{what}: {change.who} chose it{instead} on {_moment(change.at)} ({change.reason})"


def _moment(at: datetime) -> str:
    return f"{at:%d %B %Y at %H:%M:%S} UTC"


def _no_challenger(project: Project, version: Version) -> str:
    if version.mode is Mode.CHAMPION:
        return f"version {version.name!r} is the champion of {project.name!r} already: {_since(project)}"
    return f"version {version.name!r} of {project.name!r} is retired"


def _remedy(version: Version) -> str:
    return "Return it to the shadow first." if version.mode is Mode.RETIRED else ""
