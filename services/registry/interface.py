"""What the registry's rules ask of a store; every store fulfils it."""

from typing import Protocol

from services.registry.model import (
    ChampionChange,
    PolicyChoice,
    Project,
    Revision,
    RevisionChange,
    Version,
)


class RegistryStore(Protocol):
    """`historical_db.model_registry`, `champion_history`, `revisions` and `revision_history`.

    Every write to what stands for now is conditional; histories are only added to.
    """

    def projects(self) -> list[str]:
        """Names of all projects, sorted."""

    def project(self, name: str) -> Project | None:
        """The project with all its versions in one consistent (SERIAL) read; None if unknown."""

    def register(self, version: Version, *, who: str) -> Project:
        """Add a version, or update only the endpoint, url and image of one already there.

        The first version of a project becomes its champion (generation 1), later ones challengers,
        whatever `version.mode` says. Registering again never changes a mode or a desired revision.
        Conflict if the version exists with another task.
        """

    def change_champion(self, change: ChampionChange, *, seen_generation: int) -> Project:
        """Move the champion pointer from `change.previous` to `change.champion` in one condition.

        `change.generation` is `seen_generation + 1`. Both modes change in the same batch, and
        `last_change` beside them; then the history row is written (a missing earlier one first).
        Conflict if champion or generation is not what was seen or the new champion is not a challenger;
        NotFound if project or version is unknown. A time-out is settled by reading again.
        """

    def retire(self, project: str, version: str, *, retired: bool) -> Project:
        """Take a challenger out of the shadow, or back into it; Conflict if it is the champion."""

    def set_revision(self, change: RevisionChange) -> Project:
        """Change a version's desired revision from `change.previous` to `change.revision`.

        `change.number` is given here. The facts stand beside the revision in one conditional write; then
        the history row is written (a missing earlier one first). Conflict if another revision is desired
        by now, NotFound if project or version is unknown. A time-out is settled by reading again.
        """

    def revision_history(self, project: str, version: str) -> list[RevisionChange]:
        """All changes of a version's desired revision, oldest first; empty if it is unknown.

        The last one is there even if its row is missing. The first is the version's registration, unless
        that was before this was kept.
        """

    def set_policy(self, project: str, policy: PolicyChoice, *, expected: PolicyChoice) -> Project:
        """Change the routing policy from `expected`; Conflict if it is another by now."""

    def history(self, project: str) -> list[ChampionChange]:
        """All changes of champion, oldest first, `last_change` included even if its row is missing."""

    def add_revision(self, revision: Revision) -> None:
        """Record a trained artifact of a version; recording it again changes nothing."""

    def revisions(self, project: str, version: str) -> list[Revision]:
        """All revisions of a version, oldest training first."""
