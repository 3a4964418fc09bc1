"""Follows a project's log: every refresh reads what is new, and nothing else."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from services.errors import Conflict, NotFound
from services.evaluation.historical import HistoricalReader
from services.evaluation.join.joiner import HELD_ROWS
from services.evaluation.join.past_rows import LiveTables
from services.evaluation.model import ProjectView, Span, Traffic
from services.evaluation.reader.buckets import DamagedSummary, TimeWindow
from services.evaluation.reader.ingest import ingest, read_slice
from services.evaluation.reader.rollups import KEPT_ROWS, open_state, pack_state, rebuilt_state
from services.evaluation.reader.state import ReaderState
from services.evaluation.reader.views import evolution_of, project_view, traffic_of
from services.instants import instant
from services.registry.model import Project
from services.store.interface import Store

SLICE_ROWS = 200_000

Result = TypeVar("Result")
Cancelled = Callable[[], bool] | None


class ProjectReader:
    """One project's live data, joined and summarised; may be used from several threads.

    The first call opens the newest rollups and reads the log after them; later ones read the log after
    their own cursors. A failed or cancelled call leaves everything as it was, or further on.

    Args:
        store: the store to read; calls block on it.
        project: the project's name.
        clock: Unix seconds.
        held_rows: how many predictions and labels are held in memory for joining.
    """

    def __init__(
        self, store: Store, project: str, *, clock: Callable[[], float] = time.time,
        held_rows: int = HELD_ROWS,
    ) -> None:  # fmt: skip
        self._store = store
        self._name = project
        self._clock = clock
        self._held_rows = held_rows
        self._lock = threading.Lock()
        self._state: ReaderState | None = None
        self._historical = HistoricalReader(store)
        self._last: tuple[object, ProjectView] | None = None

    def refresh(self, span: Span, cancelled: Cancelled = None, *, variable: str = "") -> ProjectView:
        """Read what is new and look at the project.

        Args:
            span: which requests the live side counts, by their time.
            cancelled: asked between entries of the log; true ends the call.
            variable: an input's name as users write it, or its column, whose course is wanted too.

        Raises:
            NotFound: there is no such project.
            Cancelled: `cancelled` said so.
            Unavailable: the store cannot be reached; calling again goes on where this one stopped.
        """
        return self._mending(lambda: self._refresh(span, cancelled, variable))

    def _refresh(self, span: Span, cancelled: Cancelled, variable: str) -> ProjectView:
        project = self._project()
        historical = self._historical.views(project)
        field = project.input_named(variable)
        wanted = None if field is None else (field, self._historical.series(project, field.column))
        state, rows = self._follow(project, cancelled)
        window = TimeWindow(span, self._clock())
        sums = state.buckets.summed(window)
        evolution = None
        if wanted is not None:
            versions = [version.name for version in project.champion_first]
            evolution = evolution_of(*wanted, state.buckets.inputs(wanted[0].column, versions, window))
        seen = (project, span, state.buckets.changes, sums.start, id(historical))
        if self._last is None or self._last[0] != seen:
            view = project_view(state, project, window, sums, historical=historical, rows_read=rows)
            self._last = (seen, view)
        return replace(self._last[1], at=instant(window.now), rows_read=rows, evolution=evolution)

    def desired_revisions(self, cancelled: Cancelled = None) -> ProjectView:
        """Read what is new and look at the revisions that are desired now, over all time.

        Args:
            cancelled: as for `refresh`.

        Raises:
            NotFound: there is no such project.
        """

        def look() -> ProjectView:
            project = self._project()
            historical = self._historical.views(project)
            state, rows = self._follow(project, cancelled)
            window = TimeWindow(Span.ALL, self._clock())
            sums = state.buckets.summed(window)
            return project_view(
                state, project, window, sums,
                historical=historical, rows_read=rows, desired_only=True,
            )  # fmt: skip

        return self._mending(look)

    def traffic(self, project: Project, cancelled: Cancelled = None) -> Traffic:
        """Read what is new and tell how much the champion is asked: no metrics, no training set.

        Args:
            project: as it was just read from the registry.
            cancelled: as for `refresh`.
        """

        def look() -> Traffic:
            state, _ = self._follow(project, cancelled)
            buckets, now = state.buckets, self._clock()
            streams = buckets.streams_of(project.champion)
            every = buckets.within(TimeWindow(Span.ALL, now), streams)
            return traffic_of(state, every, buckets.within(TimeWindow(Span.HOUR, now), streams))

        return self._mending(look)

    def follow(self, cancelled: Cancelled = None) -> int:
        """Read and count what is new, without looking; returns how many rows that was."""
        return self._mending(lambda: self._follow(self._project(), cancelled)[1])

    def start_anew(self) -> None:
        """Count everything from the log's start, whatever is stored; `write_rollups` then replaces that.

        Raises what the store raises.
        """
        with self._lock:
            state = ReaderState.empty(self._project(), self._held_rows)
            state.generation = self._store.newest_rollups(self._name)
            self._start_from(state)

    def write_rollups(self, *, kept_rows: int = KEPT_ROWS) -> int:
        """Store all that has been counted as the next generation of rollups, and return its number.

        Args:
            kept_rows: how many of the newest predictions and labels go along, to be joined in memory.

        Raises:
            Conflict: another process wrote that generation; this reader then starts from it.
        """
        return self._mending(lambda: self._write_rollups(kept_rows))

    def _write_rollups(self, kept_rows: int) -> int:
        state = self._opened(self._project())
        rollup = pack_state(state, kept_rows=kept_rows)
        try:
            self._store.write_rollups(self._name, rollup.generation, rollup.summaries, rollup.manifest)
        except Conflict:
            self._start_from(None)
            raise
        state.generation = rollup.generation
        return rollup.generation

    def _mending(self, work: Callable[[], Result]) -> Result:
        """Do one thing at a time; again from the log's start where a stored summary turns out damaged."""
        with self._lock:
            try:
                return work()
            except DamagedSummary as damage:
                generation = 0 if self._state is None else self._state.generation
                self._start_from(
                    rebuilt_state(self._project(), damage, generation=generation, held_rows=self._held_rows)
                )
                return work()

    def _start_from(self, state: ReaderState | None) -> None:
        """Count on from another state; None for that of the newest rollups."""
        self._state, self._last = state, None

    def _project(self) -> Project:
        project = self._store.project(self._name)
        if project is None:
            raise NotFound(f"there is no project {self._name!r}")
        return project

    def _opened(self, project: Project) -> ReaderState:
        if self._state is None:
            self._state = open_state(self._store, project, held_rows=self._held_rows)
        self._state.add_versions(project)
        return self._state

    def _follow(self, project: Project, cancelled: Cancelled) -> tuple[ReaderState, int]:
        """Read the log to its end, a slice at a time, and count it."""
        state, total = self._opened(project), 0
        while True:
            entries = self._store.read(self._name, state.cursors, limit=SLICE_ROWS)
            slice_ = read_slice(entries, state.cursors, cancelled)
            if slice_.versions() - state.encoders.keys():
                state.add_versions(self._project())
            ingest(state, LiveTables(self._store, self._name), slice_, self._clock())
            total += slice_.rows
            if slice_.rows < SLICE_ROWS:
                return state, total
