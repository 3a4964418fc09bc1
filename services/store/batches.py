"""The rows that travel through the spool, the log and the live tables, as columns.

A blob of the log holds one batch as an Arrow IPC stream. Every column is an array of numbers: texts
are codes into a short list kept in the schema's metadata, a missing number is NaN, a missing text is
code -1. So a million rows decode at memory speed and nothing is boxed.
"""

import io
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

import arro3.core as arrow
import arro3.io as arrow_io
import msgspec
import numpy as np
from numpy.typing import NDArray

from services.errors import Corrupt
from services.registry.model import Mode
from services.store.identifiers import Ids

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Compression = Literal["zstd", "lz4"] | None


@dataclass(frozen=True, slots=True, eq=False)
class Categorical:
    """Texts as codes, shape (n,), into `categories`; -1 is missing."""

    codes: Codes
    categories: tuple[str, ...]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.codes)

    def take(self, rows: NDArray[Any]) -> "Categorical":
        """The rows chosen by a mask or by positions."""
        return Categorical(self.codes[rows], self.categories)

    def texts(self) -> list[str | None]:
        """The texts themselves, None where missing."""
        lookup: list[str | None] = [*self.categories, None]
        return [lookup[code] for code in self.codes.tolist()]

    @classmethod
    def of(cls, texts: list[str | None]) -> Self:
        """Code a list of texts; categories in order of first appearance."""
        index: dict[str, int] = {}
        codes = [-1 if text is None else index.setdefault(text, len(index)) for text in texts]
        return cls(np.array(codes, dtype=np.int32), tuple(index))


Column = Floats | Categorical
"""One input or target, shape (n,). Integers and booleans are floats, exact up to 2**53."""


def take(column: Column, rows: NDArray[Any]) -> Column:
    """The rows of a column chosen by a mask or by positions."""
    return column.take(rows) if isinstance(column, Categorical) else column[rows]


