"""Whether what an artifact carries fits a signature, and answers in the signature's terms."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from services.errors import InvalidInput
from services.model_server.artifacts.interface import ArtifactDescription
from services.model_server.predictor import Raw
from services.registry.model import Signature

if TYPE_CHECKING:
    import pandas as pd


def check_fits(described: ArtifactDescription, signature: Signature, *, ordered: bool = True) -> None:
    """Check that an artifact does what a signature says, as far as it tells.

    Some formats write a name's spaces and signs as underscores; such names are the same here.

    Args:
        described: what the artifact carries.
        signature: what it must fit.
        ordered: whether the order of the inputs counts.

    Raises:
        InvalidInput: it takes other inputs, does another task, or tells other classes apart.
    """
    _check_inputs(described, [field.name for field in signature.inputs], ordered=ordered)
    if described.task not in {None, signature.task}:
        raise InvalidInput(f"the model does {described.task}, the signature says {signature.task}")
    carried, classes = described.classes, signature.classes
    if carried and carried != classes:
        raise InvalidInput(
            f"the model's classes ({', '.join(carried)}) are not the signature's ({', '.join(classes)})"
        )
    if described.class_count and described.class_count != len(classes):
        raise InvalidInput(
            f"the model tells {described.class_count} classes apart, the signature has {len(classes)}"
        )


def _check_inputs(described: ArtifactDescription, names: Sequence[str], *, ordered: bool) -> None:
    carried = [read.name for read in described.inputs]
    wanted, given = ([plain_name(name) for name in each] for each in (carried, names))
    if carried and (wanted != given if ordered else set(wanted) != set(given)):
        raise InvalidInput(
            f"the model was trained on {', '.join(carried)}; the signature's inputs are {', '.join(names)}"
        )
    if described.width and described.width != len(names):
        raise InvalidInput(f"the model takes {described.width} inputs, the signature has {len(names)}")


def boosted_classes(raw: Any) -> Raw:
    """Positions and probabilities of boosted trees' answer.

    Args:
        raw: probabilities, shape (n, classes); or of the second of two classes, shape (n,).
    """
    if raw.ndim == 1:
        # In the maker's own precision first, as its own classifier does it.
        raw = np.column_stack((1 - raw, raw))
    return raw.argmax(axis=1), np.asarray(raw, np.float64)


def with_categories(frame: "pd.DataFrame", categories: Mapping[str, Sequence[Any]]) -> "pd.DataFrame":
    """The frame with these columns by the model's categories; one that it has never seen is missing."""
    import pandas as pd

    coded = {
        name: pd.Categorical(frame[name].where(frame[name].isin(values)), values)
        for name, values in categories.items()
    }
    return frame.assign(**coded)


def plain_name(name: str) -> str:
    """A name as formats that allow no spaces or signs in it write it."""
    return re.sub(r"\W", "_", name)
