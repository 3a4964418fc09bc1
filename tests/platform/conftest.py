"""A platform's end, clients that load it, and what of their requests its store holds afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.client import GatewayClient
from services.containers.engine.engine import Engine
from services.model_server.deploy import read_deploy
from services.publish.csv_rows import Row, read_rows
from services.publish.demo.example_projects import Example
from services.store.identifiers import uuids
from services.store.interface import Store
from tests.under_load import eventually_despite_faults, ids_of, logged_rows


def _settle(gateway: GatewayClient) -> None:
    def shipped() -> bool:
        health = gateway.health()
        return health.store == "reachable" and health.spool.rows == 0

    eventually_despite_faults(shipped)


def _recorded(store: Store, project: str, load: Any) -> dict[str, int]:
    """How many rows and labels of a load were acknowledged, are missing, stand twice in the log."""
    logged = logged_rows(store, project)
    live: set[tuple[str, str]] = set()
    for version in set(load.answered.values()):
        asked = [identifier for identifier, by in load.answered.items() if by == version]
        found = store.predictions(project, version, ids_of(asked))
        live |= {(version, str(each)) for each in (uuids(found.ids) if found is not None else ())}
    wanted = {(version, identifier) for identifier, version in load.answered.items()}
    labels = store.labels(project, ids_of(load.labelled))
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


@pytest.fixture(scope="session")
def all_recorded() -> Callable[[GatewayClient, Store, str, Any], None]:
    """Fails unless the store holds everything that was acknowledged, once."""

    def check(gateway: GatewayClient, store: Store, project: str, load: Any) -> None:
        _settle(gateway)
        found = _recorded(store, project, load)
        print(f"{project}: " + ", ".join(f"{name} {count}" for name, count in found.items()))
        wrong = {name: count for name, count in found.items() if "acknowledged" not in name and count}
        assert not wrong
        assert found["acknowledged"] > 0
        assert found["labels acknowledged"] > 0

    return check


@pytest.fixture(scope="session")
def cleared(remove_platform: Callable[[Engine, str], None]) -> Callable[[Engine, str], Any]:
    """Within it a platform may be made; everything of its name is gone afterwards, images too."""

    @contextmanager
    def clearing(engine: Engine, name: str) -> Iterator[None]:
        try:
            yield
        finally:
            remove_platform(engine, name)
            references = [text for image in engine.images() for text in image.references]
            for reference in references:
                if f"{name}/" in reference:
                    engine.remove_image(reference, force=True)

    return clearing


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, examples_in: Callable[[Path], None]) -> Path:
    """A folder with the trained deploy folders of the example projects."""
    folder = tmp_path_factory.mktemp("trained")
    examples_in(folder)
    return folder


@pytest.fixture(scope="session")
def example_rows() -> Callable[..., list[Row]]:
    """An example's rows by the name of the CSV file, typed by a version's signature."""

    def rows(example: Example, folder: Any, kind: str) -> list[Row]:
        signature = read_deploy(example.deploy_folder(folder, "A")).signature
        file = example.live(folder) if kind == "live" else example.historical(folder)
        return read_rows(file, signature)

    return rows
