"""What a deploy folder must hold, and what is said when it does not."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.errors import InvalidInput, NotFound
from services.model_server.deploy import read_deploy, write_deploy

MINIMAL = {
    "project": "plant", "version": "A", "task": "regression", "rows": 9,
    "trained_at": "2026-01-02T03:04:05",
    "signature": {"inputs": [{"name": "Größe"}, {"name": "id"}], "target": {"name": "y"}},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def folder(**changes: Any) -> Any:
        described = {key: value for key, value in (MINIMAL | changes).items() if value is not None}
        (tmp_path / "model.json").write_text(json.dumps(described), encoding="utf-8")
        (tmp_path / "model.joblib").write_bytes(pickle.dumps(None))
        return tmp_path

    return folder


def test_a_description_by_hand_needs_only_what_nobody_can_guess(folder: Callable[..., Path]) -> None:
    deploy = read_deploy(folder())
    assert [field.column for field in deploy.signature.inputs] == ["groe", "id_input"]
    assert deploy.trained_at.tzinfo is not None


def test_what_is_written_is_read_back(folder: Callable[..., Path], tmp_path: Path) -> None:
    deploy = read_deploy(folder(metrics={"r2": 0.5}))
    write_deploy(tmp_path, deploy)
    assert read_deploy(tmp_path) == deploy


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"project": "Pl'ant; DROP TABLE"}, "project name"),
        ({"version": "A_1"}, "version name"),
        ({"rows": "many"}, "Expected `int`"),
        ({"task": None}, "`task` is missing"),
        ({"task": "classification"}, "needs `classes`"),
        ({"surprise": 1}, "unknown field `surprise`"),
        ({"kind": "function"}, "needs `module`"),
        ({"artifact": "../model.joblib"}, "must be a file in the same folder"),
        ({"signature": {"inputs": [], "target": {"name": "y"}}}, "no inputs"),
        ({"signature": {"inputs": [{"name": "y"}], "target": {"name": "y"}}}, "same name"),
        ({"signature": {"inputs": [{"name": "a", "column": "B"}], "target": {"name": "y"}}}, "storage"),
    ],
)  # fmt: skip
def test_a_wrong_description_is_refused_with_what_is_wrong(
    folder: Callable[..., Path], changes: Any, complaint: str
) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        read_deploy(folder(**changes))


def test_a_model_that_is_a_link_out_of_the_folder_is_refused(folder: Callable[..., Path]) -> None:
    made = folder()
    (made / "model.joblib").rename(made.parent / "elsewhere.joblib")
    (made / "model.joblib").symlink_to("../elsewhere.joblib")
    with pytest.raises(InvalidInput, match="is a link to"):
        read_deploy(made)


def test_what_the_folder_lacks_is_named(folder: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no deploy folder"):
        read_deploy(tmp_path / "nowhere")
    with pytest.raises(NotFound, match=r"has no model\.json"):
        read_deploy(tmp_path)
    with pytest.raises(NotFound, match=r"has no train\.py, which its model\.json names"):
        read_deploy(folder(train="train.py"))
    (folder() / "model.joblib").unlink()
    with pytest.raises(NotFound, match=r"has no model\.joblib"):
        read_deploy(tmp_path)


def test_it_is_read_without_importing_a_science_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys, services.model_server.deploy; "
        "sys.exit(any(name in sys.modules for name in ('sklearn', 'pandas', 'joblib', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
