"""Contexts and recipes of versions' images; tests/images builds some."""

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.errors import InvalidInput
from services.model_server.deploy import Deploy
from services.publish.image_dependencies import ImageDependencies
from services.publish.version_image import recipe, version_image
from services.registry.model import Field, Signature, Task

SIGNATURE = Signature((Field("x", "x"),), Field("y", "y"), Task.REGRESSION)


def deploy(kind: str) -> Deploy:
    return Deploy(
        project="wine", version="B", signature=SIGNATURE, trained_at=datetime(2026, 1, 1, tzinfo=UTC),
        rows=1, kind=kind,  # type: ignore[arg-type]
    )  # fmt: skip


def files_of(context: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(context)) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


def test_without_needs_an_image_adds_the_folder_only(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "train.pyc").write_bytes(b"")
    made = version_image(tmp_path, deploy("joblib"), "base:1")
    assert files_of(made.context) == {
        "Dockerfile": b"FROM base:1\nCOPY deploy /deploy\n",
        "deploy/model.json": b"{}",
    }
    assert not made.installs


@pytest.mark.parametrize("target", ["../elsewhere.txt", "../elsewhere", "inside"])
def test_a_link_out_of_the_folder_or_to_a_folder_is_refused(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "deploy"
    (folder / "inside").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere.txt").write_text("not the author's to send")
    (folder / "linked").symlink_to(target)
    with pytest.raises(InvalidInput, match="is a link to"):
        version_image(folder, deploy("joblib"), "base:1")


def test_a_link_to_a_file_of_the_same_folder_is_sent_as_that_file(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text("{}")
    (tmp_path / "again.json").symlink_to("model.json")
    files = files_of(version_image(tmp_path, deploy("joblib"), "base:1").context)
    assert files["deploy/again.json"] == b"{}"


def test_a_dockerfile_of_its_own_is_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM other:1\n")
    (tmp_path / "requirements.txt").write_text("toolz\n")
    made = version_image(tmp_path, deploy("lightgbm"), "base:1")
    assert files_of(made.context) == {
        "Dockerfile": b"FROM other:1\n",
        "deploy/requirements.txt": b"toolz\n",
    }
    assert not made.installs


@pytest.mark.parametrize("kind", ["joblib", "xgboost", "lightgbm", "onnx", "pmml"])
def test_a_context_is_the_same_each_time_and_holds_what_is_copied(tmp_path: Path, kind: str) -> None:
    (tmp_path / "requirements.txt").write_text("-r more/names.txt\n")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "names.txt").write_text("toolz\n")
    context = version_image(tmp_path, deploy(kind), "base:1").context
    assert context == version_image(tmp_path, deploy(kind), "base:1").context
    files = files_of(context)
    copied = {
        word
        for line in files.pop("Dockerfile").decode().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    assert {name if name in copied else name.partition("/")[0] for name in files} == copied


def test_the_last_stage_sees_no_setting_and_runs_as_the_image_it_is_built_on() -> None:
    needs = ImageDependencies(kind=("lightgbm==4.7.0",), debian=("libgomp1=12.*",), java=True)
    last = "FROM" + recipe("base:1", needs).rpartition("\nFROM")[2]
    assert not [word for word in ("ARG", "RUN", "USER") if f"\n{word}" in last]
    assert last.startswith("FROM base:1\n")
