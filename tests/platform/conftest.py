"""A platform's end, clients that load it, and what of their requests its store holds afterwards."""

import itertools
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from services.client import GatewayClient
from services.containers.engine.engine import Engine
from services.errors import RelevoError
from services.model_server.deploy import Deploy, read_deploy
from services.platform.present import find_platform
from services.publish.examples import Example, train_examples
from services.publish.tables import Row, read_rows
from services.store.batches import PredictionBatch
from services.store.identifiers import parse_id, uuids
from services.store.interface import Store


class Load:
    """Clients that ask for one project and label what they were told, until it is left.

    Attributes:
        answered: prediction id to the version that answered: what was acknowledged.
        labelled: prediction id to the true value that the gateway said it had accepted.
        failures: of requests for predictions, in words.
    """

    def __init__(self, gateway: GatewayClient, deploy: Deploy, rows: list[Row], clients: int = 2) -> None:
        self._gateway, self._project = gateway, deploy.project
        self._target = deploy.signature.target.name
        self._rows = rows
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(first,), name=f"load-{self._project}-{first}")
            for first in range(clients)
        ]
        self.answered: dict[str, str] = {}
        self.labelled: dict[str, object] = {}
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def goes_on(self, answers: int = 20) -> None:
        """Wait for so many further answers."""
        enough = len(self.answered) + answers
        wait_until(lambda: len(self.answered) >= enough, told=lambda: self.failures[-1:])

    def _ask(self, first: int) -> None:
        for row in itertools.islice(itertools.cycle(self._rows), first, None):
            if self._stop.is_set():
                return
            try:
                self._one(row)
            except RelevoError as error:
                self.failures.append(f"{type(error).__name__}: {error.message} {error.details}")
                time.sleep(0.1)
            time.sleep(0.01)

    def _one(self, row: Row) -> None:
        instance = {name: value for name, value in row.items() if name != self._target}
        answer = self._gateway.predict(self._project, [instance])[0]
        self.answered[answer.id] = answer.version
        label = row[self._target]
        try:
            self._gateway.label(self._project, [(answer.id, label)])
        except RelevoError:
            return  # was not acknowledged
        self.labelled[answer.id] = label


def wait_until(condition: Callable[[], bool], *, told: Callable[[], object] = lambda: "") -> None:
    """Wait until it is true, at most five minutes; an answer that is an error is not."""
    deadline = time.monotonic() + 300
    while True:
        try:
            if condition():
                return
            why = f"did not happen {told()}"
        except RelevoError as error:
            why = error.message
        assert time.monotonic() < deadline, why
        time.sleep(0.1)


def _settle(gateway: GatewayClient) -> None:
    def shipped() -> bool:
        health = gateway.health()
        return health.store == "reachable" and health.spool.rows == 0

    wait_until(shipped)


def _recorded(store: Store, project: str, load: Load) -> dict[str, int]:
    """How many rows and labels of a load were acknowledged, are missing, stand twice in the log."""
    logged = Counter(
        (batch.version, str(identifier))
        for entry in store.read(project, {})
        if isinstance(batch := entry.batch, PredictionBatch)
        for identifier in uuids(batch.ids)
    )
    live: set[tuple[str, str]] = set()
    for version in set(load.answered.values()):
        asked = [identifier for identifier, by in load.answered.items() if by == version]
        found = store.predictions(project, version, _ids(asked))
        live |= {(version, str(each)) for each in (uuids(found.ids) if found is not None else ())}
    wanted = {(version, identifier) for identifier, version in load.answered.items()}
    labels = store.labels(project, _ids(load.labelled))
    return {
        "acknowledged": len(wanted),
        "missing": len(wanted - live),
        "missing in the log": sum(logged[pair] == 0 for pair in wanted),
        "recorded twice": sum(logged[pair] > 1 for pair in wanted),
        "labels acknowledged": len(load.labelled),
        "labels missing": sum(
            not entries or entries[-1].label != told
            for entries, told in zip(labels, load.labelled.values(), strict=True)
        ),
    }


def _ids(texts: Any) -> Any:
    return np.array([parse_id(text) for text in texts], dtype=np.uint64).reshape(-1, 2)


@pytest.fixture(scope="session")
def load_of() -> Callable[..., Load]:
    """A load on a gateway, a deploy folder's project, and rows of it."""
    return Load


@pytest.fixture(scope="session")
def eventually() -> Callable[..., None]:
    """Wait for a condition, at most five minutes."""
    return wait_until


@pytest.fixture(scope="session")
def all_recorded() -> Callable[[GatewayClient, Store, str, Load], None]:
    """Fails unless the store holds everything that was acknowledged, once."""

    def check(gateway: GatewayClient, store: Store, project: str, load: Load) -> None:
        _settle(gateway)
        found = _recorded(store, project, load)
        print(f"{project}: " + ", ".join(f"{name} {count}" for name, count in found.items()))
        wrong = {name: count for name, count in found.items() if "acknowledged" not in name and count}
        assert not wrong
        assert found["acknowledged"] > 0
        assert found["labels acknowledged"] > 0

    return check


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    """Ports of 127.0.0.1 on which nothing listens."""

    def found(count: int) -> list[int]:
        held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        ports = [one.getsockname()[1] for one in held]
        for one in held:
            one.close()
        return ports

    return found


@pytest.fixture(scope="session")
def cleared() -> Callable[[Engine, str], Any]:
    """Within it a platform may be made; everything of its name is gone afterwards."""

    @contextmanager
    def clearing(engine: Engine, name: str) -> Iterator[None]:
        try:
            yield
        finally:
            found = find_platform(engine, name)
            containers = [*found.parts.values(), *found.replaced.values(), *found.errands, *found.others]
            for container in [*containers, *([found.keeper] if found.keeper else [])]:
                engine.remove(container.identifier, force=True, volumes=True)
            for volume in found.volumes:
                engine.remove_volume(volume)
            engine.remove_network(name)
            references = [text for image in engine.images() for text in image.references]
            for reference in references:
                if f"{name}/" in reference:
                    engine.remove_image(reference, force=True)

    return clearing


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the trained deploy folders of the example projects."""
    folder = tmp_path_factory.mktemp("trained")
    train_examples(folder, lambda _fraction, _text: None)
    return folder


@pytest.fixture(scope="session")
def example_rows() -> Callable[..., list[Row]]:
    """An example's rows by the name of the CSV file, typed by a version's signature."""

    def rows(example: Example, folder: Any, kind: str) -> list[Row]:
        signature = read_deploy(example.deploy_folder(folder, "A")).signature
        file = example.live(folder) if kind == "live" else example.historical(folder)
        return read_rows(file, signature)

    return rows
