"""Relevo for Python: read a training set, save a deploy folder, publish it, store what it predicts.

It needs pandas, joblib and requests. Relevo's own development image has it: `import relevo`.

    gateway = relevo.connect("http://127.0.0.1:8000")  # the token is read from RELEVO_TOKEN
    frame = relevo.data(gateway, "iris", "A")
    model = RandomForestClassifier().fit(frame.drop(columns="species"), frame["species"])
    relevo.write_deploy("deployA", model, "iris", "A", frame, "species", train="train.py")
    relevo.publish_version(gateway, "deployA")
"""

import hashlib
import json
import math
import os
import re
import shutil
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import joblib
import pandas as pd
import requests

_SECONDS = (5.0, 300.0)
_ROWS_A_REQUEST = 1_000
_TYPES = {"boolean": "boolean", "string": "string", "integer": "number", "floating": "number"}
_OWN = (
    "id|bucket|predicted(_.*)?|label|labelled_at|revision|mode|propensity|latency_ms|name|version|score_.*"
)


class RelevoError(Exception):
    """What went wrong, and on a line of its own what to do about it."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__("\n".join(filter(None, (message, remedy))))


@dataclass(frozen=True)
class Gateway:
    """A gateway and an administrator's token, which is never shown."""

    address: str
    token: str = field(repr=False)


def connect(address: str | None = None, token: str | None = None) -> Gateway:
    """A gateway, as the other functions take it; by default from RELEVO_GATEWAY and RELEVO_TOKEN."""
    address = (os.environ.get("RELEVO_GATEWAY", "") if address is None else address).strip().rstrip("/")
    token = (os.environ.get("RELEVO_TOKEN", "") if token is None else token).strip()
    if not address.startswith(("http://", "https://")):
        raise RelevoError("name the gateway, such as http://127.0.0.1:8000")
    if not re.fullmatch(r"[!-~]+", token):
        raise RelevoError("set RELEVO_TOKEN to an administrator's token", "Copy it whole and alone.")
    return Gateway(address, token)


