"""Which reader reads which kind, and the libraries they ask for."""

import importlib
from importlib import metadata
from typing import Any

from services.errors import InvalidInput
from services.model_server.artifacts.interface import ArtifactReader, ModelOpener
from services.model_server.artifacts.kinds import KINDS, Kind


def reader_of(kind: Kind) -> ArtifactReader:
    """The reader of a kind that a service in Python serves."""
    reader: ArtifactReader = _made(kind)
    return reader


def opener_of(kind: Kind) -> ModelOpener:
    """The reader of a maker's own format, which can ask the model, too."""
    opener: ModelOpener = _made(kind)
    return opener


def _made(kind: Kind) -> Any:
    reader = KINDS[kind].reader
    if reader is None:
        raise InvalidInput(f"{KINDS[kind].title} is read by R only")
    module, name = reader
    return getattr(importlib.import_module(f"services.model_server.artifacts.{module}"), name)()


def library(module: str, kind: Kind, package: str = "") -> Any:
    """A maker's library.

    Args:
        module: as it is imported.
        kind: what needs it.
        package: as it is installed, if that is another name.

    Raises:
        InvalidInput: it is not installed, or lacks a library of the system; the remedy says how to mend it.
    """
    name = package or module
    try:
        return importlib.import_module(module)
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"the Python package {name} is installed here, and yet cannot be loaded: {error}",
            remedy="It lacks a library of the system, such as libgomp1 on Debian.",
        ) from error
    except ImportError as error:
        raise InvalidInput(
            f"{KINDS[kind].title} needs the Python package {name}, which is not installed here",
            remedy=f"Install it beside Relevo (pip install {name}). A version's container brings its own.",
        ) from error


_DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def library_of(model: Any) -> str:
    """Name and version of the library that a model's class comes from, as `scikit-learn 1.9.1`.

    Of a pipeline it is its last step's; of a team's own class, the module's name alone.
    """
    while getattr(model, "steps", None) and hasattr(model.steps[-1][1], "get_params"):
        model = model.steps[-1][1]
    return library_named(type(model).__module__.partition(".")[0])


def library_named(module: str) -> str:
    """Name and version of the library whose package is imported so; without a version if it tells none."""
    name = _DISTRIBUTIONS.get(module, module)
    try:
        return f"{name} {metadata.version(name)}"
    except metadata.PackageNotFoundError:
        version = getattr(importlib.import_module(module), "__version__", "")
        return f"{name} {version}".strip()
