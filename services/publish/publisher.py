"""Registers a deploy folder as a version, with its artifact, training set and predictions on it."""

import hashlib
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from services.client import GatewayClient
from services.containers.interface import Progress
from services.errors import Unavailable
from services.gateway.messages import TrainingPredictionsUpload, TrainingUpload, Tried
from services.model_server.deploy import Deploy, read_deploy
from services.publish.csv_rows import Row
from services.registry.model import Mode, Project, Revision, Signature, Version

_ROWS_A_REQUEST = 1_000
_LOOK_SECONDS = 0.25


def publish_version(folder: Path, gateway: GatewayClient) -> Project:
    """Store a deploy folder's artifact and register its version and revision.

    Publishing again changes nothing but what is new: a version keeps its mode and desired revision.

    Raises:
        NotFound, InvalidInput: the folder lacks something; says what.
        Conflict: the project has another task.
    """
    deploy = read_deploy(folder)
    content = (folder / deploy.artifact).read_bytes()
    revision = _revision(deploy, content)
    gateway.put_artifact(content)
    project = gateway.put_version(
        Version(
            project=deploy.project,
            name=deploy.version,
            mode=Mode.CHALLENGER,
            signature=deploy.signature,
            revision=revision.sha256,
            created_at=datetime.now(UTC),
        )
    )
    gateway.add_revision(revision)
    return project


def _revision(deploy: Deploy, content: bytes) -> Revision:
    return Revision(
        project=deploy.project,
        version=deploy.version,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        trained_at=deploy.trained_at,
        rows=deploy.rows,
        library=deploy.library,
        metrics=deploy.metrics,
    )


def publish_training(
    gateway: GatewayClient, project: str, signature: Signature, rows: Sequence[Row]
) -> int:
    """Store a project's training set; how many rows. Row numbers count from 0."""
    names = [field.name for field in (*signature.inputs, signature.target)]
    columns = {name: [row[name] for row in rows] for name in names}
    return gateway.put_training(project, TrainingUpload(signature, columns))


def publish_training_predictions(
    gateway: GatewayClient,
    project: str,
    version: str,
    *,
    signature: Signature,
    rows: Sequence[Row],
    progress: Progress = lambda _fraction, _text: None,
    patience: float = 60.0,
) -> int:
    """Ask a version, through the gateway, for the training set and store what it predicts; how many rows.

    Args:
        gateway: with an administrator's token.
        project: whose training set it is.
        version: registered, its service running or about to.
        signature: the version's.
        rows: the training set, numbered from 0.
        progress: may raise Cancelled.
        patience: seconds that the service may take until it answers the first time.

    Raises:
        Unavailable: the version's service cannot answer.
    """
    inputs = [field.name for field in signature.inputs]
    written = 0
    for first in range(0, len(rows), _ROWS_A_REQUEST):
        progress(first / len(rows), f"Asking {project} {version} for its training set")
        part = rows[first : first + _ROWS_A_REQUEST]
        instances = [{name: row[name] for name in inputs} for row in part]
        answer = _retry_while_unavailable(
            partial(gateway.try_version, project, version, instances),
            0.0 if first else patience,
            lambda: progress(0.0, f"Waiting for {project} {version} to answer"),
        )
        upload = TrainingPredictionsUpload(
            list(range(first, first + len(part))), answer.predictions, answer.probabilities
        )
        written += gateway.put_training_predictions(project, version, upload)
    return written


def _retry_while_unavailable(ask: Callable[[], Tried], seconds: float, check: Callable[[], None]) -> Tried:
    """Ask until a service that is starting answers."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
        check()
        time.sleep(_LOOK_SECONDS)
