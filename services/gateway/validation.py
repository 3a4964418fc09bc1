"""Requests checked against a project's inputs: one compiled decoder for each version that may answer.

A request may carry every input of any active version. What the answering version needs must be there
and fit its types; what only others need may be left out, and they are then not asked for that row.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from services.gateway.records import Value
from services.gateway.request_limits import LARGEST_INTEGER, LONGEST_TEXT, MOST_ROWS, ROW_TEXT_BYTES
from services.http.errors import InvalidField
from services.http.validation_errors import explain, explain_value
from services.registry.model import Field, FieldType, Mode, Project, Version
from services.store.names import column_for

_TYPES: dict[FieldType, Any] = {
    FieldType.NUMBER: float,
    FieldType.INTEGER: Annotated[int, Meta(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)],
    FieldType.STRING: Annotated[str, Meta(max_length=LONGEST_TEXT)],
    FieldType.BOOLEAN: bool,
}
_BYTES_A_CHARACTER = 4
_OUTER_BRACKETS = 1_000
"""More brackets than a request has around its rows: those of its tensors, columns and parameters."""
_TEXT = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_ROW_BEGINS = tuple(
    (bracket, re.compile(_TEXT + rb"|" + re.escape(bracket), re.DOTALL)) for bracket in (b"{", b"[")
)
_RELAXED_TYPES = {**_TYPES, FieldType.INTEGER: int | float}


@dataclass(frozen=True, slots=True)
class DecodedBody:
    """A decoded request: its rows (instances of the schema's struct) and the ids it brought, if any."""

    rows: list[Any]
    ids: list[str] | None


def checked_body(instances: list[Any], ids: list[str] | None) -> DecodedBody:
    """A body as decoded; InvalidField if it has no instance, or not one id for each."""
    if not instances:
        raise InvalidField("instances is empty; send at least one", field="instances")
    check_count(len(instances), "instances")
    if ids is not None and len(ids) != len(instances):
        counts = f"{len(ids)} entries for {len(instances)} instances"
        raise InvalidField(f"ids has {counts}", field="ids")
    return DecodedBody(instances, ids)


def check_count(rows: int, field: str) -> None:
    """InvalidField if a request has more rows than are taken at once."""
    if rows > MOST_ROWS:
        raise InvalidField(f"the request has {rows:,} rows; at most {MOST_ROWS:,} are taken", field=field)


def check_rows_before_decoding(body: bytes) -> None:
    """InvalidField if a JSON body has far more rows than are taken: decoding them would hold up all others.

    A row is an object or an array, so brackets outside texts are counted, no further than to the limit.
    """
    for bracket, token in _ROW_BEGINS:
        if body.count(bracket) <= MOST_ROWS + _OUTER_BRACKETS:
            continue
        found = 0
        for match in token.finditer(body):
            found += match[0] == bracket
            if found > MOST_ROWS + _OUTER_BRACKETS:
                raise InvalidField(
                    f"the request has too many rows; at most {MOST_ROWS:,} are taken", field=""
                )


def request_fields(project: Project, version: Version) -> tuple[Field, ...]:
    """What a request answered by `version` may carry: its own inputs, then those of other active ones.

    Where another version stores its input under a column already taken by a different one, the input
    gets a column of its own.
    """
    fields = {field.name: field for field in version.signature.inputs}
    for other in project.versions:
        if other.mode is Mode.RETIRED:
            continue
        for field in other.signature.inputs:
            if field.name in fields:
                continue
            taken = frozenset(known.column for known in fields.values())
            column = column_for(field.name, taken) if field.column in taken else field.column
            fields[field.name] = replace(field, column=column, required=False, nullable=True)
    return tuple(fields.values())


class RequestSchema:
    """Decodes, checks and converts the requests that one version of a project answers.

    Attributes:
        fields: everything that a request may carry, the version's own inputs first.
        names: theirs.
        own: the names of the version's own inputs, in the order in which the model wants them.
        left_out: the names of fields that may be left out but may not be null: in a table, which has a
            cell for each, a missing value leaves them out.
    """

    def __init__(self, project: Project, version: Version) -> None:
        self.fields = request_fields(project, version)
        self.names = frozenset(field.name for field in self.fields)
        self.own = tuple(field.name for field in version.signature.inputs)
        self.left_out = frozenset(
            field.name for field in self.fields if not field.required and not field.nullable
        )
        row = _struct(self.fields, _TYPES)
        relaxed = _struct(self.fields, _RELAXED_TYPES)
        self._decoder = msgspec.json.Decoder(_body(row))
        self._relaxed = _body(relaxed)
        self._rows: Any = list[row]  # type: ignore[valid-type]  # made at run time
        self._relaxed_rows: Any = list[relaxed]  # type: ignore[valid-type]  # the same
        self._integers = [f"f{i}" for i, field in enumerate(self.fields) if field.type is FieldType.INTEGER]
        texts = [field.name for field in self.fields if field.type is FieldType.STRING]
        self._long_texts = len(texts) * LONGEST_TEXT * _BYTES_A_CHARACTER > ROW_TEXT_BYTES
        self._values = _reader([f"f{index}" for index in range(len(self.fields))])
        self._convert = self._own_row(version) if len(self.own) < len(self.fields) else None

    def decode(self, body: bytes) -> DecodedBody:
        """The request in a body.

        Raises:
            InvalidField: naming the field (`instances[0].ph`) and what is wrong with it.
            InvalidJson: it is no JSON.
        """
        try:
            request = self._decoder.decode(body)
        except (ValueError, RecursionError) as error:
            request = self._second_look(body, error)
        self._check_texts(request.instances, "instances")
        return checked_body(request.instances, request.ids)

    def upstream(self, rows: Sequence[Any]) -> bytes:
        """The body with which the version's service is asked for these rows: its own inputs only."""
        own = rows if self._convert is None else list(map(self._convert, rows))
        return msgspec.json.encode({"instances": own})

    def values(self, rows: Sequence[Any]) -> list[tuple[Value, ...]]:
        """The rows as tuples in the order of `fields`; None where a value is missing."""
        return list(map(self._values, rows))

    def rows(
        self,
        values: Sequence[Mapping[str, Any]],
        place: str | None,
        numbers: Sequence[int] | None = None,
    ) -> list[Any]:
        """Rows from decoded JSON objects, checked as `decode` checks the instances of a body.

        Args:
            values: the objects, one a row.
            place: where they stand, for the words of an error; None for a row that stands alone.
            numbers: which rows of that place they are; None where they are all.

        Raises:
            InvalidField: there are none, or a value is not what the version takes.
        """
        try:
            return self._converted(values, place)
        except InvalidField as error:
            raise renumbered(error, place or "", numbers) from None

    def _converted(self, values: Sequence[Mapping[str, Any]], place: str | None) -> list[Any]:
        if not values:
            raise InvalidField(f"{place} is empty; send at least one row", field=place or "")
        check_count(len(values), place or "")
        rows = self._typed(values, place)
        self._check_texts(rows, place)
        return rows

    def _typed(self, values: Sequence[Mapping[str, Any]], place: str | None) -> list[Any]:
        try:
            return cast("list[Any]", msgspec.convert(values, self._rows))
        except msgspec.ValidationError as error:
            if not self._integers:
                raise explain_value(error, place) from None
        try:
            rows = msgspec.convert(values, self._relaxed_rows)
        except msgspec.ValidationError as error:
            raise explain_value(error, place) from None
        self._make_integers(rows, place)
        return cast("list[Any]", rows)

    def _check_texts(self, rows: Sequence[Any], place: str | None) -> None:
        """InvalidField if the texts of a row are longer than the log can keep."""
        if not self._long_texts:
            return
        for index, row in enumerate(rows):
            size = sum(len(value.encode()) for value in self._values(row) if isinstance(value, str))
            if size > ROW_TEXT_BYTES:
                path = "" if place is None else f"{place}[{index}]"
                raise InvalidField(
                    f"{path or 'the row'} has texts of {size:,} bytes; at most {ROW_TEXT_BYTES:,} are kept",
                    field=path,
                )

    def _second_look(self, body: bytes, error: Exception) -> Any:
        """Take integers written as 5.0, which are integers in JSON; otherwise say what is wrong."""
        if not self._integers or not isinstance(error, msgspec.ValidationError):
            raise explain(body, error) from None
        try:
            request = msgspec.json.decode(body, type=self._relaxed)
        except (ValueError, RecursionError) as second:
            raise explain(body, second) from None
        self._make_integers(request.instances, "instances")
        return request

    def _make_integers(self, rows: Sequence[Any], place: str | None) -> None:
        for index, row in enumerate(rows):
            for attribute in self._integers:
                value = getattr(row, attribute)
                if value is not None:
                    name = self.fields[int(attribute[1:])].name
                    path = name if place is None else f"{place}[{index}].{name}"
                    setattr(row, attribute, _whole(value, path))

    def _own_row(self, version: Version) -> Callable[[Any], Any]:
        """Makes a row that holds the version's own inputs only."""
        kind = _struct(version.signature.inputs, _TYPES)
        values = _reader([name for name, _ in _required_first(version.signature.inputs)])
        return lambda row: kind(*values(row))


def renumbered(error: InvalidField, place: str, numbers: Sequence[int] | None) -> InvalidField:
    """The error of some of a request's rows, in the words of the whole request.

    Args:
        error: whose field begins with a place and a row's number among those looked at.
        place: where the rows stand.
        numbers: which rows of that place were looked at; None where that was all.
    """
    found = re.match(re.escape(place) + r"\[(\d+)\]", error.field)
    if numbers is None or found is None:
        return error
    looked_at, whole = found[0], f"{place}[{numbers[int(found[1])]}]"
    message = error.message
    if message.startswith(looked_at):
        message = whole + message.removeprefix(looked_at)
    return InvalidField(message, field=whole + error.field.removeprefix(looked_at))


def class_name(value: float | str | bool) -> str:
    """A class as text, however a model or a label writes it: 3 and 3.0 are `3`, true is `True`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    return str(int(value)) if float(value).is_integer() else str(value)


def _whole(value: float, path: str) -> int:
    """A number as the integer that it is; InvalidField if it is none."""
    if value != int(value):
        raise InvalidField(f"{path} must be a whole number, not {value}", field=path)
    if abs(value) > LARGEST_INTEGER:
        message = f"{path} is larger than 2**53, beyond which whole numbers are not exact"
        raise InvalidField(message, field=path)
    return int(value)


def _struct(fields: Sequence[Field], types: dict[FieldType, Any]) -> type[Struct]:
    """A struct with attributes f0, f1, …, named in JSON as users name them.

    A field that may be left out is None then, and None is left out again when it is sent on.
    """
    definitions: list[Any] = []
    for attribute, field in _required_first(fields):
        kind = types[field.type]
        kind = kind | None if field.nullable else kind
        definitions.append((attribute, kind) if field.required else (attribute, kind, None))
    return msgspec.defstruct(
        "Instance",
        definitions,
        rename={f"f{index}": field.name for index, field in enumerate(fields)},
        forbid_unknown_fields=True,
        omit_defaults=True,
        gc=False,
    )


def _body(row: type[Struct]) -> Any:
    return msgspec.defstruct(
        "Body",
        [("instances", list[row]), ("ids", list[str] | None, None)],  # type: ignore[valid-type]
        forbid_unknown_fields=True,
        gc=False,
    )


def _required_first(fields: Sequence[Field]) -> list[tuple[str, Field]]:
    """Attribute names and fields in the order in which a struct can have defaults."""
    named = [(f"f{index}", field) for index, field in enumerate(fields)]
    return sorted(named, key=lambda pair: not pair[1].required)


def _reader(attributes: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Reads these attributes of a row as a tuple."""
    if len(attributes) == 1:
        only = attributes[0]
        return lambda row: (getattr(row, only),)
    return attrgetter(*attributes)
