"""What the entries of one kind have in common: kept once, named by a number in each entry."""

from msgspec import Struct

from services.gateway.records import Origin
from services.registry.model import Field, Mode


class PredictionHeader(Struct, frozen=True, tag="predictions"):
    """Of answers: an `Origin`, and whether clients brought the ids."""

    project: str
    version: str
    revision: str
    mode: Mode
    fields: tuple[Field, ...]
    classes: tuple[str, ...]
    late: bool
    brought: bool


class LabelHeader(Struct, frozen=True, tag="labels"):
    """Of labels: whether they are names of classes, or numbers."""

    project: str
    texts: bool


Header = PredictionHeader | LabelHeader


def prediction_header(origin: Origin, *, brought: bool) -> PredictionHeader:
    """The header of an origin's answers."""
    return PredictionHeader(
        origin.project,
        origin.version,
        origin.revision,
        origin.mode,
        origin.fields,
        origin.classes,
        origin.late,
        brought,
    )
