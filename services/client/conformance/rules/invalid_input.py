"""Rules on what `/predict` answers to bad input."""

import json
from typing import Any

from services.client.conformance.rule import NotChecked, Rule, ServiceUnderTest, expect
from services.client.conformance.sample_rows import Row, wrong_value
from services.client.conformance.service_client import ServiceAnswer
from services.registry.model import Field, FieldType

UNKNOWN = "an input that no model has"


def _missing(service: ServiceUnderTest) -> None:
    field = _first(service, lambda field: field.required, "no input is required")
    row = {name: value for name, value in service.rows[0].items() if name != field.name}
    _refused_by_name(_second_bad(service, row), field.name)


def _unknown(service: ServiceUnderTest) -> None:
    _refused_by_name(_second_bad(service, {**service.rows[0], UNKNOWN: 1}), UNKNOWN)


def _wrong_type(service: ServiceUnderTest) -> None:
    for field in service.model.signature.inputs:
        row = {**service.rows[0], field.name: wrong_value(field)}
        _refused_by_name(_second_bad(service, row), field.name)


def _null(service: ServiceUnderTest) -> None:
    field = _first(service, lambda field: not field.nullable, "every input may be null")
    _refused_by_name(_second_bad(service, {**service.rows[0], field.name: None}), field.name)


def _not_a_number(service: ServiceUnderTest) -> None:
    field = _first(service, lambda field: field.type is FieldType.NUMBER, "no input is a number")
    body = json.dumps({"instances": [{**service.rows[0], field.name: float("nan")}]}).encode()
    answer = service.client.post("/predict", body)
    # NaN is no JSON: a strict parser refuses it before anything knows of fields.
    if answer.status == 400:
        _told(answer)
    else:
        _refused_by_name(answer, field.name)


def _empty(service: ServiceUnderTest) -> None:
    answer = service.client.predict([])
    if answer.status == 200:
        given = answer.body.get("predictions") if isinstance(answer.body, dict) else None
        expect(given == [], "no rows were answered by something else than no predictions")
    else:
        expect(answer.status == 422, f"it was answered {answer.status}")
        _told(answer)


def _no_json(service: ServiceUnderTest) -> None:
    for body in (b'{"instances": [', b"", b"\xff\xfe"):
        answer = service.client.post("/predict", body)
        expect(answer.status == 400, f"the body {body!r} was answered {answer.status}")
        _told(answer)


def _no_instances(service: ServiceUnderTest) -> None:
    bodies: tuple[Any, ...] = ({}, [], [[]], {"instances": 5}, {"instances": [5]}, {"instances": None})
    for body in bodies:
        answer = service.client.post("/predict", body)
        expect(answer.status == 422, f"the body {json.dumps(body)} was answered {answer.status}")
        _told(answer)


def _first(service: ServiceUnderTest, fits: Any, otherwise: str) -> Field:
    found = next((field for field in service.model.signature.inputs if fits(field)), None)
    if found is None:
        raise NotChecked(otherwise)
    return found


def _second_bad(service: ServiceUnderTest, row: Row) -> ServiceAnswer:
    """The answer to a good row and a bad one."""
    return service.client.predict([service.rows[0], row])


def _refused_by_name(answer: ServiceAnswer, name: str) -> None:
    expect(answer.status == 422, f"a bad {name!r} was answered {answer.status}, not 422")
    _told(answer)
    named = name in str(answer.error.get("field", "")) or name in str(answer.error["message"])
    expect(named, f"the error does not name the field {name!r}: {answer.text[:200]}")


def _told(answer: ServiceAnswer) -> None:
    """It is an error in the contract's shape that shows nothing of the inside."""
    expect(not answer.shows_trace(), f"the answer shows a stack trace: {answer.text[:200]}")
    error = answer.error
    told = isinstance(error.get("code"), str) and isinstance(error.get("message"), str) and error["message"]
    shape = '{"error": {"code", "message"}}'
    expect(told, f"the answer is not {shape}: {answer.text[:200]}")


RULES = (
    Rule("A row that lacks a required input is answered 422, naming it", _missing),
    Rule("A row with an unknown input is answered 422, naming it", _unknown),
    Rule("A value of the wrong type is answered 422, naming the input", _wrong_type),
    Rule("A null for an input that may not be missing is answered 422, naming it", _null),
    Rule("NaN is answered 422, naming the input, or 400 as it is no JSON", _not_a_number),
    Rule("A batch without rows is answered 422, or by no predictions", _empty),
    Rule("A body that is no JSON is answered 400", _no_json),
    Rule("JSON that holds no rows is answered 422", _no_instances),
)
