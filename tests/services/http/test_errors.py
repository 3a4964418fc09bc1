"""The one shape of errors, there and back."""

import json
from typing import Any

import pytest

from services import errors
from services.http.errors import (
    KINDS,
    InvalidField,
    InvalidJson,
    TooLarge,
    TooSlow,
    Unauthorized,
    UnsupportedMedia,
    WrongMethod,
    answer_for,
    error_from,
)

EXAMPLES = [
    (InvalidJson("x"), 400, "invalid_json"),
    (TooLarge("x"), 413, "too_large"),
    (errors.InvalidInput("x"), 422, "invalid_input"),
    (UnsupportedMedia("x"), 415, "unsupported_media"),
    (Unauthorized("x"), 401, "unauthorized"),
    (errors.Refused("x"), 403, "forbidden"),
    (errors.NotFound("x"), 404, "not_found"),
    (WrongMethod("x", allowed=["GET"]), 405, "method_not_allowed"),
    (TooSlow("x"), 408, "timeout"),
    (errors.Unanswered("x"), 409, "unanswered"),
    (errors.Conflict("x"), 409, "conflict"),
    (errors.StorageError("x"), 503, "spool_full"),
    (errors.Uncertain("x"), 503, "uncertain"),
    (errors.Unavailable("x"), 503, "unavailable"),
]


@pytest.mark.parametrize(("error", "status", "code"), EXAMPLES)
def test_each_kind_has_its_status_and_code_and_comes_back_as_itself(
    error: Any, status: Any, code: Any
) -> None:
    answer = answer_for(error)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (status, code)
    assert type(error_from(answer.status, answer.body, who="it")) is type(error)
    assert ("retry-after" in dict(answer.headers)) == (status == 503)


def test_every_kind_that_clients_meet_has_its_example_here() -> None:
    assert {type(error) for error, _, _ in EXAMPLES} == {kind for kind, _, _ in KINDS}


def test_the_field_travels() -> None:
    answer = answer_for(InvalidField("must be a number", field="instances[0].ph"))
    assert json.loads(answer.body)["error"]["field"] == "instances[0].ph"
    back = error_from(answer.status, answer.body, who="it")
    assert isinstance(back, InvalidField)
    assert back.field == "instances[0].ph"


def test_a_bug_is_logged_and_nothing_of_it_told(caplog: pytest.LogCaptureFixture) -> None:
    answer = answer_for(KeyError("inside"))
    assert answer.status == 500
    assert b"inside" not in answer.body
    assert "inside" in caplog.text


def test_an_answer_in_another_shape_is_told_with_its_sender() -> None:
    error = error_from(502, b"<html>Bad gateway</html>", who="the gateway")
    assert isinstance(error, errors.Unavailable)
    assert error.message == "the gateway answered 502"
