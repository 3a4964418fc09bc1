"""Rules on what `/predict` answers to good input."""

import math
from typing import Any

from services.client.conformance.rule import NotChecked, Rule, ServiceUnderTest, expect
from services.client.conformance.sample_rows import Row
from services.client.conformance.service_client import ServiceAnswer
from services.registry.model import Task

LARGE_BATCH = 5_000
_SUM_TOLERANCE = 1e-6
_SAME_TOLERANCE = 1e-9


def predictions_of(answer: ServiceAnswer, count: int) -> list[Any]:
    """The predictions of a good answer to `count` rows; Missing if it is not one."""
    expect(answer.status == 200, f"{count} good rows were answered {answer.status}: {answer.text[:200]}")
    expect(isinstance(answer.body, dict), "the answer is not a JSON object")
    values = answer.body.get("predictions")
    expect(isinstance(values, list), "the answer has no list 'predictions'")
    expect(len(values) == count, f"{count} rows were answered by {len(values)} predictions")
    return list(values)


def _shape(service: ServiceUnderTest) -> None:
    answer = service.client.predict(service.rows)
    values = predictions_of(answer, len(service.rows))
    for name in ("probabilities", "classes", "revision"):
        expect(name in answer.body, f"the answer has no {name!r}")
    told, loaded = answer.body["revision"], service.model.revision
    expect(told == loaded, f"the answer names revision {told!r}, GET /model {loaded!r}")
    signature = service.model.signature
    if signature.task is Task.REGRESSION:
        good = all(_is_number(value) for value in values)
        expect(good, f"a prediction is no finite number: {values[:3]}")
        nothing = answer.body["probabilities"] is None and answer.body["classes"] is None
        expect(nothing, "probabilities and classes are not null in a regression")
    else:
        strange = [value for value in values if value not in signature.classes]
        words = f"{strange[0]!r} is none of the signature's classes" if strange else ""
        expect(not strange, f"{words} {list(signature.classes)}")


def _probabilities(service: ServiceUnderTest) -> None:
    signature = service.model.signature
    if signature.task is not Task.CLASSIFICATION:
        raise NotChecked("the model is a regression")
    answer = service.client.predict(service.rows)
    predictions_of(answer, len(service.rows))
    lists, classes = answer.body.get("probabilities"), answer.body.get("classes")
    if lists is None:
        raise NotChecked("the model gives no probabilities")
    order = classes == list(signature.classes)
    expect(order, f"classes are {classes}, in the signature {list(signature.classes)}")
    expect(
        isinstance(lists, list) and len(lists) == len(service.rows), "there is not one list for each row"
    )
    for row in lists:
        one_each = isinstance(row, list) and len(row) == len(classes)
        expect(one_each, f"a row does not have one probability for each class: {row}")
        within = all(_is_number(value) and -_SUM_TOLERANCE <= value <= 1 + _SUM_TOLERANCE for value in row)
        expect(within, f"a probability is not between 0 and 1: {row}")
        expect(abs(sum(row) - 1) <= _SUM_TOLERANCE, f"they sum to {sum(row)}: {row}")


def _same_alone(service: ServiceUnderTest) -> None:
    rows = service.rows
    batch = _told(service, rows)
    for number, row in enumerate(rows):
        alone = _told(service, [row])[0]
        same = _same(alone, batch[number])
        expect(same, f"row {number} alone gave {alone[0]!r}, in the batch {batch[number][0]!r}")
    backwards = _told(service, rows[::-1])[::-1]
    expect(all(map(_same, batch, backwards)), "the same rows in reverse order gave other predictions")


def _large_batch(service: ServiceUnderTest) -> None:
    times = -(-LARGE_BATCH // len(service.rows))
    rows = (service.rows * times)[:LARGE_BATCH]
    values = predictions_of(service.client.predict(rows), LARGE_BATCH)
    few = predictions_of(service.client.predict(service.rows), len(service.rows))
    last = (LARGE_BATCH - 1) % len(few)
    same = _same((values[-1], None), (few[last], None))
    expect(same, f"the last row gave {values[-1]!r}, in a small batch {few[last]!r}")


def _told(service: ServiceUnderTest, rows: list[Row]) -> list[tuple[Any, Any]]:
    """Prediction and probabilities of each row."""
    answer = service.client.predict(rows)
    values = predictions_of(answer, len(rows))
    lists = answer.body.get("probabilities")
    whole = lists is None or (isinstance(lists, list) and len(lists) == len(rows))
    expect(whole, "there is not one list of probabilities for each row")
    return list(zip(values, lists or [None] * len(rows), strict=True))


def _same(one: tuple[Any, Any], other: tuple[Any, Any]) -> bool:
    return _close(one[0], other[0]) and all(map(_close, one[1] or (), other[1] or ()))


def _close(one: Any, other: Any) -> bool:
    if _is_number(one) and _is_number(other):
        return math.isclose(one, other, rel_tol=_SAME_TOLERANCE, abs_tol=_SAME_TOLERANCE)
    return bool(one == other)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


RULES = (
    Rule("POST /predict answers one prediction for each row, and the revision that gave it", _shape),
    Rule("Probabilities stand in the order of the classes and sum to 1", _probabilities),
    Rule("A row is answered alike alone and in a batch, wherever it stands", _same_alone),
    Rule(f"A batch of {LARGE_BATCH:,} rows is answered", _large_batch),
)
