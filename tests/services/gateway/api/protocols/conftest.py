"""Projects and ports for clients that speak other protocols than the gateway's own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.gateway.messages import ListenerState
from services.registry.model import Field, FieldType, Listener
from tests.services.gateway.api.conftest import Platform, StubModel

CLIENTS = Path(__file__).with_name("clients")


@pytest.fixture
def listening(opened: Callable[[Listener], ListenerState], port: int) -> int:
    """A port of project `wine` that needs no token; the port, open."""
    assert opened(Listener(port, "wine", "", ("127.0.0.0/8",))).state == "listening"
    return port


@pytest.fixture
def listener(listening: int) -> Iterator[httpx.Client]:
    """Plain HTTP to that port."""
    with httpx.Client(base_url=f"http://127.0.0.1:{listening}", trust_env=False) as http:
        yield http


@pytest.fixture
def mixed(wine: Platform, model: StubModel, helpers: SimpleNamespace) -> Platform:
    """The gateway with project `mixed`: an input of each type, one may be left out, one may be missing."""
    fields = (
        Field("ph", "ph"),
        Field("n", "n", FieldType.INTEGER, required=False),
        Field("kind", "kind", FieldType.STRING, nullable=True),
        Field("sweet", "sweet", FieldType.BOOLEAN),
    )
    wine.register("mixed", "A", helpers.signature(*fields), model.address)
    with wine.client() as client:
        helpers.wait_until(lambda: "mixed" in client.projects())
    return wine


@pytest.fixture
def sorts(wine: Platform, model: StubModel, helpers: SimpleNamespace) -> Platform:
    """The gateway with project `sorts`, a classification of two classes with probabilities."""
    wine.register("sorts", "A", helpers.signature("ph", classes=("red", "white")), model.address)
    with wine.client() as client:
        helpers.wait_until(lambda: "sorts" in client.projects())

    def answer(instances: Any) -> Any:
        count = len(instances)
        body = {
            "predictions": ["red"] * count, "probabilities": [[0.75, 0.25]] * count,
            "classes": ["red", "white"], "revision": helpers.REVISION,
        }  # fmt: skip
        return 200, json.dumps(body).encode()

    model.answer = answer
    return wine


@pytest.fixture
def run_client() -> Callable[[str, str, str], str]:
    """Run one of the clients' own libraries in a process; gives what it printed."""

    def run(script: str, argument: str, given: str) -> str:
        command = [sys.executable, str(CLIENTS / script), argument]
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=100, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
