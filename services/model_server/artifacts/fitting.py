"""Whether what an artifact carries fits a signature, and answers in the signature's terms."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from services.errors import InvalidInput
from services.model_server.predictor import Raw
from services.registry.choices import Task
from services.registry.model import Signature

if TYPE_CHECKING:
    import pandas as pd


def check_inputs(carried: Sequence[str], width: int, signature: Signature, *, ordered: bool = True) -> None:
    """Check that the signature has the artifact's inputs.

    Some formats write a name's spaces and signs as underscores; such names are the same here.

    Args:
        carried: the names; empty if the artifact has none.
        width: how many it takes; 0 if it does not tell.
        signature: what it must fit.
        ordered: whether their order counts.

    Raises:
        InvalidInput: it has others.
    """
    names = [field.name for field in signature.inputs]
    wanted, given = ([_plain(name) for name in each] for each in (carried, names))
    if carried and (wanted != given if ordered else set(wanted) != set(given)):
        raise InvalidInput(
            f"the model was trained on {', '.join(carried)}; the signature's inputs are {', '.join(names)}"
        )
    if width and width != len(names):
        raise InvalidInput(f"the model takes {width} inputs, the signature has {len(names)}")


def check_task(task: Task | None, signature: Signature) -> None:
    """Check that the artifact does what the signature says, where it tells."""
    if task not in {None, signature.task}:
        raise InvalidInput(f"the model does {task}, the signature says {signature.task}")


def check_classes(carried: Sequence[str], count: int, signature: Signature) -> None:
    """Check the classes: by name and order where the artifact names them, else by their number."""
    classes = signature.classes
    if carried and list(carried) != list(classes):
        raise InvalidInput(
            f"the model's classes ({', '.join(carried)}) are not the signature's ({', '.join(classes)})"
        )
    if count and count != len(classes):
        raise InvalidInput(f"the model tells {count} classes apart, the signature has {len(classes)}")


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


def _plain(name: str) -> str:
    return re.sub(r"\W", "_", name)
