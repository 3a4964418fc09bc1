"""The servers that are compared, each with the same two processes and the same questions."""

import json
import secrets
import subprocess
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

from services.registry.model import TokenRole
from services.registry.tokens import new_secret, new_token, service_token
from services.store.sqlite import SqliteStore
from tests.benchmarks.serving.environment import PEERS, peer_program
from tests.benchmarks.serving.load import Target
from tests.benchmarks.serving.models import Served, questions
from tests.benchmarks.serving.processes import free_port, relevo, server, wait_until_healthy


def _bodies(head: str) -> list[str]:
    rows = questions().to_dict(orient="records")
    return [json.dumps({head: [row]}) for row in rows]


@contextmanager
def flask(served: Served, folder: Path) -> Iterator[Target]:
    """Flask behind gunicorn with two of its default workers, which were quicker than threaded ones."""
    port = free_port()
    command = [
        peer_program("gunicorn"), "--workers", "2", "--bind", f"127.0.0.1:{port}",
        "--chdir", str(PEERS), "flask_app:app",
    ]  # fmt: skip
    with server(command, port=port, log=folder / "flask.log", PEER_MODEL=str(served.artifact)) as address:
        yield Target(f"{address}/predict", _bodies("instances"), lambda answer: answer["predictions"][0])


@contextmanager
def mlflow(served: Served, folder: Path) -> Iterator[Target]:
    """`mlflow models serve` with two workers."""
    port, rows, saved = free_port(), folder / "rows.json", folder / f"mlflow-{secrets.token_hex(4)}"
    questions().to_json(rows, orient="records")
    subprocess.run(
        [peer_program("python"), PEERS / "save_mlflow.py", served.artifact, rows, saved],
        check=True, capture_output=True,
    )  # fmt: skip
    command = [
        peer_program("mlflow"), "models", "serve", "--model-uri", str(saved), "--env-manager", "local",
        "--workers", "2", "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    path = f"{Path(peer_program('python')).parent}:/usr/bin:/bin"
    with server(command, port=port, log=folder / "mlflow.log", PATH=path) as address:
        yield Target(
            f"{address}/invocations", _bodies("dataframe_records"), lambda answer: answer["predictions"][0]
        )


@contextmanager
def model_service(served: Served, folder: Path) -> Iterator[Target]:
    """Two processes of our model service on one port, without a platform."""
    port, token = free_port(), secrets.token_urlsafe(16)
    command = ("serve", str(served.folder), "--alone", "--share", "--port", str(port))
    log = folder / "service.log"
    with (
        relevo(*command, log=log, RELEVO_TOKEN=token) as address,
        relevo(*command, log=log, RELEVO_TOKEN=token),
    ):
        yield Target(
            f"{address}/predict", _bodies("instances"), lambda answer: answer["predictions"][0], token
        )


def in_mlflows_protocol(gateway: Target) -> Target:
    """The gateway asked as `mlflow models serve` is."""
    url = gateway.url.replace("/predict", "/invocations")
    return Target(url, _bodies("dataframe_records"), lambda answer: answer["predictions"][0], gateway.token)


def in_inference_protocol(gateway: Target) -> Target:
    """The gateway asked in the Open Inference Protocol: a tensor for each input."""
    origin, _, path = gateway.url.partition("/v1/projects/")
    bodies = [
        json.dumps({"inputs": [_tensor(name, value) for name, value in row.items()]})
        for row in questions().to_dict(orient="records")
    ]
    return Target(
        f"{origin}/v2/models/{path.partition('/')[0]}/infer",
        bodies,
        lambda answer: answer["outputs"][0]["data"][0],
        gateway.token,
    )


def _tensor(name: Hashable, value: float) -> dict[str, object]:
    return {"name": name, "shape": [1], "datatype": "FP64", "data": [value]}


@contextmanager
def platform(served: Served, folder: Path) -> Iterator[tuple[Target, Target]]:
    """A gateway that records, with one model service behind it; gives both of their targets."""
    secret, store_folder = new_secret(), folder / "store"
    token, row = new_token(TokenRole.CLIENT, label="benchmark")
    store = SqliteStore(store_folder)
    store.add_token(row)
    store.close()
    own = service_token(secret, "wine", "A")
    gateway = relevo(
        "gateway", "--store", f"sqlite:{store_folder}", "--spool", str(folder / "spool"),
        log=folder / "gateway.log", RELEVO_SECRET=secret,
    )  # fmt: skip
    with gateway as address:
        service = relevo(
            "serve", str(served.folder), "--gateway", address, log=folder / "served.log", RELEVO_TOKEN=own
        )
        with service as endpoint:
            wait_until_healthy(endpoint)
            bodies = _bodies("instances")
            yield (
                Target(
                    f"{address}/v1/projects/wine/predict",
                    bodies,
                    lambda answer: answer["predictions"][0]["prediction"],
                    token,
                ),
                Target(f"{endpoint}/predict", bodies, lambda answer: answer["predictions"][0], own),
            )
