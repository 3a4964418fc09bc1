"""What a rule is, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from services.client.conformance.model_description import ModelDescription
from services.client.conformance.sample_rows import Row
from services.client.conformance.service_client import ServiceClient


class RuleOutcome(StrEnum):
    """What became of a rule."""

    MET = "met"
    MISSING = "missing"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule of the contract, and what became of it.

    Attributes:
        rule: what a service must do, as a sentence.
        words: what it did instead, or why it was not checked; empty where the rule is met.
    """

    rule: str
    outcome: RuleOutcome
    words: str = ""


class NotMet(Exception):
    """The service does not do what the rule says; the text says what it did instead."""


class NotChecked(Exception):
    """The rule does not apply, or something it needs was not given; the text says what."""


@dataclass(frozen=True, slots=True)
class ServiceUnderTest:
    """The service that is checked.

    Attributes:
        model: what it says about itself.
        rows: instances that its signature allows, at least two.
        gateway: where it fetches data to retrain from; empty leaves retraining unchecked.
        retrain_seconds: how long one retraining may take.
    """

    client: ServiceClient
    model: ModelDescription
    rows: list[Row]
    gateway: str = ""
    retrain_seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence of the contract, and how it is tried out."""

    sentence: str
    check: Callable[[ServiceUnderTest], None]


def expect(condition: object, words: str) -> None:
    """Raise NotMet with these words unless the condition holds."""
    if not condition:
        raise NotMet(words)
