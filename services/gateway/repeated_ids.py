"""Ids that come again: the recorded answer for the same row, a conflict for another one.

What a client asks again with its own ids must not become a second truth, whatever has changed meanwhile:
the champion, its revision, the gateway that is asked. This gateway remembers what it has recorded lately;
what is older is looked up in the store. While that cannot be reached, only the memory counts.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from services.errors import Conflict, NotFound, RelevoError
from services.gateway.label_matching import RecentEntries
from services.gateway.prediction_ids import id_texts
from services.gateway.protocols import PredictionAnswer
from services.gateway.records import AnsweredRows, AnswerOrigin, Value
from services.gateway.replies import SplitReply
from services.registry.model import Mode, Project, Signature
from services.store.batches import Categorical, Column, PredictionBatch
from services.store.identifiers import milliseconds, unpack_ids
from services.store.interface import Store

if TYPE_CHECKING:
    from services.gateway.version_route import PendingRequest, VersionRoute

_logger = logging.getLogger(__name__)
_REMEMBERED = 20_000
_MOST_CLASSES = 32
"""Of a remembered answer, so that the memory stays small; other answers are in the store soon."""
_MOST_ROWS = 1_000
"""Answered together that are remembered, so that the loop is not held; others are in the store soon."""
_FRESH_MILLISECONDS = 1_000
"""Age of an id from which on the store may know it: what is recorded is shipped within this time."""
_LOOKUP_SECONDS = 1.0
_LOOKUPS_AT_ONCE, _LOOKUPS_WAITING = 2, 16


class RecordedAnswer(NamedTuple):
    """What was recorded for one id.

    Attributes:
        row: a hash of the answering version's own inputs, good in this process.
        probabilities: in the order of `classes`; None where the model gave none.
    """

    version: str
    revision: str
    row: int
    prediction: float | str
    probabilities: tuple[float, ...] | None
    classes: tuple[str, ...]


class RepeatedIds:
    """Stands before a version that is asked with ids that clients brought; used on the loop.

    Args:
        store: the open store, or raises Unavailable; called from threads.
        reachable: whether the store answers at the moment.
    """

    def __init__(self, store: Callable[[], Store], reachable: Callable[[], bool]) -> None:
        self._store = store
        self._reachable = reachable
        self._recent: RecentEntries[tuple[RecordedAnswer, ...]] = RecentEntries(_REMEMBERED)
        self._under_way: dict[bytes, asyncio.Future[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._pool = ThreadPoolExecutor(_LOOKUPS_AT_ONCE, "id-lookup")
        self._waiting = 0

    def remember(self, origin: AnswerOrigin, answers: AnsweredRows, signature: Signature) -> None:
        """These answers are recorded under ids that a client brought."""
        if len(origin.classes) > _MOST_CLASSES or len(answers.predicted) > _MOST_ROWS:
            return
        hashes = row_hashes(signature, [field.name for field in origin.fields], answers.rows)
        scores, version = answers.probabilities, origin.version
        keys = _keys(origin.project, _split(answers.ids))
        for place, key in enumerate(keys):
            answer = RecordedAnswer(
                version,
                origin.revision,
                hashes[place],
                answers.predicted[place],
                None if scores is None else tuple(scores[place]),
                origin.classes,
            )
            others = self._recent.get(key) or ()
            self._recent.put(key, (answer, *(one for one in others if one.version != version)))

    def ask(self, route: "VersionRoute", request: "PendingRequest") -> None:
        """Let the version answer what nobody has answered yet, and give the rest as it was recorded.

        Raises:
            Unavailable: no service of the version has registered, or too many requests wait.
        """
        ids = _split(request.ids or b"")
        if self._are_new(route, ids):
            self._enqueue(route, request, ids)
            return
        task = asyncio.get_running_loop().create_task(self._answer(route, request, ids))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """End the lookups."""
        self._pool.shutdown(cancel_futures=True)

    def _are_new(self, route: "VersionRoute", ids: Sequence[bytes]) -> bool:
        """Whether none of the ids can have been recorded anywhere."""
        keys = _keys(route.project.name, ids)
        if not self._under_way.keys().isdisjoint(keys) or any(map(self._recent.get, keys)):
            return False
        return not (self._reachable() and _old(ids).any())

    def _remembered(self, project: Project, id_: bytes, versions: Sequence[str]) -> RecordedAnswer | None:
        (key,) = _keys(project.name, [id_])
        answers = self._recent.get(key) or ()
        found = (answer for name in versions for answer in answers if answer.version == name)
        return next(found, None)

    def _enqueue(self, route: "VersionRoute", request: "PendingRequest", ids: Sequence[bytes]) -> None:
        """Ask the version; until that is settled the same ids wait."""
        keys = _keys(route.project.name, ids)
        future = asyncio.get_running_loop().create_future()
        self._under_way |= dict.fromkeys(keys, future)

        def settled() -> None:
            for key in keys:
                self._under_way.pop(key, None)
            if not future.done():
                future.set_result(None)

        try:
            route.enqueue_new(replace(request, settled=settled))
        except BaseException:
            settled()
            raise

    async def _answer(self, route: "VersionRoute", request: "PendingRequest", ids: Sequence[bytes]) -> None:
        try:
            await self._settle(route, request, ids)
        except Exception as error:  # noqa: BLE001 - told to the client like any other refusal
            if not request.reply.given:
                route.count_refused(request.reply.refuse(error))

    async def _settle(self, route: "VersionRoute", request: "PendingRequest", ids: Sequence[bytes]) -> None:
        keys = _keys(route.project.name, ids)
        while waiting := {self._under_way[key] for key in keys if key in self._under_way}:
            await asyncio.wait(waiting)
        candidates = _candidates(route, request)
        known = {id_: self._remembered(route.project, id_, candidates) for id_ in ids}
        unknown = [id_ for id_ in ids if known[id_] is None]
        known |= await self._look_up(route.project, unknown, candidates, by_name=request.is_by_name)
        if any(key in self._under_way for key in keys):  # another request took them meanwhile
            await self._settle(route, request, ids)
            return
        # What was answered meanwhile, by this gateway.
        known |= {
            id_: answer
            for id_ in unknown
            if (answer := self._remembered(route.project, id_, candidates)) is not None
        }
        recorded = [(place, answer) for place, id_ in enumerate(ids) if (answer := known[id_]) is not None]
        self._check_rows(route, request, recorded)
        rest = [place for place, id_ in enumerate(ids) if known[id_] is None]
        if not recorded:
            self._enqueue(route, request, ids)
            return
        places = [place for place, _ in recorded]
        told = _told(route.project.name, [ids[place] for place in places], [one for _, one in recorded])
        if not rest:
            request.reply.answer(told)
            return
        split = SplitReply(request.reply, 2)
        split.part(places).answer(told)
        self._enqueue(
            route,
            replace(
                request,
                reply=split.part(rest),
                rows=[request.rows[place] for place in rest],
                ids=b"".join([ids[place] for place in rest]),
            ),
            [ids[place] for place in rest],
        )

    def _check_rows(
        self,
        route: "VersionRoute",
        request: "PendingRequest",
        recorded: Sequence[tuple[int, RecordedAnswer]],
    ) -> None:
        """Conflict if an id was recorded for another row."""
        names = [field.name for field in route.schema.fields]
        values = route.schema.values([request.rows[place] for place, _ in recorded])
        for (place, answer), row in zip(recorded, values, strict=True):
            version = route.project.version(answer.version)
            if version is None:
                continue
            if row_hashes(version.signature, names, [row]) != [answer.row]:
                (text,) = id_texts((request.ids or b"")[16 * place : 16 * place + 16])
                raise Conflict(
                    f"the id {text} stands for another row, which is recorded already",
                    remedy="Give each row an id of its own; repeat an id only with the very same row.",
                )

    async def _look_up(
        self, project: Project, ids: Sequence[bytes], versions: Sequence[str], *, by_name: bool
    ) -> dict[bytes, RecordedAnswer]:
        """What the store has recorded; nothing where it does not say so in time."""
        asked = [id_ for id_, old in zip(ids, _old(ids), strict=True) if old]
        if not asked or not self._reachable() or self._waiting >= _LOOKUPS_WAITING:
            return {}
        loop = asyncio.get_running_loop()
        self._waiting += 1
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                return await loop.run_in_executor(
                    self._pool, lambda: look_up(self._store, project, asked, versions, by_name=by_name)
                )
        except TimeoutError:
            _logger.warning("the store was too slow to say which ids of %s are recorded", project.name)
        except RelevoError as error:
            _logger.info("the store cannot say which ids of %s are recorded: %s", project.name, error)
        finally:
            self._waiting -= 1
        return {}


def look_up(
    opener: Callable[[], Store],
    project: Project,
    ids: Collection[bytes],
    versions: Sequence[str],
    *,
    by_name: bool,
) -> dict[bytes, RecordedAnswer]:
    """What the store has recorded of these ids; blocks, and raises what the store raises.

    Args:
        opener: gives the store.
        project: as the registry has it.
        ids: 16 bytes each.
        versions: whose rows count, the likeliest first.
        by_name: whether a version's row counts although it was asked in the shadow only.
    """
    store, found = opener(), dict[bytes, RecordedAnswer]()
    for name in versions:
        version = project.version(name)
        missing = [id_ for id_ in ids if id_ not in found]
        if version is None or not missing:
            continue
        try:
            batches = store.prediction_batches(project.name, name, unpack_ids(b"".join(missing)))
        except NotFound:  # it has no rows yet, not even a table
            continue
        for batch in batches:
            found |= _recorded(batch, version.signature, by_name=by_name)
    return found


def _recorded(
    batch: PredictionBatch, signature: Signature, *, by_name: bool
) -> dict[bytes, RecordedAnswer]:
    columns = [_values(batch.inputs.get(field.column), len(batch)) for field in signature.inputs]
    names = [field.name for field in signature.inputs]
    hashes = row_hashes(signature, names, list(zip(*columns, strict=True)))
    predictions = _values(batch.predicted, len(batch))
    packed = batch.ids.astype(np.dtype(">u8")).tobytes()
    found = {}
    for place, propensity in enumerate(batch.propensity.tolist()):
        if propensity == 0 and batch.mode is not Mode.CHAMPION and not by_name:
            continue
        scores = None if batch.scores is None else batch.scores[place]
        known = scores is not None and not np.isnan(scores).any()
        found[packed[16 * place : 16 * place + 16]] = RecordedAnswer(
            batch.version,
            batch.revision,
            hashes[place],
            predictions[place],
            tuple(scores.tolist()) if scores is not None and known else None,
            signature.classes,
        )
    return found


def _values(column: Column | None, count: int) -> list[Any]:
    if column is None:
        return [None] * count
    return column.texts() if isinstance(column, Categorical) else column.tolist()


def row_hashes(signature: Signature, names: Sequence[str], rows: Sequence[Sequence[Value]]) -> list[int]:
    """A hash of a version's own inputs in each row; 5 and 5.0 have the same one, and so have None and NaN.

    Args:
        signature: of the version.
        names: of a row's values, in their order; an input that is not among them is missing.
        rows: None or NaN where a value is missing.
    """
    own = [field.name for field in signature.inputs]
    if list(names) != own:
        places = [names.index(name) if name in names else None for name in own]
        rows = [[None if place is None else row[place] for place in places] for row in rows]
    # Only NaN is not equal to itself.
    return [hash(tuple([value if value == value else None for value in row])) for row in rows]  # noqa: PLR0124


def _candidates(route: "VersionRoute", request: "PendingRequest") -> list[str]:
    """Whose rows count: that of the version asked by name, or of any, the one that would answer first."""
    if request.is_by_name:
        return [route.version.name]
    others = [one.name for one in route.project.versions if one.name != route.version.name]
    return [route.version.name, *others]


def _told(project: str, ids: Sequence[bytes], answers: Sequence[RecordedAnswer]) -> PredictionAnswer:
    return PredictionAnswer(
        project,
        [answer.version for answer in answers],
        [answer.revision for answer in answers],
        id_texts(b"".join(ids)),
        [answer.prediction for answer in answers],
        [answer.probabilities for answer in answers],
        [answer.classes for answer in answers],
    )


def _split(ids: bytes) -> list[bytes]:
    return [ids[start : start + 16] for start in range(0, len(ids), 16)]


def _keys(project: str, ids: Sequence[bytes]) -> list[bytes]:
    prefix = project.encode() + b"/"
    return [prefix + id_ for id_ in ids]


def _old(ids: Sequence[bytes]) -> Any:
    """Which ids the store may know, shape (n,)."""
    return time.time() * 1_000 - milliseconds(unpack_ids(b"".join(ids))) > _FRESH_MILLISECONDS
