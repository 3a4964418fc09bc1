"""`relevo serve` as a process: what it needs, and how it starts and ends."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LinearRegression

from services.containers.program import program_command
from tests.services.model_server.conftest import Platform, PythonMaker


def _run(*arguments: Any, **environment: Any) -> Any:
    command = [*program_command("serve"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
    )


def test_it_says_what_it_lacks(deploys: Any, tmp_path: Path) -> None:
    deploys.write(tmp_path, LinearRegression().fit(*deploys.data()))
    assert "RELEVO_TOKEN is not set" in _run(str(tmp_path), "--alone", RELEVO_TOKEN="").stderr
    assert "name the gateway" in _run(str(tmp_path), RELEVO_TOKEN="own").stderr
    assert "no deploy folder" in _run(str(tmp_path / "x"), "--alone", RELEVO_TOKEN="own").stderr
    wrong = _run(str(tmp_path), "--gateway", "http://user:secret@host/", RELEVO_TOKEN="own")
    assert "is not a gateway's address" in wrong.stderr
    (tmp_path / "model.joblib").write_bytes(b"rubbish")
    assert "cannot be loaded" in _run(str(tmp_path), "--alone", RELEVO_TOKEN="own").stderr


def test_it_waits_for_a_gateway_that_is_not_there_yet(
    platform: Platform, maker: PythonMaker, tmp_path: Path
) -> None:
    maker.linear(tmp_path / "deploy")
    address, port = platform.gateway.address, platform.gateway.address.rpartition(":")[2]
    platform.gateway.close()
    service = platform.serve(tmp_path / "deploy", until="503")
    platform.wait(lambda: b"cannot be reached" in platform.ask(service, "GET", "/health").body)
    platform.start_gateway(port)
    assert platform.gateway.address == address
    platform.wait(lambda: platform.ask(service, "GET", "/health").status == 200)
    platform.wait(lambda: platform.store.project("plant").version("A").endpoint == service.address)


def test_a_pickle_finds_the_modules_of_its_own_classes_in_the_deploy_folder(
    platform: Platform, deploys: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "plant_rules.py").write_text(
        "from sklearn.linear_model import LinearRegression\nclass Ours(LinearRegression): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path / "deploy")
    deploys.write(tmp_path / "deploy", importlib.import_module("plant_rules").Ours().fit(*deploys.data()))
    monkeypatch.delitem(sys.modules, "plant_rules")
    service = platform.serve(tmp_path / "deploy")
    assert platform.ask(service, "GET", "/health").status == 200


def test_it_ends_when_its_parent_does(platform: Platform, maker: PythonMaker, tmp_path: Path) -> None:
    maker.linear(tmp_path / "deploy")
    assert platform.serve(tmp_path / "deploy").close() == 0
