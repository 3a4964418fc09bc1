"""A version of another maker's format as a service: asked, trained again, and switched, like any other."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost

from services.registry.model import RevisionChange, Signature, Task
from tests.services.model_server.conftest import Platform

TRAIN = """
import xgboost

def train(frame, target, parameters):
    return xgboost.XGBRegressor(n_estimators=20, nthread=1).fit(frame.drop(columns=target), frame[target])
"""


@pytest.fixture
def folder(deploys: Any, tmp_path: Path) -> Path:
    """As a person writes it: the file of XGBoost, and hardly a word beside it."""
    inputs, target = deploys.data()
    import pandas as pd

    model = xgboost.XGBRegressor(n_estimators=20).fit(pd.DataFrame(inputs, columns=list("abc")), target)
    folder = tmp_path / "deploy"
    folder.mkdir()
    model.save_model(folder / "model.ubj")
    (folder / "train.py").write_text(TRAIN)
    told = {"project": "plant", "version": "A", "signature": {"target": {"name": "y"}}, "train": "train.py"}
    (folder / "model.json").write_text(json.dumps(told))
    return folder


def _predicted(platform: Platform, service: Any, rows: Any) -> Any:
    answer = platform.ask(service, "POST", "/predict", {"instances": rows})
    assert answer.status == 200, answer.body
    return json.loads(answer.body)["predictions"]


def test_it_registers_what_the_file_says_and_is_trained_again(
    platform: Platform, folder: Path, deploys: Any
) -> None:
    service = platform.serve(folder)
    told = json.loads(platform.ask(service, "GET", "/model").body)
    assert told["library"] == f"xgboost {xgboost.__version__}"
    signature: Signature = platform.store.project("plant").version("A").signature
    assert [field.name for field in signature.inputs] == ["a", "b", "c"]
    assert signature.task is Task.REGRESSION
    inputs, target = deploys.data()
    columns = {name: inputs[:, place] for place, name in enumerate("abc")}
    columns |= {"y": target * 3, "id": np.arange(float(len(target)))}
    platform.store.write_training("plant", signature, columns)
    rows = [dict(zip("abc", row, strict=True)) for row in inputs[:20].tolist()]
    before = _predicted(platform, service, rows)

    data = f"{platform.gateway.address}/v1/projects/plant/data"
    answer = platform.ask(service, "POST", "/retrain", {"data_url": data})
    job = json.loads(answer.body)["job"]
    state = {}

    def ended() -> bool:
        state.update(json.loads(platform.ask(service, "GET", f"/retrain/{job}").body))
        return state["state"] in {"done", "failed"}

    platform.wait(ended)
    assert state["state"] == "done", state
    assert state["metrics"]["r2"] > 0.5
    [revision] = [one for one in platform.store.revisions("plant", "A") if one.sha256 == state["revision"]]
    assert revision.library == f"xgboost {xgboost.__version__}"
    change = RevisionChange("plant", "A", datetime.now(UTC), told["revision"], revision.sha256, "test", "")
    platform.store.set_revision(change)
    platform.wait(lambda: platform.revision_of(service) == revision.sha256)
    after = _predicted(platform, service, rows)
    assert np.allclose(after, np.array(before) * 3, atol=1.5)


def test_bad_rows_are_answered_as_by_any_other_service(platform: Platform, folder: Path) -> None:
    service = platform.serve(folder)
    answer = platform.ask(service, "POST", "/predict", {"instances": [{"a": "x", "b": 1, "c": 2}]})
    assert answer.status == 422
    assert json.loads(answer.body)["error"]["field"] == "instances[0].a"
    assert len(_predicted(platform, service, [{"a": None, "b": 1, "c": 2}])) == 1
