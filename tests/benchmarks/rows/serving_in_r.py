"""What the gateway adds to a version in R."""

import asyncio
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

from resources import path
from services.http.client import HttpClient, Response
from services.http.loop import run
from services.registry.model import TokenRole
from services.registry.tokens import new_secret, new_token, service_token
from services.store.sqlite import SqliteStore
from tests.benchmarks.row import Goal, NotHere, Outcome, Row
from tests.benchmarks.serving.processes import relevo, wait_until_healthy

ROUNDS, REQUESTS = 6, 200


class _Side(NamedTuple):
    address: str
    route: str
    token: str


def latency(scale: float) -> Outcome:
    """Milliseconds at the median, one request at a time, by the client that the gateway itself uses.

    Other clients would wait up to 40 ms for the second part of R's answers, and find the gateway quicker.
    """
    if shutil.which("Rscript") is None:
        raise NotHere("R is not installed")
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as name:
        folder = Path(name)
        command = ["Rscript", "training/train_a.R", str(folder / "deploy")]
        project = path("projects", "iris-r")
        subprocess.run(command, check=True, capture_output=True, cwd=project)
        with _platform(folder) as sides:
            seconds = run(_alternately(sides, max(1, round(REQUESTS * scale))))
    through, direct = map(median, seconds)
    return Outcome(
        (through - direct) * 1e3, f"{through * 1e3:.2f} ms", f"{direct * 1e3:.2f} ms",
        note="an SVM of e1071 with probabilities; one connection",
    )  # fmt: skip


@contextmanager
def _platform(folder: Path) -> Iterator[tuple[_Side, _Side]]:
    """A gateway that records, and the service behind it."""
    secret, store_folder = new_secret(), folder / "store"
    token, row = new_token(TokenRole.CLIENT, label="benchmark")
    store = SqliteStore(store_folder)
    store.add_token(row)
    store.close()
    own = service_token(secret, "iris", "A")
    gateway = relevo(
        "gateway", "--store", f"sqlite:{store_folder}", "--spool", str(folder / "spool"),
        log=folder / "gateway.log", RELEVO_SECRET=secret,
    )  # fmt: skip
    with gateway as address:
        deploy, log = str(folder / "deploy"), folder / "service.log"
        with relevo("serve", deploy, "--gateway", address, log=log, RELEVO_TOKEN=own) as endpoint:
            wait_until_healthy(endpoint)
            yield (
                _Side(address, "/v1/projects/iris/predict", token),
                _Side(endpoint, "/predict", own),
            )


async def _alternately(sides: tuple[_Side, _Side], count: int) -> tuple[list[float], list[float]]:
    """Seconds of each request through the gateway, and of each to the service itself, in turn."""
    clients = [HttpClient(side.address) for side in sides]
    seconds: tuple[list[float], list[float]] = ([], [])
    try:
        while (await _ask(clients[0], sides[0], 0)).status == 503:  # noqa: ASYNC110 - it has yet to hear of R
            await asyncio.sleep(0.05)
        for _ in range(ROUNDS):
            for client, side, taken in zip(clients, sides, seconds, strict=True):
                for number in range(count):
                    began = time.perf_counter()
                    answer = await _ask(client, side, number)
                    taken.append(time.perf_counter() - began)
                    if answer.status != 200:
                        raise RuntimeError(f"{side.route} answered {answer.status}")
    finally:
        for client in clients:
            await client.close()
    return seconds


async def _ask(client: HttpClient, side: _Side, number: int) -> Response:
    names = ("sepal length", "sepal width", "petal length", "petal width")
    instance = {name: 1 + (number + place) % 40 / 10 for place, name in enumerate(names)}
    body = json.dumps({"instances": [instance]}).encode()
    return await client.request("POST", side.route, body, {"authorization": f"Bearer {side.token}"})


ROWS = [
    Row(
        "gateway-latency-r",
        "what the gateway adds to a version in R, median",
        Goal(1, unit="ms", at_most=True),
        latency,
    )
]
