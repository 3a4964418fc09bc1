"""The machine's Docker Engine as a Swarm of one, for as long as these tests take."""

from collections.abc import Iterator

import pytest

from services.containers.engine.engine import Engine
from services.containers.model import SwarmState


@pytest.fixture(scope="session")
def swarm_engine(engine: Engine) -> Iterator[Engine]:
    """A manager; an engine that was none before is none afterwards."""
    if engine.info().swarm is SwarmState.MANAGER:
        yield engine
        return
    with engine.connection.asking() as client:
        client.init_swarm(advertise_addr="127.0.0.1")
    yield engine
    with engine.connection.asking() as client:
        client.leave_swarm(force=True)
