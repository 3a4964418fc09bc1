"""Whether what a store has of a project fits together: log, live tables, labels, rollups and registry."""

from collections.abc import Callable

import msgspec

from services.errors import Cancelled, Corrupt, InvalidInput, NotFound
from services.evaluation.model import ProjectView, Span
from services.evaluation.reader.reader import ProjectReader
from services.registry.model import Mode, Project
from services.store.interface import Store
from services.store.log.gaps import find_gaps, lost_batches
from services.store.repair import repair_live_tables

_HELD_ROWS = 200_000
_ATTEMPTS = 5


class Consistency(msgspec.Struct, frozen=True):
    """What does not fit together of a project, or did not before it was repaired.

    Attributes:
        rows: of the log, looked at.
        gaps: places of the log at which nothing stands; what is on its way counts too.
        lost: batches that were found lost until now.
        unreadable: batches and chunks of the log that nobody can decode.
        predictions, labels, history: rows of the log that live tables and label history lack.
        refused: rows that no table takes, and why.
        rollups: how what is stored differs from the log; empty if it does not.
        registry: what contradicts itself there.
        repaired: whether live tables and label history were repaired.
        written: whether rollups were written anew. They are not where the log lacks something: what was
            counted before it got lost would be lost with it.
    """

    project: str
    rows: int = 0
    gaps: int = 0
    lost: int = 0
    unreadable: int = 0
    predictions: int = 0
    labels: int = 0
    history: int = 0
    refused: int = 0
    reasons: list[str] = []
    rollups: str = ""
    registry: list[str] = []
    repaired: bool = False
    written: bool = False

    @property
    def whole(self) -> bool:
        """Whether nothing differs, or all that did was repaired."""
        brought = self.predictions + self.labels + self.history
        left = self.gaps + self.lost + self.unreadable + self.refused + len(self.registry)
        return not (left or (brought and not self.repaired) or (self.rollups and not self.written))

    def lines(self) -> list[str]:
        """What differs, one thing a line."""
        brought = "brought" if self.repaired else "lacking"
        told = [
            (
                self.gaps,
                f"{self.gaps} places of the log are empty: on their way, or passed in five minutes",
            ),
            (self.lost, f"{self.lost} batches of the log are lost"),
            (self.unreadable, f"{self.unreadable} batches of the log cannot be read"),
            (self.predictions, f"{self.predictions} predictions {brought} in live tables"),
            (self.labels, f"{self.labels} labels {brought} in live tables"),
            (self.history, f"{self.history} labels {brought} in the label history"),
            (self.refused, f"{self.refused} rows fit no live table: {'; '.join(self.reasons)}"),
            (self.rollups, f"rollups{' written anew' if self.written else ''}: {self.rollups}"),
        ]
        return [line for found, line in told if found] + [f"registry: {line}" for line in self.registry]


def check_project(
    store: Store, name: str, *, repair: bool = False, cancelled: Callable[[], bool] = lambda: False
) -> Consistency:
    """Compare all that a store has of a project; reads the whole log, so it takes a while.

    Args:
        store: of the platform or workspace.
        name: of the project.
        repair: whether live tables, label history and rollups get what they lack. What is gone from the
            log, and what a person must decide, is only told.
        cancelled: asked now and then.

    Raises:
        NotFound: there is no such project.
        Cancelled: `cancelled` said so.
        Unavailable and other errors of the store.
    """
    project = store.project(name)
    if project is None:
        raise NotFound(f"there is no project {name!r}")
    live = repair_live_tables(store, name, cancelled=cancelled, write=repair)
    if cancelled():
        raise Cancelled
    gaps = sum(len(gap.missing) + gap.keeps_open for gap in find_gaps(store, name))
    lost = lost_batches(store).get(name, 0)
    unreadable = store.unreadable(name)
    writes = repair and not (gaps or lost or unreadable)
    rollups = _compare_rollups(store, name, cancelled, write=writes)
    return Consistency(
        project=name,
        rows=live.rows,
        gaps=gaps,
        lost=lost,
        unreadable=unreadable,
        predictions=live.predictions,
        labels=live.labels,
        history=live.history,
        refused=live.refused,
        reasons=live.reasons,
        rollups=rollups,
        registry=_contradictions(store, project),
        repaired=repair,
        written=bool(rollups) and writes,
    )


def check_projects(store: Store, *, repair: bool = False) -> list[Consistency]:
    """`check_project` for all of a store; one that cannot be looked at is told among them."""
    found = []
    for name in store.projects():
        try:
            found.append(check_project(store, name, repair=repair))
        except (Corrupt, InvalidInput) as error:
            found.append(Consistency(name, registry=[error.message]))
    return found


def _compare_rollups(store: Store, name: str, cancelled: Callable[[], bool], *, write: bool) -> str:
    """How what was stored counts otherwise than the log itself; empty if it does not."""
    if not store.newest_rollups(name):
        return ""
    stored = ProjectReader(store, name, held_rows=_HELD_ROWS)
    anew = ProjectReader(store, name, held_rows=_HELD_ROWS)
    anew.start_anew()
    differs = ""
    for _ in range(_ATTEMPTS):  # rows may come between two looks
        right, found = anew.refresh(Span.ALL, cancelled), stored.refresh(Span.ALL, cancelled)
        differs = found.rebuilt or _difference(_counts(found), _counts(right))
        if not differs or found.rebuilt:
            break
    if differs and write:
        anew.write_rollups()
    return differs


def _counts(view: ProjectView) -> dict[str, tuple[int, int]]:
    return {name: (version.predictions, version.labelled) for name, version in view.live.items()}


def _difference(found: dict[str, tuple[int, int]], right: dict[str, tuple[int, int]]) -> str:
    return "; ".join(
        f"{name} has {found.get(name, (0, 0))[0]} rows, {found.get(name, (0, 0))[1]} labelled, and should "
        f"have {predicted} and {labelled}"
        for name, (predicted, labelled) in right.items()
        if found.get(name, (0, 0)) != (predicted, labelled)
    )


def _contradictions(store: Store, project: Project) -> list[str]:
    champions = [version.name for version in project.versions if version.mode is Mode.CHAMPION]
    found = []
    if champions != [project.champion]:
        named = ", ".join(champions) or "none"
        found.append(f"the champion is {project.champion}, but marked as such: {named}")
    history = store.history(project.name)
    if not history or history[-1].generation != project.generation:
        found.append(f"change number {project.generation} of the champion is not in its history")
    for version in project.versions:
        known = {revision.sha256 for revision in store.revisions(project.name, version.name)}
        if known and version.revision not in known:
            found.append(f"version {version.name} wants revision {version.revision[:12]}, which is unknown")
    return found
