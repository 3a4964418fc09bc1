"""The instances of a request: decoded and checked by a decoder compiled from the signature."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from services.http.errors import InvalidField
from services.http.validation_errors import explain
from services.registry.model import Field, FieldType, Signature

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
LARGEST_INTEGER = 2**53
LONGEST_TEXT = 4096

_TYPES: dict[FieldType, Any] = {
    FieldType.NUMBER: float,
    FieldType.INTEGER: float,  # 5.0 is a whole number in JSON; `_check_integers` looks at the rest
    FieldType.STRING: Annotated[str, Meta(max_length=LONGEST_TEXT)],
    FieldType.BOOLEAN: bool,
}


class InstanceDecoder:
    """Decodes the bodies of one version's requests.

    Attributes:
        numeric: whether every input is a number or boolean, so that rows make one matrix.
        may_miss: whether an input may be missing (NaN in a matrix).
    """

    def __init__(self, signature: Signature) -> None:
        fields = signature.inputs
        self._fields = fields
        self._decoder = msgspec.json.Decoder(_body(fields))
        self._values = _reader([f"f{index}" for index in range(len(fields))])
        self._integers = [i for i, field in enumerate(fields) if field.type is FieldType.INTEGER]
        self.numeric = all(field.type is not FieldType.STRING for field in fields)
        self.may_miss = any(field.nullable or not field.required for field in fields)

    def decode(self, body: bytes) -> list[Any]:
        """The rows in a body `{"instances": [{…}, …]}`.

        Raises:
            InvalidField: naming the field (`instances[0].ph`) and what is wrong with it.
            InvalidJson: it is no JSON.
        """
        try:
            rows: list[Any] = self._decoder.decode(body).instances
        except (ValueError, RecursionError) as error:
            raise explain(body, error) from None
        if not rows:
            raise InvalidField("instances is empty; send at least one", field="instances")
        for index in self._integers:
            self._check_integers(rows, index)
        return rows

    def matrix(self, rows: Sequence[Any]) -> Floats:
        """The rows as one array in C order, shape (n, inputs); NaN where a value is missing."""
        return np.array(list(map(self._values, rows)), np.float64)

    def records(self, rows: Sequence[Any]) -> list[dict[str, Any]]:
        """The rows as dictionaries by the inputs' names as users write them."""
        names = [field.name for field in self._fields]
        return [dict(zip(names, self._values(row), strict=True)) for row in rows]

    def frame(self, rows: Sequence[Any]) -> "pd.DataFrame":
        """The rows as a frame, with the columns and types that reading a file would give."""
        import pandas as pd

        columns = zip(*map(self._values, rows), strict=True)
        return pd.DataFrame(
            {
                field.name: series(field, list(values))
                for field, values in zip(self._fields, columns, strict=True)
            }
        )

    def _check_integers(self, rows: Sequence[Any], index: int) -> None:
        name = f"f{index}"
        for number, row in enumerate(rows):
            value = getattr(row, name)
            if value is not None and (value != int(value) or abs(value) > LARGEST_INTEGER):
                field = f"instances[{number}].{self._fields[index].name}"
                raise InvalidField(
                    f"{field} must be a whole number of at most 2**53, not {value}", field=field
                )


def _body(fields: Sequence[Field]) -> Any:
    definitions: list[Any] = []
    named = [(f"f{index}", field) for index, field in enumerate(fields)]
    # A struct takes what has a default after what has none.
    for attribute, field in sorted(named, key=lambda pair: not pair[1].required):
        kind = _TYPES[field.type] | None if field.nullable else _TYPES[field.type]
        definitions.append((attribute, kind) if field.required else (attribute, kind, None))
    row = msgspec.defstruct(
        "Instance",
        definitions,
        rename={f"f{index}": field.name for index, field in enumerate(fields)},
        forbid_unknown_fields=True,
        gc=False,
    )
    kind = list[row]  # type: ignore[valid-type]  # a type made at run time
    return msgspec.defstruct("Body", [("instances", kind)], forbid_unknown_fields=True, gc=False)


def _reader(attributes: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads these attributes of a row as a tuple."""
    if len(attributes) == 1:
        only = attributes[0]
        return lambda row: (getattr(row, only),)
    return attrgetter(*attributes)


def series(field: Field, values: list[Any]) -> Any:
    """A frame's column of that field, typed as reading a file would type it; None is missing."""
    missing = any(value is None for value in values)
    if field.type is FieldType.INTEGER and not missing:
        return np.array(values, np.int64)
    if field.type is FieldType.BOOLEAN and not missing:
        return np.array(values, np.bool_)
    if field.type is FieldType.STRING:
        return values
    return np.array(values, np.float64)
