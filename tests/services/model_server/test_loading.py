"""A pickle is code: what is loaded, what is not, and what is said."""

import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from services.errors import Corrupt, InvalidInput
from services.model_server.deploy import read_deploy, write_deploy
from services.model_server.loading import load_model, sha256_of

OWN = """
import json

def load(path):
    return json.loads(path.read_text())

def predict(model, rows):
    return [model["factor"] * row["a"] for row in rows]
"""


class _Trap:
    def __init__(self, path: Any) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._path),)


def test_an_artifact_with_another_sha256_is_refused_and_never_unpickled(
    deploys: Any, tmp_path: Path
) -> None:
    deploy = deploys.write(tmp_path / "deploy", LinearRegression().fit(*deploys.data()))
    registered = sha256_of((tmp_path / "deploy" / "model.joblib").read_bytes())
    trap = pickle.dumps(_Trap(tmp_path / "sprung"))
    with pytest.raises(Corrupt, match="it is not loaded"):
        load_model(tmp_path / "deploy", deploy, trap, registered)
    assert not (tmp_path / "sprung").exists()


def test_what_is_no_model_is_told_in_words(deploys: Any, tmp_path: Path) -> None:
    deploy = deploys.write(tmp_path, LinearRegression().fit(*deploys.data()))
    for content in (b"", b"not a pickle", pickle.dumps({"no": "model"})):
        with pytest.raises(InvalidInput, match="plant A cannot be loaded"):
            load_model(tmp_path, deploy, content, sha256_of(content))


def test_a_model_that_does_not_fit_its_signature_is_refused(deploys: Any, tmp_path: Path) -> None:
    inputs, target = deploys.data()
    deploys.write(tmp_path / "columns", LinearRegression().fit(inputs[:, :2], target))
    with pytest.raises(InvalidInput, match="takes 2 inputs, the signature has 3"):
        deploys.load(tmp_path / "columns")
    labels = ["yes" if value > 0 else "perhaps" for value in target]
    deploys.write(tmp_path / "classes", LogisticRegression().fit(inputs, labels), deploys.CLASSES)
    with pytest.raises(InvalidInput, match=r"classes \(perhaps, yes\) are not the signature's \(no, yes\)"):
        deploys.load(tmp_path / "classes")
    import pandas as pd

    frame = pd.DataFrame(inputs, columns=["b", "a", "c"])
    deploys.write(tmp_path / "names", LinearRegression().fit(frame, target))
    with pytest.raises(InvalidInput, match="trained on b, a, c; the signature's inputs are a, b, c"):
        deploys.load(tmp_path / "names")


def _own(deploys: Any, folder: Any, module: Any) -> Any:
    deploys.write(folder, None)
    (folder / "model.joblib").write_text('{"factor": 2.5}')
    (folder / "predict.py").write_text(module)
    description = (folder / "model.json").read_text().replace('"joblib"', '"function"')
    (folder / "model.json").write_text(description.replace('"module": ""', '"module": "predict.py"'))
    write_deploy(folder, read_deploy(folder))
    return deploys.load(folder)


def test_a_teams_own_predict_function_is_served(deploys: Any, tmp_path: Path) -> None:
    loaded = _own(deploys, tmp_path, OWN)
    rows = loaded.decoder.decode(b'{"instances":[{"a":2,"b":0,"c":0},{"a":4,"b":0,"c":0}]}')
    assert loaded.predictor.answer(loaded.predictor.prepare(rows)).predictions == [5.0, 10.0]


@pytest.mark.parametrize(
    ("module", "complaint"),
    [("load = 1", "does not define load"), ("def load(path): return 1", "does not define predict"),
     ("import nothing_of_that_name", "cannot be loaded: ModuleNotFoundError")],
)  # fmt: skip
def test_an_own_module_that_lacks_something_is_told(
    deploys: Any, tmp_path: Path, module: str, complaint: str
) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        _own(deploys, tmp_path, module)
