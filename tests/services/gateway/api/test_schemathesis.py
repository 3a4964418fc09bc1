"""Schemathesis, all checks on and stateful too, finds nothing wrong with a running gateway."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from services.gateway.messages import ListenerState
from services.registry.model import Listener
from tests.services.gateway.api.conftest import Platform

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
SEED = "1"


@pytest.fixture
def explore(wine: Platform, tmp_path: Path) -> Callable[..., str]:
    """Run schemathesis on a description, within bounds; what it printed where it found something."""

    def run(url: str, *bounds: str) -> str:
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run", url,
            "--header", f"Authorization: Bearer {wine.admin_token}", "--checks", "all",
            *bounds, "--seed", SEED, "--generation-database", "none", "--no-shrink",
            "--no-color", "--continue-on-failure",
        ]  # fmt: skip
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=110, check=False
        )
        assert "passed" in done.stdout, done.stdout + done.stderr
        return "" if done.returncode == 0 else done.stdout

    return run


@pytest.mark.slow
def test_nothing_is_wrong_with_a_project(wine: Platform, explore: Callable[..., str]) -> None:
    assert explore(f"{wine.address}/v1/projects/wine/openapi.json", "--max-examples", "15") == ""


@pytest.mark.slow
def test_nothing_is_wrong_with_a_listener(
    opened: Callable[[Listener], ListenerState], port: int, explore: Callable[..., str]
) -> None:
    opened(Listener(port, "wine", "A", ("127.0.0.0/8",)))
    assert explore(f"http://127.0.0.1:{port}/openapi.json", "--max-examples", "15") == ""


@pytest.mark.slow
def test_nothing_is_wrong_with_the_gateway(wine: Platform, explore: Callable[..., str]) -> None:
    assert explore(f"{wine.address}/v1/openapi.json", "--max-time", "30") == ""
