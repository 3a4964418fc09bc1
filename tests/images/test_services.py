"""The gateway's, the supervisor's and the Python model service's images run and say how they are."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import joblib
import pytest
from sklearn.linear_model import LinearRegression

from services.containers.engine.engine import Engine
from services.containers.model import ContainerHealth, Mount
from services.errors import Unavailable

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(400)]


def test_a_gateway_answers_on_its_port(
    start: Callable[..., str], published: Callable[[str], int], engine: Engine
) -> None:
    made = start(
        "gateway",
        port=8000,
        command=(
            "gateway", "--store", "sqlite:/var/lib/relevo/store", "--spool", "/var/lib/relevo/spool",
            "--host", "0.0.0.0", "--port", "8000", "--plain-http-beyond-loopback",
        ),
        environment={"RELEVO_SECRET": "0123456789abcdef0123456789abcdef"},
    )  # fmt: skip
    with urllib.request.urlopen(f"http://127.0.0.1:{published(made)}/health", timeout=10) as answer:
        assert answer.status == 200
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        urllib.request.urlopen(f"http://127.0.0.1:{published(made)}/v1/projects", timeout=10)
    refused.value.close()
    engine.stop(made, 20)
    assert engine.container(made).exit_code == 0


def test_a_supervisor_that_works_is_healthy(start: Callable[..., str], engine: Engine) -> None:
    made = start("supervisor", command=("supervisor", "--store", "sqlite:/var/lib/relevo/store"))
    assert engine.container(made).health is ContainerHealth.HEALTHY
    engine.stop(made, 20)
    assert engine.container(made).exit_code == 0


def test_a_model_service_serves_what_scikit_learn_trained(
    start: Callable[..., str], published: Callable[[str], int], tmp_path: Path
) -> None:
    deploy = tmp_path / "deploy"
    deploy.mkdir(mode=0o755)
    model = LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    joblib.dump(model, deploy / "model.joblib")
    description = {
        "project": "lines",
        "version": "A",
        "signature": {"inputs": [{"name": "x"}], "target": {"name": "y"}},
        "task": "regression",
        "trained_at": datetime.now(UTC).isoformat(),
        "rows": 3,
    }
    (deploy / "model.json").write_text(json.dumps(description))
    made = start(
        "model-python",
        port=8000,
        command=("serve", "/deploy", "--alone", "--host", "0.0.0.0", "--port", "8000"),
        environment={"RELEVO_TOKEN": "a-token"},
        mounts=(Mount("/deploy", str(deploy), folder=True, read_only=True),),
    )
    request = urllib.request.Request(
        f"http://127.0.0.1:{published(made)}/predict",
        data=json.dumps({"instances": [{"x": 10.0}]}).encode(),
        headers={"Authorization": "Bearer a-token", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert json.load(answer)["predictions"] == pytest.approx([21.0])


def test_a_model_service_without_a_deploy_folder_says_so(start: Callable[..., str]) -> None:
    with pytest.raises(Unavailable) as failed:
        start(
            "model-python", seconds=30, environment={"RELEVO_TOKEN": "x", "RELEVO_GATEWAY": "http://none"}
        )
    assert "no deploy folder" in failed.value.details
