"""What is recorded: the types that pass between the hot path, the spool, shipping and mirroring."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from msgspec import Struct

from services.errors import RelevoError
from services.registry.model import Field, Mode

Value = float | int | str | bool | None
"""One input as it came in a request; None is missing."""

OnRecorded = Callable[[RelevoError | None], None]
"""Called once on the loop: None when the rows are durable, else why they are not."""


class Durability(StrEnum):
    """When rows count as recorded.

    `process`: a killed gateway loses nothing; a power cut at most what was acknowledged within 50 ms,
    because further acknowledgements wait for the sync. `disk`: synced to the spool's disk. `store`: in
    the store, for nodes whose disk may vanish.
    """

    PROCESS = "process"
    DISK = "disk"
    STORE = "store"


class RecordingLimits(Struct, frozen=True):
    """How much is held, and how long things wait.

    Attributes:
        spool_bytes: unshipped bytes beyond which requests are refused.
        reserve_bytes: kept free on the spool's disk, so that a full one can still be emptied.
        sync_seconds: of durability `process`, the time within which all that was acknowledged and is not
            yet on the disk was acknowledged.
        ship_seconds: how long shipping waits for more rows, so that batches are worth their price.
        store_seconds: how long an answer of durability `store` waits for the store.
        lookup_seconds: how long labels wait for the store to say what they match.
        repeat_seconds: age of a row from which on it is looked up before it is shipped, in case somebody
            else has brought it; readers remember younger ones.
        shippers: batches written to the store side by side.
        mirror_rows: rows that wait for one challenger; what is beyond, it catches up from the log.
        mirror_seconds: age of a request at which it is left to the catching up.
        ask_seconds: how long a challenger may take for one batch.
        catch_up_seconds: how long a row may lack a challenger's answer before that is caught up.
        look_seconds: how often the log is looked at for such rows.
        lease_seconds: after which another replica takes the catching up over.
    """

    spool_bytes: int = 4 << 30
    reserve_bytes: int = 8 << 20
    sync_seconds: float = 0.05
    ship_seconds: float = 0.5
    store_seconds: float = 10.0
    lookup_seconds: float = 3.0
    repeat_seconds: float = 10.0
    shippers: int = 4
    mirror_rows: int = 20_000
    mirror_seconds: float = 30.0
    ask_seconds: float = 10.0
    catch_up_seconds: float = 60.0
    look_seconds: float = 5.0
    lease_seconds: float = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class AnswerOrigin:
    """What many answers share; make one per version, revision and request schema, and keep it.

    Attributes:
        fields: of a request's rows, in the order of `AnsweredRows.rows`: the version's own inputs and those
            that only other versions want (`RequestSchema.fields`).
        classes: in the order of `AnsweredRows.probabilities`; empty for regression.
        late: answered by a challenger that caught up.
    """

    project: str
    version: str
    revision: str
    mode: Mode
    fields: tuple[Field, ...]
    classes: tuple[str, ...] = ()
    late: bool = False


class AnsweredRows(Struct, array_like=True, gc=False):
    """Rows that one version answered in one go, n of them.

    Attributes:
        ids: 16 n bytes: each prediction id, big-endian (`UUID.bytes`).
        rows: n sequences of values in the order of the origin's fields.
        predicted: n numbers or class names.
        probabilities: n lists, a probability per class of the origin; None where the model gives none.
        latency_ms: what the model's answer took.
        propensity: the probability with which the policy chose this version, of all rows or n of them;
            0 for an answer in the shadow, NaN where the client asked for this version by name. Only
            chosen rows are caught up by the challengers.
        brought: whether the client brought the ids.
    """

    ids: bytes
    rows: Sequence[Sequence[Value]]
    predicted: Sequence[float | str]
    probabilities: Sequence[Sequence[float]] | None = None
    latency_ms: float = 0.0
    propensity: float | Sequence[float] = 1.0
    brought: bool = False


class Labels(Struct, array_like=True, gc=False):
    """True values of one project, n of them.

    Attributes:
        ids: 16 n bytes, big-endian.
        labels: n numbers, or n class names.
        labelled_at: of the first, in microseconds since the Unix epoch; each next one is one later, so
            that of two labels of an id the last one counts.
    """

    ids: bytes
    labels: Sequence[float] | Sequence[str]
    labelled_at: int
