"""Registers a deploy folder as a version, with its artifact, training set and predictions on it."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from services.client import GatewayClient
from services.client.service import ModelServiceClient
from services.gateway.messages import TrainingPredictionsUpload, TrainingUpload
from services.model_server.deploy import Deploy, read_deploy
from services.publish.tables import Row
from services.registry.model import Mode, Project, Revision, Signature, Version

_ROWS_A_REQUEST = 1_000


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
    service: ModelServiceClient,
    project: str,
    version: str,
    *,
    signature: Signature,
    rows: Sequence[Row],
) -> int:
    """Ask a version's service for the training set and store its predictions; how many."""
    inputs = [field.name for field in signature.inputs]
    written = 0
    for first in range(0, len(rows), _ROWS_A_REQUEST):
        part = rows[first : first + _ROWS_A_REQUEST]
        answer = service.predict([{name: row[name] for name in inputs} for row in part])
        scores = None
        if answer.probabilities is not None and answer.classes is not None:
            by_class = zip(*answer.probabilities, strict=True)
            scores = dict(zip(answer.classes, map(list, by_class), strict=True))
        upload = TrainingPredictionsUpload(
            list(range(first, first + len(part))), answer.predictions, scores
        )
        written += gateway.put_training_predictions(project, version, upload)
    return written
