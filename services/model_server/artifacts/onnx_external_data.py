"""ONNX models whose weights lie in files beside them, as one: a revision is what one sha256 names."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from services.errors import InvalidInput
from services.model_server.artifacts.readers import library

_LARGEST = (1 << 31) - 1
"""Bytes of a protobuf message; beyond, ONNX has no single file."""


def whole(path: Path) -> bytes:
    """The file's bytes; where weights lie beside it, those of a model that holds them itself.

    Args:
        path: of an ONNX model.

    Raises:
        InvalidInput: it is damaged, a file of weights is missing or outside its folder, or all together
            are larger than one file can be.
    """
    content = path.read_bytes()
    model = parsed(content)
    places = places_beside(model)
    if not places:
        return content
    for place in places:
        if not (path.parent / place).is_file():
            raise InvalidInput(
                f"{path.name} keeps weights in {place}, which is not beside it",
                remedy="Bring all files of the model into one folder.",
            )
    size = len(content) + sum((path.parent / place).stat().st_size for place in places)
    if size > _LARGEST:
        raise InvalidInput(
            f"{path.name} and its weights are {size / 1e9:.1f} GB; one ONNX file holds at most 2 GB"
        )
    helper = library("onnx.external_data_helper", "onnx", "onnx")
    try:
        helper.load_external_data_for_model(model, str(path.parent))
    except Exception as error:  # onnx's and protobuf's have no common base
        raise InvalidInput(f"the weights of {path.name} cannot be read: {error}") from error
    return _without_places(model)


def parsed(content: bytes) -> Any:
    """The `onnx.ModelProto` of these bytes, its weights as they are.

    Raises:
        InvalidInput: they are none.
    """
    try:
        return library("onnx", "onnx").load_model_from_string(content)
    except InvalidInput:
        raise
    except Exception as error:  # protobuf's and onnx's have no common base
        raise InvalidInput(f"this is no whole ONNX model: {error}") from error


def check_whole(model: Any) -> None:
    """See that a model holds all its weights: others would not be part of what its sha256 names.

    Raises:
        InvalidInput: it does not.
    """
    places = places_beside(model)
    if places:
        raise InvalidInput(
            f"this ONNX model keeps weights in another file, {places[0]}",
            remedy="relevo describe makes one file of both, or onnx.save(onnx.load(FILE), NEW).",
        )


def places_beside(model: Any) -> list[str]:
    """The files of weights that a model names, relative to its own."""
    return sorted(
        {
            entry.value
            for tensor in _tensors(model.graph)
            if tensor.data_location == tensor.EXTERNAL
            for entry in tensor.external_data
            if entry.key == "location"
        }
    )


def _tensors(graph: Any) -> Iterator[Any]:
    yield from graph.initializer
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors
            for inner in (*((attribute.g,) if attribute.HasField("g") else ()), *attribute.graphs):
                yield from _tensors(inner)


def _without_places(model: Any) -> bytes:
    """The same bytes for the same weights, whatever their files were called."""
    for tensor in _tensors(model.graph):
        if tensor.data_location == tensor.EXTERNAL:
            tensor.data_location = tensor.DEFAULT
        del tensor.external_data[:]
    content: bytes = model.SerializeToString(deterministic=True)
    return content
