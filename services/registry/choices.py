"""The registry's words that stand for a choice; kept apart, for those that do without msgspec."""

from enum import StrEnum


class Task(StrEnum):
    """What a project's models predict: a number, or one of several classes."""

    REGRESSION = "regression"
    CLASSIFICATION = "classification"


class Mode(StrEnum):
    """A version's part in production; exactly one version of a project is the champion."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    RETIRED = "retired"


class FieldType(StrEnum):
    """The type of an input or target; integers are exact up to 2**53."""

    NUMBER = "number"
    INTEGER = "integer"
    STRING = "string"
    BOOLEAN = "boolean"
