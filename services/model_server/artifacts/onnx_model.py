"""ONNX: graphs as the exporters of scikit-learn, boosted trees and deep learning frameworks write them."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from services.errors import InvalidInput
from services.model_server.artifacts.interface import ArtifactDescription, DescribedInput, OpenedModel
from services.model_server.artifacts.onnx_external_data import check_whole, parsed
from services.model_server.artifacts.readers import library
from services.model_server.artifacts.signature_fit import check_fits
from services.model_server.predictor import Raw, class_name
from services.registry.choices import FieldType, Task
from services.registry.model import Signature

if TYPE_CHECKING:
    import pandas as pd

_TYPES: dict[str, tuple[FieldType, Any]] = {
    "tensor(float)": (FieldType.NUMBER, np.float32),
    "tensor(double)": (FieldType.NUMBER, np.float64),
    "tensor(float16)": (FieldType.NUMBER, np.float16),
    "tensor(int64)": (FieldType.INTEGER, np.int64),
    "tensor(int32)": (FieldType.INTEGER, np.int32),
    "tensor(bool)": (FieldType.BOOLEAN, np.bool_),
    "tensor(string)": (FieldType.STRING, np.object_),
}
_FLOATS = frozenset({"tensor(float)", "tensor(double)", "tensor(float16)"})
_LABELS = frozenset({"tensor(string)", "tensor(int64)", "tensor(int32)"})
_CLASS_ATTRIBUTES = frozenset({"classlabels_strings", "classlabels_int64s", "classlabels_ints"})
_MAY_MISS = frozenset({np.float16, np.float32, np.float64})
_ONE = 1e-4


class OnnxReader:
    """Reads ONNX graphs."""

    def describe(self, content: bytes) -> ArtifactDescription:
        """Names where every input is a column; classes where a classifier's node carries them."""
        classes = _carried_classes(content)
        return _Graph(content).described(classes)

    def open(self, content: bytes, signature: Signature) -> OpenedModel:
        """Asked in one thread, since many for one row cost more than they give."""
        classes = _carried_classes(content)
        graph = _Graph(content)
        described = graph.described(classes)
        check_fits(described, signature)
        frame = any(field.type is FieldType.STRING for field in signature.inputs)
        return OpenedModel(graph.compute(signature), described.library, frame=frame)

    def dump(self, model: Any) -> bytes:
        """Of an `onnx.ModelProto`, or its bytes."""
        content = model.SerializeToString() if hasattr(model, "SerializeToString") else model
        if not isinstance(content, bytes):
            raise InvalidInput(f"train returned a {type(model).__name__}, which is no ONNX model")
        return content


class _Block(NamedTuple):
    """An input of a graph: some of the columns.

    Attributes:
        columns: how many; 0 for as many as are left.
        flat: whether its tensor has no second dimension.
    """

    name: str
    type: FieldType
    dtype: Any
    columns: int
    flat: bool


class _Graph:
    """A graph ready to run, and what its inputs and outputs say."""

    def __init__(self, content: bytes) -> None:
        self._runtime = library("onnxruntime", "onnx")
        options = self._runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._session = self._runtime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its classes have no other base
            raise InvalidInput(f"this ONNX model cannot be run: {error}") from error
        self._blocks = [_block(given) for given in self._session.get_inputs()]
        self._outputs = self._session.get_outputs()
        first = self._session.get_inputs()[0].shape
        self._one_by_one = bool(first) and first[0] == 1

    def described(self, classes: Sequence[str]) -> ArtifactDescription:
        """What it carries, with the classes that its nodes name."""
        blocks = self._blocks
        named = all(block.columns == 1 for block in blocks)
        task, count = self._task(classes)
        return ArtifactDescription(
            kind="onnx",
            library=f"onnxruntime {self._runtime.__version__}",
            inputs=tuple(DescribedInput(block.name, block.type) for block in blocks) if named else (),
            width=0 if any(block.columns == 0 for block in blocks) else sum(b.columns for b in blocks),
            task=task,
            classes=tuple(classes),
            class_count=count,
        )

    def compute(self, signature: Signature) -> Callable[[Any], Raw]:
        """Feeds the columns to the inputs in order, and reads label and probabilities."""
        blocks = _filled(self._blocks, len(signature.inputs))
        read = _outputs_reader(self._outputs, signature)
        state = self._runtime.capi.onnxruntime_pybind11_state

        def run(rows: Any) -> list[Any]:
            fed = dict(_feeds(blocks, rows))
            try:
                found: list[Any] = self._session.run(None, fed)
            except (state.Fail, state.InvalidArgument, state.RuntimeException) as error:
                raise ValueError(f"the model cannot answer these values: {error}") from error
            return found

        def compute(rows: Any) -> Raw:
            if not self._one_by_one:
                return read(run(rows))
            answers = [read(run(rows[at : at + 1])) for at in range(len(rows))]
            probabilities = [answer[1] for answer in answers if answer[1] is not None]
            return (
                np.concatenate([answer[0] for answer in answers]),
                np.concatenate(probabilities) if probabilities else None,
            )

        return compute

    def _task(self, classes: Sequence[str]) -> tuple[Task | None, int]:
        """By a label among the outputs; a lone column of numbers is a regression; else it does not tell."""
        if classes or any(output.type in _LABELS for output in self._outputs):
            return Task.CLASSIFICATION, len(classes)
        only = self._outputs[0]
        if only.type not in _FLOATS:
            raise InvalidInput(
                f"this ONNX model's output {only.name} is {only.type}, which is no prediction"
            )
        width = only.shape[1] if len(only.shape) > 1 else 1
        return (Task.REGRESSION, 0) if width == 1 else (None, 0)


