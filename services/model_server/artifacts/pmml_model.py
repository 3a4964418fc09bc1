"""PMML, of whatever tool wrote it: read by PMML4S in a Java virtual machine inside this process."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from services.errors import InvalidInput
from services.model_server.artifacts.interface import ArtifactDescription, DescribedInput, OpenedModel
from services.model_server.artifacts.readers import library
from services.model_server.artifacts.signature_fit import check_fits
from services.model_server.predictor import Raw
from services.registry.choices import FieldType, Task
from services.registry.model import Signature

if TYPE_CHECKING:
    import pandas as pd

_TYPES = {"string": FieldType.STRING, "integer": FieldType.INTEGER, "boolean": FieldType.BOOLEAN}
_TASKS = {"regression": Task.REGRESSION, "classification": Task.CLASSIFICATION}
# Signals are Python's; what a small server has is kept for others.
_JAVA_OPTIONS = ["-Xrs", "-Xms16m", "-Xmx256m", "-XX:+UseSerialGC"]


class PmmlReader:
    """Reads PMML documents."""

    def describe(self, content: bytes) -> ArtifactDescription:
        """All of a signature: names, types, target, task and classes; not what may be missing."""
        return _described(_document(content))

    def open(self, content: bytes, signature: Signature) -> OpenedModel:
        """Asked for all rows of a call at once."""
        document = _document(content)
        described = _described(document)
        check_fits(described, signature, ordered=False)
        return OpenedModel(_Asking(document, signature).compute, described.library, frame=True)

    def dump(self, model: Any) -> bytes:
        """Of the document's text."""
        content = model.encode() if isinstance(model, str) else model
        if not isinstance(content, bytes):
            raise InvalidInput(f"train returned a {type(model).__name__}; of PMML it returns the document")
        return content


def _document(content: bytes) -> Any:
    pypmml = library("pypmml", "pmml")
    _start_java(pypmml)
    try:
        document = pypmml.Model.fromBytes(content)
    except Exception as error:  # Java's have no other common base
        raise InvalidInput(f"this PMML document cannot be read: {error}") from error
    # Also what its author did not ask for: the predicted value itself, and probabilities.
    document.setSupplementOutput(True)
    return document


def _start_java(pypmml: Any) -> None:
    """Start Java, once in a process."""
    jpype = library("jpype", "pmml", "jpype1")
    if not jpype.isJVMStarted():
        try:
            jpype.getDefaultJVMPath()
        except jpype.JVMNotFoundException as error:
            raise InvalidInput(
                "a PMML document needs Java 11 or newer, which is not found here",
                remedy="Install a Java runtime, or set JAVA_HOME. A version's container brings its own.",
            ) from error
    try:
        pypmml.PMMLContext.getOrCreate(gateway="jpype", java_opts=_JAVA_OPTIONS)
    except (OSError, RuntimeError) as error:
        raise InvalidInput(f"Java could not be started: {error}") from error


def _described(document: Any) -> ArtifactDescription:
    pypmml = library("pypmml", "pmml")
    task = _TASKS.get(document.functionName)
    if task is None:
        raise InvalidInput(
            f"this PMML document does {document.functionName}, neither regression nor classification"
        )
    inputs = document.inputFields
    classes = tuple(str(name) for name in document.classes or ()) if task is Task.CLASSIFICATION else ()
    return ArtifactDescription(
        kind="pmml",
        library=f"pypmml {pypmml.__version__}",
        inputs=tuple(
            DescribedInput(field.name, _TYPES.get(field.dataType, FieldType.NUMBER)) for field in inputs
        ),
        width=len(inputs),
        task=task,
        classes=classes,
        class_count=len(classes),
        target=document.targetName or "",
    )


class _Asking:
    """Sends the rows as one JSON text and reads the columns that the document puts out."""

    def __init__(self, document: Any, signature: Signature) -> None:
        self._document = document
        self._classes = list(signature.classes)
        fields = document.outputFields
        self._value = _only(field.name for field in fields if _is_prediction(field, document.targetName))
        by_class = {str(field.value): field.name for field in fields if field.feature == "probability"}
        known = all(name in by_class for name in self._classes)
        self._probabilities = [by_class[name] for name in self._classes] if known else []

    def compute(self, frame: "pd.DataFrame") -> Raw:
        """Predict the rows of a frame.

        Raises:
            ValueError: the document gives no prediction for a row.
        """
        rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
        question = msgspec.json.encode({"columns": list(frame.columns), "data": rows}).decode()
        answer = msgspec.json.decode(str(self._document.call("predict", question)))
        columns = {name: at for at, name in enumerate(answer["columns"])}
        found = answer["data"]
        values = [row[columns[self._value]] for row in found]
        if len(found) != len(rows) or None in values:
            raise ValueError("the model gives no prediction for these values")
        if not self._classes:
            return np.array(values, np.float64), None
        codes = np.array([self._classes.index(str(value)) for value in values], np.intp)
        if not self._probabilities:
            return codes, None
        places = [columns[name] for name in self._probabilities]
        return codes, np.array([[row[at] for at in places] for row in found], np.float64)


def _is_prediction(field: Any, target: str) -> bool:
    return field.feature == "predictedValue" and (field.targetField or target) == target


def _only(names: Iterator[str]) -> str:
    name = next(names, "")
    if not name:
        raise InvalidInput("this PMML document puts out no predicted value")
    return name
