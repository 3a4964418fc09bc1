"""What travels over the gateway's API, as types shared by the gateway and its clients."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from services.gateway.request_limits import LONGEST_REVISION, LONGEST_TEXT, MOST_ROWS
from services.registry.model import Listener, Mode, PolicyChoice, Project, Revision, Signature, TokenRole

_TIME_BASED = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[17][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
PredictionId = Annotated[
    str,
    Meta(
        description="A time-based UUID (version 1 or 7).",
        extra_json_schema={"format": "uuid", "pattern": _TIME_BASED},
    ),
]
Words = Annotated[str, Meta(pattern=r"\S", max_length=LONGEST_TEXT)]
"""A text that says something."""
RevisionName = Annotated[str, Meta(max_length=LONGEST_REVISION)]
Instances = Annotated[list[dict[str, float | str | bool | None]], Meta(min_length=1, max_length=MOST_ROWS)]


class PredictRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Instances by the names of a project's inputs, and ids if the client brings its own.

    A project's own description has the inputs; ids, one an instance, make a retry safe.
    """

    instances: Instances
    ids: Annotated[list[PredictionId], Meta(max_length=MOST_ROWS)] | None = None


class Answer(Struct, frozen=True):
    """One row's prediction.

    Attributes:
        id: the prediction id, which a label names later.
        prediction: a number, or the class's name.
        probabilities: by class, for models that give them; else None.
    """

    id: str
    prediction: float | str
    probabilities: dict[str, float] | None
    version: str
    revision: str


class Answers(Struct, frozen=True):
    """One answer for each instance asked, in their order."""

    predictions: list[Answer]


class TryRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Instances to ask a version, of which nothing is kept."""

    instances: Instances


class Tried(Struct, frozen=True):
    """A version's answers to instances that nobody recorded; `probabilities` holds one list a class."""

    predictions: list[float | str]
    probabilities: dict[str, list[float]] | None
    revision: str


class LabelItem(Struct, frozen=True, forbid_unknown_fields=True):
    """The true value of one prediction."""

    id: PredictionId
    label: float | Annotated[str, Meta(max_length=LONGEST_TEXT)] | bool


Labels = Annotated[list[LabelItem], Meta(max_length=MOST_ROWS)]


class LabelCounts(Struct, frozen=True):
    """What became of the labels of one request; `accepted` counts them all.

    Attributes:
        corrected: how many replaced another label.
        not_yet_matched: how many name an id that no version's row stands under yet.
        unknown_class: how many name a class that no model of the project knows.
    """

    accepted: int
    corrected: int
    not_yet_matched: int
    unknown_class: int


class VersionStatus(Struct, frozen=True):
    """How a version fares at the replica that answers.

    Attributes:
        health: `ok`, `down`, or `unknown` before it was first asked.
        skipped: rows it could not be asked for, lacking an input: of all replicas, since it was registered.
        lag: rows answered by the champion that it has yet to see.
        errors: calls of it that failed since the replica started.
    """

    health: Literal["ok", "down", "unknown"] = "unknown"
    skipped: int = 0
    lag: int = 0
    errors: int = 0


class ProjectStatus(Project, frozen=True):
    """A project, and how each of its versions fares.

    Attributes:
        lost_batches: batches that the store has lost of the project's log: no figure counts their rows.
    """

    status: dict[str, VersionStatus] = field(default_factory=dict)
    lost_batches: int = 0


class ChampionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Make `champion` the champion, if `expected` still is and `generation` is still what was seen.

    One that does not answer is refused, unless `force` says that it is meant.
    """

    champion: str
    expected: str
    generation: int
    reason: Words
    who: Words
    force: bool = False


class Answering(Struct, frozen=True):
    """Whether a version answers now, asked through the gateway that is asked.

    Attributes:
        mode: its part in production, by which this gateway routes.
        answers: whether its service says that it is well, and kept the contract when it was asked last.
        reason: why not, in words.
    """

    mode: Mode
    answers: bool
    reason: str = ""


class PolicyRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Change the routing policy, if it is still `expected`."""

    policy: PolicyChoice
    expected: PolicyChoice


class RevisionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Change a version's desired revision, if it is still `expected`."""

    revision: RevisionName
    expected: str
    reason: Words
    who: Words


class RetiredRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Take a challenger out of the shadow, or back into it."""

    retired: bool


class Window(Struct, frozen=True, forbid_unknown_fields=True):
    """Which rows a retraining takes: all (`expanding`), or the newest `rows` (`sliding`)."""

    kind: Literal["expanding", "sliding"] = "expanding"
    rows: Annotated[int, Meta(ge=1)] | None = None


class RetrainRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Train a version again; `parameters` go to its own training function."""

    window: Window = Window()
    parameters: dict[str, Any] = {}