def _block(given: Any) -> _Block:
    if given.type not in _TYPES or len(given.shape) not in {1, 2}:
        raise InvalidInput(
            f"this ONNX model's input {given.name} is {given.type} of {len(given.shape)} dimensions",
            remedy="A row of a table is served: each input a column, or one tensor of all columns.",
        )
    kind, dtype = _TYPES[given.type]
    flat = len(given.shape) == 1
    width = 1 if flat else given.shape[1]
    return _Block(given.name, kind, dtype, width if isinstance(width, int) else 0, flat)


def _filled(blocks: Sequence[_Block], width: int) -> list[_Block]:
    """The blocks with their numbers of columns, of which one may be open."""
    known = sum(block.columns for block in blocks)
    opened = [block for block in blocks if block.columns == 0]
    if len(opened) > 1 or (opened and known >= width):
        raise InvalidInput(f"it is open which of {width} inputs go to {', '.join(b.name for b in blocks)}")
    return [block if block.columns else block._replace(columns=width - known) for block in blocks]


def _feeds(blocks: Sequence[_Block], rows: Any) -> Iterator[tuple[str, Any]]:
    begin = 0
    for block in blocks:
        end = begin + block.columns
        part = rows[:, begin:end] if isinstance(rows, np.ndarray) else _of_frame(rows, begin, end)
        if block.dtype not in _MAY_MISS and any(value is None or value != value for value in part.flat):  # noqa: PLR0124
            raise ValueError(f"{block.name} cannot be missing")
        values = part.astype(block.dtype)
        yield block.name, values[:, 0] if block.flat else np.ascontiguousarray(values)
        begin = end


def _of_frame(frame: "pd.DataFrame", begin: int, end: int) -> Any:
    part = frame.iloc[:, begin:end]
    return part.astype(object).where(part.notna(), np.nan).to_numpy()


def _carried_classes(content: bytes) -> tuple[str, ...]:
    """The classes that a classifier's node names; graphs of deep learning have no such node."""
    onnx = library("onnx", "onnx")
    model = parsed(content)
    check_whole(model)
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.name in _CLASS_ATTRIBUTES:
                values = onnx.helper.get_attribute_value(attribute)
                names = [v.decode() if isinstance(v, bytes) else class_name(v) for v in values]
                if names:
                    return tuple(names)
    return ()


def _outputs_reader(outputs: Sequence[Any], signature: Signature) -> Callable[[list[Any]], Raw]:
    """How this graph's outputs are read: which is the label, and which the probabilities."""
    classes = list(signature.classes)
    if not classes:
        return _read_numbers
    label = next((at for at, output in enumerate(outputs) if output.type in _LABELS), None)
    others = [at for at in range(len(outputs)) if at != label]
    floats = [at for at in others if outputs[at].type in _FLOATS]

    def read(found: list[Any]) -> Raw:
        scores = _scores(found, others, floats, classes)
        if scores is not None and not _are_probabilities(scores):
            return (scores.argmax(axis=1) if label is None else _positions(found[label], classes)), None
        if label is not None:
            return _positions(found[label], classes), scores
        if scores is None:
            raise ValueError("the model gave neither a class nor probabilities")
        return scores.argmax(axis=1), scores

    return read


def _read_numbers(found: list[Any]) -> Raw:
    values = np.asarray(found[0], np.float64)
    return (values[:, 0] if values.ndim == 2 else values), None


def _positions(labels: Any, classes: list[str]) -> Any:
    """Where each label stands among the classes."""
    return np.array([classes.index(class_name(label)) for label in np.ravel(labels)], np.intp)


def _scores(found: list[Any], others: list[int], floats: list[int], classes: list[str]) -> Any:
    """Shape (n, classes): a tensor, a column each, or a dictionary for every row."""
    for at in others:
        if isinstance(found[at], list):
            names = {class_name(key): key for key in found[at][0]}
            return np.array([[row[names[name]] for name in classes] for row in found[at]], np.float64)
    wide = [at for at in floats if np.ndim(found[at]) == 2 and found[at].shape[1] == len(classes)]
    if wide:
        return np.asarray(found[wide[0]], np.float64)
    if len(floats) == len(classes):
        return np.column_stack([np.ravel(found[at]) for at in floats]).astype(np.float64)
    return None


def _are_probabilities(scores: Any) -> bool:
    """Some graphs give margins or logits instead; these are not shown as probabilities."""
    return bool((scores >= 0).all() and (np.abs(scores.sum(axis=1) - 1) < _ONE).all())
