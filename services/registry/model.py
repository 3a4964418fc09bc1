"""The words of the registry as types: plain, frozen, comparable, JSON-ready."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from services.registry.choices import FieldType, Mode, Task

__all__ = [
    "ChampionChange",
    "DataKind",
    "Evidence",
    "Field",
    "FieldType",
    "Job",
    "JobState",
    "Listener",
    "MetricValue",
    "Mode",
    "PolicyChoice",
    "Project",
    "Revision",
    "RevisionChange",
    "Signature",
    "Task",
    "Token",
    "TokenRole",
    "Version",
]


class Field(Struct, frozen=True):
    """One input, or the target.

    Attributes:
        name: as the team and its clients write it, shown everywhere.
        column: the validated name under which it is stored.
        type: its type.
        required: whether a request must carry it.
        nullable: whether it may be null, meaning missing.
        unit: shown on axes and in heads; empty when it has none.
    """

    name: str
    column: str
    type: FieldType = FieldType.NUMBER
    required: bool = True
    nullable: bool = False
    unit: str = ""


class Signature(Struct, frozen=True):
    """What a version takes and gives.

    Attributes:
        inputs: in the order the model wants them.
        target: what is predicted; its type is string for classes named by text.
        task: regression or classification.
        classes: for classification, in the order of the model's probabilities; else empty.
    """

    inputs: tuple[Field, ...]
    target: Field
    task: Task
    classes: tuple[str, ...] = ()


class Version(Struct, frozen=True):
    """One way of modelling a project's target, as the registry knows it.

    Attributes:
        project: the project's validated name.
        name: `A`, `B`, … in order of registration.
        mode: its part in production; follows the project's champion pointer.
        url: the gateway's address for this version, so that whoever calls it is recorded.
        endpoint: the service's own address; empty while none has registered.
        image: the container image; empty for a local process.
        revision: the *desired* revision (sha256, 64 hexadecimal digits) that every replica loads.
        order: 0 for the first version registered; fixes its colour.
    """

    project: str
    name: str
    mode: Mode
    signature: Signature
    revision: str
    created_at: datetime
    url: str = ""
    endpoint: str = ""
    image: str = ""
    order: int = 0


class DataKind(StrEnum):
    """What a metric was measured on: the training set, or labelled rows of production."""

    HISTORICAL = "historical"
    LIVE = "live"


class MetricValue(Struct, frozen=True):
    """One metric of one revision.

    Attributes:
        metric: its name, such as `RMSE` or `AUC, macro`; errors are in the target's unit.
        revision: sha256 of the artifact that was measured.
        data: what it was measured on.
        rows: how many rows with a true value.
        value: None where the metric is undefined on these rows.
    """

    metric: str
    version: str
    revision: str
    data: DataKind
    rows: int
    value: float | None = None


class Evidence(Struct, frozen=True):
    """What was measured of two versions when one replaced the other as champion.

    Attributes:
        values: metric by metric, the earlier champion's value before the new one's.
        note: what could not be measured and why; of changes made before evidence was data, its text.
    """

    values: tuple[MetricValue, ...] = ()
    note: str = ""


class ChampionChange(Struct, frozen=True):
    """One change of champion: who was replaced by whom, when, why and on what evidence.

    Attributes:
        project: the project's name.
        generation: counts the project's changes from 1; the first registration is number 1.
        at: when, UTC.
        previous: the version that was champion before; empty for the first.
        champion: the version that is champion since.
        who: the person or rule that did it.
        reason: in that person's words.
        evidence: what was measured at that moment.
    """

    project: str
    generation: int
    at: datetime
    previous: str
    champion: str
    who: str
    reason: str
    evidence: Evidence = Evidence()


class PolicyChoice(Struct, frozen=True):
    """How requests are routed: the policy's registered name and its parameters."""

    name: str = "champion"
    parameters: dict[str, float] = {}


class Project(Struct, frozen=True):
    """A project's pointer and its versions, read in one consistent look.

    Attributes:
        champion: the version's name; the truth that every `mode` follows.
        generation: grows by one with each change of champion; guards against stale views.
    """

    name: str
    champion: str
    generation: int
    policy: PolicyChoice
    versions: tuple[Version, ...]
    last_change: ChampionChange | None = None

    def version(self, name: str) -> Version | None:
        """The version of that name, or None."""
        return next((version for version in self.versions if version.name == name), None)

    @property
    def task(self) -> Task:
        """The task all its versions share."""
        return self.versions[0].signature.task

    @property
    def champion_first(self) -> list[Version]:
        """All versions: the champion, then the others in their order."""
        return sorted(self.versions, key=lambda version: (version.name != self.champion, version.order))

    def input_named(self, variable: str) -> Field | None:
        """The input of that name or column, as the first version that has it knows it; None if none has."""
        fields = (field for version in self.champion_first for field in version.signature.inputs)
        return next((field for field in fields if variable in {field.name, field.column}), None)


class Revision(Struct, frozen=True):
    """One immutable trained artifact of a version.

    Attributes:
        sha256: of the artifact's bytes; its name everywhere.
        size: bytes.
        trained_at: UTC.
        rows: how many rows it was trained on.
        library: name and version of what trained it, such as `scikit-learn 1.6.1`.
        window: the training window in words; empty for the first training.
        metrics: name to value, as measured by the training itself.
    """

    project: str
    version: str
    sha256: str
    size: int
    trained_at: datetime
    rows: int
    library: str = ""
    window: str = ""
    metrics: dict[str, float] = {}


class RevisionChange(Struct, frozen=True):
    """One change of a version's desired revision: from what to what, by whom, when and why.

    Attributes:
        at: UTC, whole milliseconds once stored.
        previous: the revision desired before; empty where the version was only just registered.
        who: the person or rule that did it.
        reason: why, in their words.
        number: its place among the version's changes, from 1; the store gives it.
    """

    project: str
    version: str
    at: datetime
    previous: str
    revision: str
    who: str
    reason: str
    number: int = 0


class JobState(StrEnum):
    """Where a retraining job stands; `cancelling` is one that was asked to end and has not ended yet."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def unfinished(self) -> bool:
        """Whether the job may still train."""
        return self in {JobState.QUEUED, JobState.RUNNING, JobState.CANCELLING}


class Job(Struct, frozen=True):
    """A retraining job, told by any replica because it lives in the store.

    Attributes:
        progress: 0 to 1.
        message: what it does now, or why it failed, in words.
        revision: the new revision once done; empty before.
    """

    id: str
    project: str
    version: str
    state: JobState
    progress: float
    message: str
    created_at: datetime
    updated_at: datetime
    revision: str = ""
    metrics: dict[str, float] = {}


class TokenRole(StrEnum):
    """What a token allows: `client` predicts and labels, `admin` the rest (`service` is derived)."""

    CLIENT = "client"
    SERVICE = "service"
    ADMIN = "admin"


class Token(Struct, frozen=True):
    """A bearer token as stored: never the token itself.

    Attributes:
        digest: sha256 of the token, hexadecimal.
        label: what a person called it.
        project: the one project it is good for; empty for all.
    """

    digest: str
    label: str
    role: TokenRole
    project: str
    created_at: datetime
    revoked_at: datetime | None = None


class Listener(Struct, frozen=True):
    """A port of its own on the gateway for a project or one of its versions.

    Attributes:
        port: TCP port.
        version: the one version it asks; empty for the project's policy.
        networks: CIDR blocks that may call without a token; empty means a token is needed.
    """

    port: int
    project: str
    version: str = ""
    networks: tuple[str, ...] = ()
    host: str = "127.0.0.1"