class JobStarted(Struct, frozen=True):
    """The id under which a retraining can be followed."""

    job: str


class RegisterRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A model service says where it is and what it has loaded."""

    project: str
    version: str
    endpoint: str
    signature: Signature
    revision: Revision
    image: str = ""


class Desired(Struct, frozen=True):
    """What a version's replicas should have loaded, and their part in production."""

    revision: str
    mode: Mode
    url: str = ""


class TrainingUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """A training set: one list a column, inputs and target by their names as users write them.

    Attributes:
        ids: row numbers; counted from 0 when left out. Writing a row again replaces it.
    """

    signature: Signature
    columns: dict[str, list[float | str | bool | None]]
    ids: list[int] | None = None


class TrainingPredictionsUpload(Struct, frozen=True, forbid_unknown_fields=True):
    """A version's predictions on rows of the training set; `scores` holds one list a class."""

    ids: list[int]
    predicted: list[float | str]
    scores: dict[str, list[float]] | None = None


class Written(Struct, frozen=True):
    """How many rows were written."""

    rows: int


class ArtifactStored(Struct, frozen=True):
    """An artifact is in the store, verified."""

    sha256: str
    size: int


class RevisionAdded(Struct, frozen=True):
    """A revision is recorded."""

    sha256: str


class TokenRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Issue a token; `project` limits a client's token to that project, empty means all."""

    label: Words
    role: TokenRole
    project: str = ""


class TokenIssued(Struct, frozen=True):
    """A new token, shown this once, and the digest by which it is revoked."""

    token: str
    digest: str
    label: str
    role: TokenRole
    project: str
    created_at: datetime


class ListenerRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A port of its own for a project, or for one of its versions."""

    project: str
    version: str = ""
    networks: tuple[str, ...] = ()
    host: str = "127.0.0.1"


class ListenerState(Listener, frozen=True):
    """A listener, and whether this replica could open its port."""

    state: Literal["listening", "failed", "starting"] = "starting"
    message: str = ""


class SpoolHealth(Struct, frozen=True):
    """How full the spool is; a full one refuses requests.

    Attributes:
        bytes: not yet in the store.
        limit: bytes beyond which requests are refused.
        rows: not yet in the store.
        shipped: rows brought to the store since the gateway started.
        set_aside: batches that the store cannot take, or that are damaged; they are kept in the spool.
        set_aside_rows: rows in them.
        kept_rows: rows that the store has and has perhaps not synced yet; the spool keeps them until then.
    """

    bytes: int = 0
    limit: int = 0
    rows: int = 0
    shipped: int = 0
    set_aside: int = 0
    set_aside_rows: int = 0
    kept_rows: int = 0


class Outage(Struct, frozen=True):
    """A time in which a version did not answer, as one replica of the gateway saw it.

    Attributes:
        reason: in words.
        since: when it was noticed.
        until: when it answered again; None while it lasts.
    """

    project: str
    version: str
    mode: Mode
    reason: str
    since: datetime
    until: datetime | None = None


class Health(Struct, frozen=True):
    """Whether the gateway answers, and how what it stands on fares.

    What names a project is told to those who send a token, and of the projects that it is good for.

    Attributes:
        outages: versions that do not answer now, champions first.
        past_outages: the latest that ended since the gateway started, oldest first.
        shipping: why nothing can be brought to the store at the moment; empty when all is well.
        store_sync: when the store brings to its disks what it acknowledges: `first`, before it answers;
            `periodic`, afterwards; `unknown`, where nobody may read it; empty before it was reached.
        store_sync_seconds: the period, or the one that is assumed.
    """

    status: Literal["ok"] = "ok"
    store: Literal["reachable", "unreachable"] = "unreachable"
    spool: SpoolHealth = SpoolHealth()
    listeners: list[ListenerState] = []
    outages: list[Outage] = []
    past_outages: list[Outage] = []
    shipping: str = ""
    store_sync: Literal["", "first", "periodic", "unknown"] = ""
    store_sync_seconds: float = 0.0


class ErrorDetail(Struct, frozen=True, omit_defaults=True):
    """What went wrong: a code for programs, words for people, the field it is about, what to do."""

    code: str
    message: str
    field: str = ""
    remedy: str = ""


class ErrorAnswer(Struct, frozen=True):
    """The body of every answer that is an error."""

    error: ErrorDetail
