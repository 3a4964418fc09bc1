"""The registry's rules that every driver applies before it asks its database for the condition."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from msgspec.structs import replace

from services.errors import Conflict, InvalidInput, NotFound
from services.registry.model import ChampionChange, Mode, PolicyChoice, Project, RevisionChange, Version
from services.store.names import validate_project, validate_version
from services.store.registry_codec import whole_milliseconds

Change = TypeVar("Change", ChampionChange, RevisionChange)


def checked_version(version: Version) -> Version:
    """The version as it is stored; InvalidInput where a name could not be a table's."""
    validate_project(version.project)
    validate_version(version.name)
    return replace(version, created_at=whole_milliseconds(version.created_at))


def check_registration(project: Project | None, version: Version) -> None:
    """Raise what registering would be refused for, before anything is made for the version.

    Args:
        project: as it is registered; None if it is new.
        version: of it.

    Raises:
        InvalidInput: a name could not be a table's.
        Conflict: see `registered`.
    """
    checked_version(version)
    if project is not None:
        registered(project, version)


def first_change(version: Version, who: str) -> ChampionChange:
    """Generation 1: a project's first version becomes its champion."""
    return ChampionChange(
        project=version.project,
        generation=1,
        at=version.created_at,
        previous="",
        champion=version.name,
        who=who,
        reason="first version registered",
    )


def first_revision_change(version: Version, who: str) -> RevisionChange:
    """Number 1: a version comes with the revision it was registered with."""
    return RevisionChange(
        project=version.project,
        version=version.name,
        at=version.created_at,
        previous="",
        revision=version.revision,
        who=who,
        reason="version registered",
        number=1,
    )


def registered(project: Project, version: Version) -> Version:
    """A new version as it joins a project, or an old one with its new addresses.

    Raises:
        Conflict: the project has another task, or a version of that name in other letter case,
            whose tables would be the same, or with another signature.
    """
    if version.signature.task is not project.task:
        raise Conflict(
            f"project {project.name!r} is about {project.task}, version {version.name!r} about "
            f"{version.signature.task}"
        )
    known = project.version(version.name)
    if known is not None and known.signature != version.signature:
        raise Conflict(
            f"version {version.name} of {project.name} is registered with another signature",
            remedy="Publish it as a new version.",
        )
    if known is not None:
        return replace(
            known,
            endpoint=version.endpoint or known.endpoint,
            url=version.url or known.url,
            image=version.image or known.image,
        )
    if any(other.name.lower() == version.name.lower() for other in project.versions):
        raise Conflict(f"project {project.name!r} has a version {version.name!r} in other letter case")
    order = 1 + max(other.order for other in project.versions)
    return replace(version, mode=Mode.CHALLENGER, order=order)


def checked_flip(change: ChampionChange, seen_generation: int) -> ChampionChange:
    """The change as it is stored; InvalidInput if it contradicts itself."""
    if change.generation != seen_generation + 1:
        raise InvalidInput("a change of champion carries the generation after the one that was seen")
    if change.previous == change.champion:
        raise InvalidInput(f"version {change.champion!r} cannot replace itself")
    return replace(change, at=whole_milliseconds(change.at))


def checked_revision_change(change: RevisionChange) -> RevisionChange:
    """The change as it is stored, but for its number; InvalidInput if it changes nothing."""
    if change.revision == change.previous:
        raise InvalidInput(f"version {change.version!r} wants revision {change.revision[:12]!r} already")
    return replace(change, at=whole_milliseconds(change.at))


def known(project: Project | None, name: str) -> Project:
    """The project, or NotFound."""
    if project is None:
        raise NotFound(f"there is no project {name!r}")
    return project


def known_version(project: Project, name: str) -> Version:
    """The project's version, or NotFound."""
    version = project.version(name)
    if version is None:
        raise NotFound(f"project {project.name!r} has no version {name!r}")
    return version


def check_flip(project: Project, change: ChampionChange, seen_generation: int) -> None:
    """Conflict, with what stands now, unless the change fits the project as it is."""
    challenger = known_version(project, change.champion)
    if project.champion != change.previous or project.generation != seen_generation:
        raise Conflict(
            f"the champion of {project.name!r} is {project.champion!r} by now "
            f"(change number {project.generation}); look again, then decide"
        )
    if challenger.mode is not Mode.CHALLENGER:
        raise Conflict(
            f"version {challenger.name!r} of {project.name!r} is {challenger.mode}, not a challenger"
        )


def check_retire(project: Project, version: str) -> Mode:
    """The version's mode now; Conflict if it is the champion, NotFound if unknown."""
    mode = known_version(project, version).mode
    if mode is Mode.CHAMPION:
        raise Conflict(
            f"version {version!r} is the champion of {project.name!r}; give another version its place first"
        )
    return mode


def check_revision_change(project: Project, change: RevisionChange) -> None:
    """Conflict if the version desires another revision than `previous`, NotFound if it is unknown."""
    desired = known_version(project, change.version).revision
    if desired != change.previous:
        raise Conflict(
            f"version {change.version!r} of {project.name!r} wants revision {desired[:12]!r} by now"
        )


def check_policy(project: Project, expected: PolicyChoice) -> None:
    """Conflict if the routing policy is another by now."""
    if project.policy != expected:
        raise Conflict(f"the policy of {project.name!r} is {project.policy.name!r} by now; look again")


def with_last_change(
    rows: Iterable[Change], last: Change | None, place: Callable[[Change], int]
) -> list[Change]:
    """The history by place, completed by the last change if its row is still missing."""
    changes = {place(change): change for change in rows}
    if last is not None:
        changes.setdefault(place(last), last)
    return [changes[number] for number in sorted(changes)]
