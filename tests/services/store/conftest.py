"""One suite over both stores: each module gets a fresh workspace and fresh keyspaces."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import count

import numpy as np
import pytest

from services.registry.model import (
    ChampionChange,
    Field,
    FieldType,
    Mode,
    Project,
    RevisionChange,
    Signature,
    Task,
    Version,
)
from services.store.addresses import CassandraAddress, SqliteAddress, StoreAddress
from services.store.batches import Categorical, PredictionBatch
from services.store.cassandra import CassandraStore
from services.store.connect import open_store
from services.store.identifiers import new_ids
from services.store.interface import Store

REVISION = "a" * 64
REGRESSION = Signature(
    (Field("Alcohol", "alcohol"), Field("Year", "year", FieldType.INTEGER, nullable=True)),
    Field("Quality", "quality"),
    Task.REGRESSION,
)
CLASSIFICATION = Signature(
    (
        Field("Length", "length", unit="cm"),
        Field("Order", "order", FieldType.STRING, nullable=True),
        Field("Wild", "wild", FieldType.BOOLEAN),
    ),
    Field("Species", "species", FieldType.STRING),
    Task.CLASSIFICATION,
    ("Iris setosa", "Iris virginica"),
)


@pytest.fixture(scope="module")
def cassandra_address(
    fresh_keyspaces: Callable[[], AbstractContextManager[CassandraAddress]],
) -> Iterator[CassandraAddress]:
    """An address on the real server with keyspaces of this module's own."""
    with fresh_keyspaces() as address:
        yield address


@pytest.fixture(scope="module", params=["sqlite", pytest.param("cassandra", marks=pytest.mark.cassandra)])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> StoreAddress:
    """Where the module's store is: an empty workspace, or empty keyspaces of a real server."""
    if request.param == "sqlite":
        return SqliteAddress(str(tmp_path_factory.mktemp("workspace")))
    found: CassandraAddress = request.getfixturevalue("cassandra_address")
    return found


@pytest.fixture(scope="module")
def store(address: StoreAddress) -> Iterator[Store]:
    """The module's store, of either kind."""
    opened = open_store(address)
    if isinstance(opened, CassandraStore):
        _start_driver_threads(opened)
    yield opened
    opened.close()


def _start_driver_threads(store: CassandraStore) -> None:
    """Start both of the driver's worker threads now, lest a later test is blamed for one of them."""
    together = threading.Barrier(2)
    for task in [store._session._cluster.executor.submit(together.wait, 30) for _ in range(2)]:
        task.result()


_numbers = count()


@pytest.fixture
def project() -> str:
    """A project's name that no other test uses."""
    return f"wine_{next(_numbers)}"


def version(project: str, name: str, signature: Signature = REGRESSION) -> Version:
    """A version as a service registers it; the mode it asks for must not matter."""
    return Version(project, name, Mode.RETIRED, signature, REVISION, datetime.now(UTC))


@pytest.fixture
def registered(store: Store, project: str) -> Project:
    """A project with champion A and challenger B."""
    store.register(version(project, "A"), who="set-up")
    return store.register(version(project, "B"), who="set-up")


def change(project: Project, champion: str, reason: str = "better") -> ChampionChange:
    """The change from the project's champion as seen to another."""
    return ChampionChange(
        project.name, project.generation + 1, datetime.now(UTC), project.champion, champion, "ann", reason
    )


def revision_change(
    project: Project, previous: str, revision: str, version: str = "A", reason: str = "fresher"
) -> RevisionChange:
    """A change of a version's desired revision, as the registry's service asks for it."""
    return RevisionChange(project.name, version, datetime.now(UTC), previous, revision, "ann", reason)


@pytest.fixture
def new_version() -> Callable[..., Version]:
    """Makes versions: (project, name, signature)."""
    return version


@pytest.fixture
def new_change() -> Callable[..., ChampionChange]:
    """Makes changes of champion: (project as seen, new champion, reason)."""
    return change


@pytest.fixture
def new_revision_change() -> Callable[..., RevisionChange]:
    """Makes changes of revision: (project, previous, revision, version, reason)."""
    return revision_change


@pytest.fixture
def regression() -> Signature:
    """A number, and a whole number that may be missing, to a number."""
    return REGRESSION


@pytest.fixture
def classification() -> Signature:
    """A number, a text that may be missing and a truth value to one of two classes."""
    return CLASSIFICATION


def predictions(count: int, *, revision: str = REVISION, mode: Mode = Mode.CHAMPION) -> PredictionBatch:
    """Rows of version A of a regression; each differs from the others."""
    numbers = np.arange(count, dtype=np.float64)
    return PredictionBatch(
        version="A",
        revision=revision,
        mode=mode,
        ids=new_ids(count),
        inputs={"alcohol": numbers / 8, "year": np.where(numbers % 3 == 2, np.nan, numbers)},
        predicted=numbers * 2,
        scores=None,
        latency_ms=np.full(count, 1.5, dtype=np.float32),
        propensity=np.full(count, 0.25, dtype=np.float32),
    )


@pytest.fixture
def new_predictions() -> Callable[..., PredictionBatch]:
    """Makes predictions of a regression: (count, revision=, mode=)."""
    return predictions


@pytest.fixture
def class_predictions() -> PredictionBatch:
    """Three rows of version A of a classification, scores in the model's own order of classes."""
    return PredictionBatch(
        version="A",
        revision=REVISION,
        mode=Mode.CHALLENGER,
        ids=new_ids(3),
        inputs={
            "length": np.array([1.0, np.inf, np.nan]),
            "order": Categorical.of(["x", None, "it's; DROP TABLE"]),
            "wild": np.array([0.0, 1.0, 1.0]),
        },
        predicted=Categorical(np.array([0, 1, 1], dtype=np.int32), ("Iris virginica", "Iris setosa")),
        scores=np.array([[0.75, 0.25], [0.5, 0.5], [0.125, 0.875]]),
        latency_ms=np.zeros(3, dtype=np.float32),
        propensity=np.ones(3, dtype=np.float32),
    )
