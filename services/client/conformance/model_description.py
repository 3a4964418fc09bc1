"""What a service says about itself, and whether that is whole."""

import re
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from services.client.conformance.service_client import ServiceAnswer
from services.registry.model import Signature, Task

SHA256 = re.compile(r"[0-9a-f]{64}")
_WANTED = ("project", "version", "revision", "task", "signature", "library", "trained_at", "rows")


class ModelDescription(Struct, frozen=True):
    """The part of `GET /model` that the other rules build on."""

    project: str
    version: str
    revision: str
    signature: Signature


def read_description(answer: ServiceAnswer) -> tuple[ModelDescription | None, list[str]]:
    """What `GET /model` says (None: nothing can be built on it), and what is wrong with it."""
    if answer.status != 200 or not isinstance(answer.body, dict):
        return None, [f"GET /model answered {answer.status}, not 200 with a JSON object"]
    lacking = [f"GET /model lacks {name!r}" for name in _WANTED if name not in answer.body]
    try:
        facts = msgspec.convert(answer.body, ModelDescription)
    except msgspec.ValidationError as error:
        return None, [*lacking, f"GET /model cannot be read: {error}"]
    signature = _signature_complaints(facts.signature)
    complaints = lacking + _complaints(answer.body, facts) + signature
    return (None if not facts.signature.inputs else facts), complaints


def _complaints(body: dict[str, Any], facts: ModelDescription) -> list[str]:
    found = []
    if not SHA256.fullmatch(facts.revision):
        found.append("revision is not a sha256 of 64 hexadecimal digits")
    if body.get("task") != facts.signature.task:
        found.append(f"task is {body.get('task')!r}, the signature says {facts.signature.task.value!r}")
    if "library" in body and not (isinstance(body["library"], str) and body["library"]):
        found.append("library is not a name and version")
    rows = body.get("rows")
    if rows is not None and (isinstance(rows, bool) or not isinstance(rows, int) or rows < 0):
        found.append("rows is not a count")
    if body.get("trained_at") is not None and not _is_moment(body["trained_at"]):
        found.append("trained_at is not a time with its zone, such as 2026-01-31T12:00:00Z")
    return found


def _signature_complaints(signature: Signature) -> list[str]:
    found = []
    names = [field.name for field in signature.inputs]
    if not names:
        found.append("the signature has no inputs")
    if len(set(names)) < len(names):
        found.append("the signature names an input twice")
    if signature.task is Task.CLASSIFICATION and len(set(signature.classes)) < 2:
        found.append("the signature of a classification names fewer than two classes")
    return found


def _is_moment(value: object) -> bool:
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False
