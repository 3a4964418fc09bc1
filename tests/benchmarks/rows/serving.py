"""Serving against Flask with pandas frames and `mlflow models serve`."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

from tests.benchmarks.row import Goal, Outcome, Row
from tests.benchmarks.serving.load import Load, Target
from tests.benchmarks.serving.models import Served, deployed
from tests.benchmarks.serving.targets import (
    flask,
    in_inference_protocol,
    in_mlflows_protocol,
    mlflow,
    model_service,
    platform,
)

CONNECTIONS = 32
ROUNDS = 6
CHECKED = 200


def service_against(peer: str, kind: str, scale: float) -> Outcome:
    """Requests a second of the model service and of a peer, both with two processes."""
    peers = {"flask": flask, "mlflow": mlflow}
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as name:
        folder = Path(name)
        served = deployed(kind, folder / "deploy")
        with model_service(served, folder) as ours, peers[peer](served, folder) as theirs:
            return _compared(ours, theirs, served, folder, scale)


def end_to_end(scale: float) -> Outcome:
    """Requests a second through the gateway, recorded, with one process each, and of Flask."""
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as name:
        folder = Path(name)
        served = deployed("linear", folder / "deploy")
        with platform(served, folder) as (gateway, _), flask(served, folder) as theirs:
            return _compared(gateway, theirs, served, folder, scale)


def protocol_against_mlflow(protocol: Callable[[Target], Target], scale: float) -> Outcome:
    """Requests a second through the gateway in another protocol, recorded, and of `mlflow models serve`."""
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as name:
        folder = Path(name)
        served = deployed("linear", folder / "deploy")
        with platform(served, folder) as (gateway, _), mlflow(served, folder) as theirs:
            return _compared(protocol(gateway), theirs, served, folder, scale)


def gateway_latency(scale: float) -> Outcome:
    """What the gateway adds to the median answer, one request at a time."""
    with tempfile.TemporaryDirectory(prefix="relevo-bench-") as name:
        folder = Path(name)
        served = deployed("linear", folder / "deploy")
        with platform(served, folder) as (gateway, service):
            error = _error(gateway, served)
            sides = _alternately(gateway, service, folder, connections=1, scale=scale)
            through, direct = (median(load.median for load in side) for side in sides)
    return Outcome(
        (through - direct) / 1e3, f"{through / 1e3:.2f} ms", f"{direct / 1e3:.2f} ms", error,
        "one connection; recorded in the spool before the answer",
    )  # fmt: skip


def _compared(ours: Target, theirs: Target, served: Served, folder: Path, scale: float) -> Outcome:
    error = _error(ours, served)
    _error(theirs, served)
    sides = _alternately(ours, theirs, folder, connections=CONNECTIONS, scale=scale)
    our_rate, their_rate = (median(load.rate for load in side) for side in sides)
    return Outcome(our_rate / their_rate, f"{our_rate:,.0f}/s", f"{their_rate:,.0f}/s", error)


def _alternately(
    ours: Target, theirs: Target, folder: Path, *, connections: int, scale: float
) -> tuple[list[Load], list[Load]]:
    """Both sides under load in turn, after a second of warming up each."""
    for target in (ours, theirs):
        target.load(folder, connections=connections, seconds=1)
    mine, peer = [], []
    for _ in range(ROUNDS):
        mine.append(ours.load(folder, connections=connections, seconds=2 * scale))
        peer.append(theirs.load(folder, connections=connections, seconds=2 * scale))
    return mine, peer


def _error(target: Target, served: Served) -> str:
    """How far the answers are from scikit-learn's own, in words; more than rounding is a failure."""
    expected = served.expected()[:CHECKED]
    answers = target.answers(CHECKED)
    distance = max(abs(mine - theirs) / abs(theirs) for mine, theirs in zip(answers, expected, strict=True))
    assert distance < 1e-12, f"{target.url} answers differ by {distance:.1e}"
    return "bit-equal to scikit-learn" if distance == 0 else f"≤ {distance:.1e} relative"


ROWS = [
    Row(
        "serving-linear",
        "model service, linear model; Flask, gunicorn, pandas",
        Goal(15),
        partial(service_against, "flask", "linear"),
    ),
    Row(
        "serving-forest",
        "model service, forest of 100 trees; Flask, gunicorn, pandas",
        Goal(30),
        partial(service_against, "flask", "forest"),
    ),
    Row(
        "serving-mlflow",
        "model service, linear model; mlflow models serve",
        Goal(50),
        partial(service_against, "mlflow", "linear"),
    ),
    Row(
        "gateway-latency",
        "what the gateway adds at light load, median",
        Goal(0.5, unit="ms", at_most=True),
        gateway_latency,
    ),
    Row(
        "gateway-end-to-end",
        "gateway and model service, recorded, linear model; Flask, gunicorn, pandas",
        Goal(8),
        end_to_end,
    ),
    Row(
        "gateway-mlflow",
        "gateway in MLflow's protocol, recorded, linear model; mlflow models serve",
        Goal(30),
        partial(protocol_against_mlflow, in_mlflows_protocol),
    ),
    Row(
        "gateway-inference",
        "gateway in the Open Inference Protocol, recorded, linear model; mlflow models serve",
        Goal(30),
        partial(protocol_against_mlflow, in_inference_protocol),
    ),
]