@dataclass(frozen=True, slots=True, eq=False)
class PredictionBatch:
    """Predictions of one version at one revision in one mode, n rows.

    Attributes:
        ids: shape (n, 2).
        inputs: storage column name to column, in the signature's order.
        predicted: numbers, or `Categorical` over the model's classes.
        scores: shape (n, k), a probability per class of `predicted.categories`; None where the model
            gives none, and for regression.
        latency_ms: shape (n,), float32: what the model's answer took.
        propensity: shape (n,), float32: the probability with which the policy chose this version.
        late: answered long after the request (a challenger catching up): a label may stand before it.
        brought: whether clients brought these ids, so that a retry may have recorded them twice.
        sequences: shape (n,), int32, in packed chunks only: each row's place in its segment.
    """

    version: str
    revision: str
    mode: Mode
    ids: Ids
    inputs: dict[str, Column]
    predicted: Column
    scores: Floats | None
    latency_ms: NDArray[np.float32]
    propensity: NDArray[np.float32]
    late: bool = False
    brought: bool = False
    sequences: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.ids)

    def take(self, rows: NDArray[Any]) -> "PredictionBatch":
        """The rows chosen by a mask or by positions."""
        return replace(
            self,
            ids=self.ids[rows],
            inputs={name: take(column, rows) for name, column in self.inputs.items()},
            predicted=take(self.predicted, rows),
            scores=None if self.scores is None else self.scores[rows],
            latency_ms=self.latency_ms[rows],
            propensity=self.propensity[rows],
            sequences=None if self.sequences is None else self.sequences[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class LabelBatch:
    """True values, n rows; the one with the latest `labelled_at` counts.

    Attributes:
        ids: shape (n, 2), the prediction ids.
        labels: numbers, or `Categorical` (its categories may hold classes no model knows).
        labelled_at: shape (n,), int64: microseconds since the Unix epoch, by the gateway's clock.
        sequences: as in PredictionBatch.
    """

    ids: Ids
    labels: Column
    labelled_at: NDArray[np.int64]
    sequences: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.ids)

    def take(self, rows: NDArray[Any]) -> "LabelBatch":
        """The rows chosen by a mask or by positions."""
        return replace(
            self,
            ids=self.ids[rows],
            labels=take(self.labels, rows),
            labelled_at=self.labelled_at[rows],
            sequences=None if self.sequences is None else self.sequences[rows],
        )


Batch = PredictionBatch | LabelBatch


class _Header(msgspec.Struct, omit_defaults=True):
    """What a blob says beside its columns, as JSON in the schema's metadata."""

    kind: Literal["predictions", "labels"]
    inputs: list[str] = []
    categories: dict[str, list[str]] = {}
    scores: int = 0
    version: str = ""
    revision: str = ""
    mode: Mode = Mode.CHAMPION
    late: bool = False
    brought: bool = False


@dataclass(slots=True)
class _Writer:
    """Collects columns under short names."""

    header: _Header
    names: list[str] = field(default_factory=list)
    arrays: list[NDArray[Any]] = field(default_factory=list)

    def add(self, name: str, values: NDArray[Any]) -> None:
        self.names.append(name)
        self.arrays.append(np.ascontiguousarray(values))

    def add_column(self, name: str, column: Column) -> None:
        if isinstance(column, Categorical):
            self.header.categories[name] = list(column.categories)
            self.add(name, column.codes)
        else:
            self.add(name, column)

    def add_common(self, batch: Batch) -> None:
        self.add("id_high", batch.ids[:, 0])
        self.add("id_low", batch.ids[:, 1])
        if batch.sequences is not None:
            self.add("sequence", batch.sequences)

    def finish(self, compression: Compression) -> bytes:
        columns = [arrow.Array.from_numpy(array) for array in self.arrays]
        fields = [
            arrow.Field(name, column.type, nullable=False)
            for name, column in zip(self.names, columns, strict=True)
        ]
        schema = arrow.Schema(fields, metadata={"relevo": msgspec.json.encode(self.header).decode()})
        sink = io.BytesIO()
        batch = arrow.RecordBatch.from_arrays(columns, schema=schema)
        arrow_io.write_ipc_stream(batch, sink, compression=compression)
        return sink.getvalue()


def encode(batch: Batch, compression: Compression = None) -> bytes:
    """One batch as an Arrow IPC stream."""
    if isinstance(batch, LabelBatch):
        writer = _Writer(_Header("labels"))
        writer.add_common(batch)
        writer.add_column("label", batch.labels)
        writer.add("labelled_at", batch.labelled_at)
        return writer.finish(compression)
    writer = _Writer(
        _Header(
            "predictions",
            inputs=list(batch.inputs),
            scores=0 if batch.scores is None else batch.scores.shape[1],
            version=batch.version,
            revision=batch.revision,
            mode=batch.mode,
            late=batch.late,
            brought=batch.brought,
        )
    )
    writer.add_common(batch)
    for name, column in batch.inputs.items():
        writer.add_column(f"input_{name}", column)
    writer.add_column("predicted", batch.predicted)
    if batch.scores is not None:
        for index in range(batch.scores.shape[1]):
            writer.add(f"score_{index}", batch.scores[:, index])
    writer.add("latency_ms", batch.latency_ms)
    writer.add("propensity", batch.propensity)
    return writer.finish(compression)


class _Reader:
    """Hands out columns by name."""

    def __init__(self, blob: bytes) -> None:
        try:
            self._table = arrow_io.read_ipc_stream(io.BytesIO(blob)).read_all()
            metadata = self._table.schema.metadata[b"relevo"]
            self.header = msgspec.json.decode(metadata, type=_Header)
        except Exception as error:
            raise Corrupt("a blob of the log cannot be decoded", details=repr(error)) from error
        self._names = set(self._table.column_names)

    def array(self, name: str) -> NDArray[Any]:
        column = self._table.column(name)
        array: NDArray[Any] = column.to_numpy()
        return array

    def column(self, name: str) -> Column:
        categories = self.header.categories.get(name)
        array = self.array(name)
        return array if categories is None else Categorical(array, tuple(categories))

    def ids(self) -> Ids:
        return np.stack([self.array("id_high"), self.array("id_low")], axis=1)

    def sequences(self) -> NDArray[np.int32] | None:
        return self.array("sequence") if "sequence" in self._names else None


def decode(blob: bytes) -> Batch:
    """The batch in a blob; Corrupt if it is not one."""
    reader = _Reader(blob)
    header = reader.header
    if header.kind == "labels":
        return LabelBatch(
            reader.ids(), reader.column("label"), reader.array("labelled_at"), reader.sequences()
        )
    scores = [reader.array(f"score_{index}") for index in range(header.scores)]
    return PredictionBatch(
        version=header.version,
        revision=header.revision,
        mode=header.mode,
        ids=reader.ids(),
        inputs={name: reader.column(f"input_{name}") for name in header.inputs},
        predicted=reader.column("predicted"),
        scores=np.stack(scores, axis=1) if scores else None,
        latency_ms=reader.array("latency_ms"),
        propensity=reader.array("propensity"),
        late=header.late,
        brought=header.brought,
        sequences=reader.sequences(),
    )
