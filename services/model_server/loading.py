"""From an artifact's bytes to a model that answers; nothing is unpickled before its sha256 is checked."""

import hashlib
import importlib.util
import logging
import platform
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from services.errors import Corrupt, InvalidInput, RelevoError
from services.model_server.artifacts.interface import OpenedModel
from services.model_server.artifacts.pickle_model import takes_texts, unpickle
from services.model_server.artifacts.readers import library_of, opener_of
from services.model_server.compute_selection import faster_compute, is_shareable, parts_of, probe_rows
from services.model_server.deploy import Deploy
from services.model_server.instances import InstanceDecoder
from services.model_server.predictor import (
    FramePredictor,
    FunctionPredictor,
    MatrixPredictor,
    Predictor,
    estimator_compute,
)

_logger = logging.getLogger(__name__)
_CLOSE = 1e-9
_OWN_MODULE = "relevo_deploy_"


@dataclass(frozen=True, slots=True, eq=False)
class LoadedModel:
    """A revision ready to answer.

    Attributes:
        library: name and version of what trained it, or else of what reads it here.
    """

    deploy: Deploy
    revision: str
    decoder: InstanceDecoder
    predictor: Predictor
    library: str


def sha256_of(content: bytes) -> str:
    """The name of an artifact: the sha256 of its bytes, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def load_model(folder: Path, deploy: Deploy, content: bytes, registered: str) -> LoadedModel:
    """Check the artifact against the registered sha256, then load it and choose how it is asked.

    Args:
        folder: the deploy folder, for the module of kind `function`.
        deploy: its description.
        content: the artifact's bytes.
        registered: the sha256 that the registry names; a pickle is code, so no other is loaded.

    Raises:
        Corrupt: the bytes are not the registered ones.
        InvalidInput: they are, and yet no model that fits the signature; or it is a model in R.
    """
    if deploy.kind == "rds":
        raise InvalidInput(f"{deploy.project} {deploy.version} is a model in R; a service in R serves it")
    found = sha256_of(content)
    if found != registered:
        raise Corrupt(
            f"the artifact of {deploy.project} {deploy.version} has sha256 {found[:12]}…, "
            f"registered is {registered[:12]}…; it is not loaded"
        )
    decoder = InstanceDecoder(deploy.signature)
    try:
        if deploy.kind == "function":
            module, model = _own(folder, deploy, content)
            predictor: Predictor = FunctionPredictor(
                decoder, deploy.signature.classes, module.predict, model
            )
            library = deploy.library or _library(model)
        elif deploy.kind == "joblib":
            model = unpickle(content)
            predictor = _estimator(model, deploy, decoder)
            library = deploy.library or _library(model)
        else:
            asked = opener_of(deploy.kind).open(content, deploy.signature)
            predictor = _asked(asked, deploy, decoder)
            library = deploy.library or asked.library
    except RelevoError:
        raise
    except Exception as error:
        raise InvalidInput(
            f"the artifact {registered[:12]}… of {deploy.project} {deploy.version} cannot be loaded: "
            f"{type(error).__name__}: {error}"
        ) from error
    return LoadedModel(deploy, registered, decoder, predictor, library)


def _library(model: Any) -> str:
    """The library that a model's class comes from; of what a team wrote itself, Python."""
    module = type(model).__module__
    if module == "builtins" or module.startswith(_OWN_MODULE):
        return f"Python {platform.python_version()}"
    return library_of(model)


def _asked(asked: OpenedModel, deploy: Deploy, decoder: InstanceDecoder) -> Predictor:
    """A model of another maker's format, asked for a matrix where it takes one."""
    classes = deploy.signature.classes
    if asked.frame or not decoder.numeric:
        return FramePredictor(decoder, classes, asked.compute)
    shareable = is_shareable(asked.compute, probe_rows(None, len(deploy.signature.inputs)))
    return MatrixPredictor(decoder, classes, asked.compute, asked.compute, shareable=shareable)


def _estimator(model: Any, deploy: Deploy, decoder: InstanceDecoder) -> Predictor:
    names = [field.name for field in deploy.signature.inputs]
    _check_columns(model, names)
    classes = deploy.signature.classes
    for part in parts_of(model):
        # Threads for one row cost more than they give, and make the order of sums a matter of luck.
        if getattr(part, "n_jobs", None) is not None:
            part.n_jobs = None
    exact = estimator_compute(model, classes)
    if takes_texts(model):
        return FramePredictor(decoder, classes, lambda frame: exact(frame.iloc[:, 0]))
    if not decoder.numeric:
        return FramePredictor(decoder, classes, exact)
    probes = probe_rows(model, len(names))
    if not _takes_matrix(model, names, probes):
        return FramePredictor(decoder, classes, exact)
    compute = faster_compute(model, classes, exact, probes)
    return MatrixPredictor(decoder, classes, compute, exact, shareable=is_shareable(compute, probes))


def _check_columns(model: Any, names: list[str]) -> None:
    trained = getattr(model, "feature_names_in_", None)
    if trained is not None and list(trained) != names:
        told = ", ".join(map(str, trained))
        raise InvalidInput(
            f"the model was trained on {told}; the signature's inputs are {', '.join(names)}"
        )
    count = getattr(model, "n_features_in_", len(names))
    if count != len(names):
        raise InvalidInput(f"the model takes {count} inputs, the signature has {len(names)}")


def _takes_matrix(model: Any, names: list[str], probes: Any) -> bool:
    """Whether a plain matrix gives what a frame gives; if so, forget the names so that it is no warning."""
    if not hasattr(model, "feature_names_in_"):
        return True
    import pandas as pd

    by_frame = np.asarray(model.predict(pd.DataFrame(probes, columns=names)))
    parts = [part for part in parts_of(model) if "feature_names_in_" in vars(part)]
    kept = [part.feature_names_in_ for part in parts]
    for part in parts:
        del part.feature_names_in_
    try:
        by_matrix = np.asarray(model.predict(probes))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        equal = False
    else:
        numbers = by_frame.dtype.kind == "f"
        equal = (
            np.allclose(by_frame, by_matrix, _CLOSE, _CLOSE)
            if numbers
            else np.array_equal(by_frame, by_matrix)
        )
    if not equal:
        for part, trained in zip(parts, kept, strict=True):
            part.feature_names_in_ = trained
    return equal


def _own(folder: Path, deploy: Deploy, content: bytes) -> tuple[Any, Any]:
    """A team's own module, and the model that it loads from a private copy of the checked bytes."""
    module = _module(folder / deploy.module)
    for name in ("load", "predict"):
        if not callable(getattr(module, name, None)):
            raise InvalidInput(f"{deploy.module} does not define {name}")
    with tempfile.TemporaryDirectory(prefix="relevo-") as private:
        path = Path(private) / deploy.artifact
        path.write_bytes(content)
        model = module.load(path)
    return module, model


def _module(path: Path) -> Any:
    name = f"{_OWN_MODULE}{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise InvalidInput(f"{path.name} is not a Python file")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module