def data(
    gateway: Gateway, project: str, version: str, source: str = "both", rows: int | None = None,
    since: str | None = None, until: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Rows to train a version on: its inputs and target by their own names.

    source: `historical`, `live` (labelled rows only) or `both`; rows: only the newest so many;
    since, until: ISO times.
    """
    asked = {"version": version, "source": source, "rows": rows, "since": since, "until": until}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    lines = _ask(gateway, "GET", f"{_path(project)}/data?{query}").split("\n")
    return pd.DataFrame([json.loads(line) for line in lines if line])


def write_deploy(
    folder: str | Path, model: Any, project: str, version: str, frame: pd.DataFrame, target: str,
    train: str | Path | None = None, module: str | Path | None = None, library: str | None = None,
    units: Mapping[str, str] | None = None, metrics: Mapping[str, float] | None = None,
) -> Path:  # fmt: skip
    """Save a trained model as a deploy folder, which Relevo serves and publishes; the folder.

    What describes it is read off the training set. Models of XGBoost, LightGBM and ONNX are saved in their
    own formats, others by joblib. Where such a model knows its classes by number only, they are counted in
    the order of a categorical column, else sorted.

    frame: the training set; target: the name of its column that is predicted: classes, if the model has
    classes_ or the column is categorical or holds texts.
    train: a file that defines `train(frame, target, parameters)`, so that the version can be retrained.
    module: a file that defines `load(path)` and `predict(model, rows)`, where the model alone would not do.
    units: names to units, such as `{"petal width": "cm"}`; metrics: names to numbers.
    """
    for name in frame.columns:
        if not isinstance(name, str):
            raise RelevoError(f"the name {name!r} of a column is no text", "Set frame.columns to texts.")
    if target not in frame.columns:
        raise RelevoError(f"the frame has no column {target!r}", f"It has: {', '.join(frame.columns)}.")
    kind, artifact, write = _stored(model, module)
    signature = _signature(frame, target, units or {}, model, kind)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    description = {
        "project": project, "version": version, "kind": kind, "artifact": artifact,
        "library": _library(model) if library is None else library, "train": _bring(train, folder),
        "module": _bring(module, folder), "signature": signature, "rows": len(frame),
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "metrics": {name: float(value) for name, value in (metrics or {}).items()},
    }  # fmt: skip
    write(folder / artifact)
    text = json.dumps(description, indent=2, ensure_ascii=False)
    (folder / "model.json").write_text(text + "\n", encoding="utf-8")
    return folder


def publish_version(gateway: Gateway, folder: str | Path) -> str:
    """Store a deploy folder's model and register its version, again only what is new; the sha256."""
    deploy = _deploy(folder)
    content = (Path(folder) / deploy["artifact"]).read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    _ask(gateway, "PUT", f"/v1/artifacts/{sha256}", content)
    base = _path(deploy["project"], deploy["version"])
    version = {
        "project": deploy["project"], "name": deploy["version"], "mode": "challenger",
        "signature": deploy["signature"], "revision": sha256,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip
    _ask(gateway, "PUT", base, version)
    names = ("project", "version", "trained_at", "rows", "library", "metrics")
    revision = {name: deploy[name] for name in names} | {"sha256": sha256, "size": len(content)}
    _ask(gateway, "POST", f"{base}/revisions", revision)
    return sha256


def publish_training(gateway: Gateway, folder: str | Path, frame: pd.DataFrame) -> int:
    """Store a project's training set; how many rows. The signature is the deploy folder's."""
    deploy = _deploy(folder)
    signature = deploy["signature"]
    names = [one["name"] for one in (*signature["inputs"], signature["target"])]
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise RelevoError(f"the frame lacks {', '.join(missing)}", "Give what the model learned from.")
    columns = {name: _plain(frame[name]) for name in names}
    if signature.get("classes"):
        columns[names[-1]] = [None if one is None else _class_name(one) for one in columns[names[-1]]]
    upload = {"signature": signature, "columns": columns}
    return int(json.loads(_ask(gateway, "PUT", f"{_path(deploy['project'])}/training", upload))["rows"])


def publish_training_predictions(
    gateway: Gateway, project: str, version: str, frame: pd.DataFrame, ids: Sequence[int] | None = None
) -> int:
    """Ask a running version for rows of the training set and store what it predicts; how many rows.

    frame: its inputs; ids: the rows' numbers, counted from 0.
    """
    base, instances, written = _path(project, version), _records(frame), 0
    numbers = [int(number) for number in (range(len(frame)) if ids is None else ids)]
    if len(numbers) != len(frame):
        raise RelevoError(f"{len(numbers)} ids do not fit {len(frame)} rows", "Give one id a row.")
    for first in range(0, len(frame), _ROWS_A_REQUEST):
        part = slice(first, first + _ROWS_A_REQUEST)
        tried = json.loads(_ask(gateway, "POST", f"{base}/try", {"instances": instances[part]}))
        upload = {"ids": numbers[part], "predicted": tried["predictions"], "scores": tried["probabilities"]}
        written += json.loads(_ask(gateway, "PUT", f"{base}/training-predictions", upload))["rows"]
    return written


def predict(gateway: Gateway, project: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Predictions for the rows of a frame, recorded like any other: id, prediction, version, revision."""
    answer = _ask(gateway, "POST", f"{_path(project)}/predict", {"instances": _records(frame)})
    return pd.DataFrame(json.loads(answer)["predictions"])


def label(gateway: Gateway, project: str, ids: Iterable[str], labels: Iterable[Any]) -> dict[str, int]:
    """Tell the true values of predictions by their ids, again without harm; what became of them."""
    told, values = list(ids), _plain(pd.Series(list(labels), dtype=object, name="labels"))
    if len(told) != len(values):
        raise RelevoError(f"{len(values)} labels do not fit {len(told)} ids", "Give one label an id.")
    items = [{"id": one, "label": value} for one, value in zip(told, values, strict=True)]
    counts: dict[str, int] = json.loads(_ask(gateway, "POST", f"{_path(project)}/labels", items))
    return counts


def listen(
    gateway: Gateway, port: int, project: str, version: str = "", networks: Sequence[str] = (),
    host: str = "127.0.0.1",
) -> None:  # fmt: skip
    """Give a project, or one of its versions, a port of its own; `networks` (CIDR) need no token there."""
    listener = {"project": project, "version": version, "networks": list(networks), "host": host}
    _ask(gateway, "PUT", f"/v1/listeners/{port}", listener)


def _ask(gateway: Gateway, method: str, path: str, body: object = b"") -> str:
    headers = {"Authorization": f"Bearer {gateway.token}", "Content-Type": "application/json"}
    content = body if isinstance(body, bytes) else json.dumps(body, allow_nan=False).encode()
    with requests.Session() as session:
        session.trust_env = False  # proxies and credentials of the environment are meant for the internet
        wanted = requests.Request(method, gateway.address + path, headers, data=content)
        try:
            answer = session.send(wanted.prepare(), timeout=_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            message = f"{gateway.address} cannot be reached ({type(error).__name__})"
            raise RelevoError(message, "Is the gateway running, and is this its address?") from None
    text = answer.content.decode("utf-8", "replace")
    if answer.status_code < 300:
        return text
    try:
        told = json.loads(text)["error"]
        raise RelevoError(told["message"], told.get("remedy", ""))
    except (ValueError, KeyError, TypeError):
        raise RelevoError(f"the gateway answered {answer.status_code}") from None


def _path(project: str, version: str = "") -> str:
    place = f"/v1/projects/{quote(project, safe='')}"
    return f"{place}/versions/{quote(version, safe='')}" if version else place


def _plain(column: "pd.Series[Any]") -> list[Any]:
    """As JSON has values; what is missing is None."""
    values = [getattr(value, "item", lambda value=value: value)() for value in column.astype(object)]
    values = [None if gap else value for value, gap in zip(values, column.isna(), strict=True)]
    for value in values:
        if not isinstance(value, str | bool | int | float | None) or value in {math.inf, -math.inf}:
            raise RelevoError(f"{column.name!r} holds {value!r}", "Use finite numbers, texts or truths.")
    return values


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    columns = [_plain(frame[name]) for name in frame.columns]
    return [dict(zip(frame.columns, row, strict=True)) for row in zip(*columns, strict=True)]


def _stored(model: Any, module: object) -> tuple[str, str, Callable[[Path], object]]:
    """The kind, the artifact's name, and what writes it: a maker's own format where there is one."""
    maker, name = type(model).__module__.split(".")[0], type(model).__name__
    if module is None and maker == "xgboost":
        booster = model.get_booster() if hasattr(model, "get_booster") else model
        return maker, "model.ubj", lambda path: path.write_bytes(booster.save_raw("ubj"))
    if module is None and maker == "lightgbm":
        text = getattr(model, "booster_", model).model_to_string().encode()
        return maker, "model.txt", lambda path: path.write_bytes(text)
    if module is None and maker == "onnx":
        return maker, "model.onnx", lambda path: path.write_bytes(model.SerializeToString())
    if maker == "__main__":
        raise RelevoError(f"only this notebook knows the class {name}", "Put it into a module of its own.")
    if module is None and not hasattr(model, "predict"):
        raise RelevoError(f"a {name} has no predict", "Name a `module` that defines load and predict.")
    return "function" if module else "joblib", "model.joblib", lambda path: joblib.dump(model, path)


def _library(model: Any) -> str:
    """Name and version of what a model's class comes from; of a pipeline it is its last step's."""
    module = type(getattr(model, "steps", [("", model)])[-1][1]).__module__.split(".")[0]
    if module == "builtins":
        return f"Python {sys.version.split()[0]}"
    name = {"sklearn": "scikit-learn"}.get(module, module)
    return f"{name} {getattr(sys.modules[module], '__version__', '')}".strip()


def _bring(file: str | Path | None, folder: Path) -> str:
    if file is not None and not Path(file).is_file():
        raise RelevoError(f"there is no file {file}", f"Name it as seen from {Path.cwd()}.")
    if file is not None and Path(file).resolve().parent != folder.resolve():
        shutil.copy(file, folder)
    return Path(file or "").name


def _deploy(folder: str | Path) -> dict[str, Any]:
    """What model.json says; the helper in R leaves out what is empty."""
    path = Path(folder) / "model.json"
    if not path.is_file():
        raise RelevoError(f"{folder} has no model.json", "Write it with write_deploy first.")
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {"library": "", "metrics": {}, "rows": 0} | told


def _signature(frame: pd.DataFrame, target: str, units: Mapping[str, str], model: Any, kind: str) -> Any:
    names = [name for name in frame.columns if name != target]
    learned = list(getattr(model, "feature_names_in_", names)) if kind in {"joblib", "xgboost"} else names
    if set(learned) != set(names):
        message = f"the model learned from {', '.join(learned)}, the frame has {', '.join(names)}"
        raise RelevoError(message, "Give the frame that it learned from, and its target.")
    classes = _classes(frame[target], model, kind)
    fields: list[dict[str, Any]] = []
    for name in (*learned, target):
        kept = "string" if classes and name == target else _type(frame[name])
        fields.append({
            "name": name, "column": _column(name, [one["column"] for one in fields]), "type": kept,
            "required": True, "nullable": bool(frame[name].isna().any()), "unit": units.get(name, ""),
        })  # fmt: skip
    task = "classification" if classes else "regression"
    return {"inputs": fields[:-1], "target": fields[-1], "task": task, "classes": classes}


def _type(column: "pd.Series[Any]") -> str:
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    found = pd.api.types.infer_dtype(values.infer_objects(), skipna=True)
    if found not in _TYPES:
        raise RelevoError(f"column {column.name!r} holds {found} values", "Use numbers, texts or truths.")
    return _TYPES[found]


def _classes(column: "pd.Series[Any]", model: Any, kind: str) -> list[str]:
    """The classes' names in the model's order; none for a regression."""
    own = [_class_name(value) for value in getattr(model, "classes_", ())]
    categorical = isinstance(column.dtype, pd.CategoricalDtype)
    if not own and not categorical and _type(column) == "number":
        return []
    values = column.cat.categories if categorical else sorted(column.dropna().unique())
    there = [_class_name(value) for value in values]
    if own and set(there) <= set(own):
        return own
    if not own or (kind in {"xgboost", "lightgbm"} and len(own) == len(there)):
        return there
    message = f"the model's classes are {', '.join(own)}, the frame's {', '.join(there)}"
    raise RelevoError(message, "Give the frame that it learned from.")


def _class_name(value: Any) -> str:
    """As all of Relevo names classes: a whole number without a point."""
    plain = value.item() if hasattr(value, "item") else value
    return str(int(plain)) if isinstance(plain, float) and plain.is_integer() else str(plain)


def _column(name: str, taken: Sequence[str]) -> str:
    """The storage column for a name, by the rules that all of Relevo follows."""
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    column = re.sub(r"[^a-z0-9]+", "_", folded).strip("_")[:40] or "field"
    column = column if column[0].isalpha() else f"field_{column}"[:40]
    column = f"{column}_input" if re.fullmatch(_OWN, column) else column
    candidate, count = column, 2
    while candidate in taken:
        candidate, count = f"{column}_{count}", count + 1
    return candidate
