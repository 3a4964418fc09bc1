"""What a version's image needs: by the kind of its artifact, and by what its folder asks for."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.errors import InvalidInput
from services.model_server.deploy import Deploy
from services.publish.image_dependencies import ImageDependencies, dependencies_of, pins
from services.registry.model import Field, Signature, Task

SIGNATURE = Signature((Field("x", "x"),), Field("y", "y"), Task.REGRESSION)
NeedsOf = Callable[..., ImageDependencies]


@pytest.fixture
def needs(tmp_path: Path) -> NeedsOf:
    def found(kind: str, text: str = "") -> ImageDependencies:
        (tmp_path / "requirements.txt").write_text(text, encoding="utf-8")
        return dependencies_of(tmp_path, described(kind))

    return found


def described(kind: str) -> Deploy:
    return Deploy(
        project="wine", version="B", signature=SIGNATURE, trained_at=datetime.now(UTC), rows=1,
        kind=kind,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_pickle_needs_nothing_beside_the_models_libraries(needs: NeedsOf) -> None:
    assert needs("joblib") == ImageDependencies()


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("xgboost", ["xgboost-cpu 3.2.0"]),
        ("lightgbm", ["lightgbm 4.7.0", "libgomp1"]),
        ("pmml", ["pypmml 1.5.8", "jpype1 1.7.1", "packaging 26.3", "py4j 0.10.9.9", "a Java runtime"]),
    ],
)
def test_a_kind_brings_its_packages_pinned(needs: NeedsOf, kind: str, told: list[str]) -> None:
    assert list(needs(kind).lines()) == told


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm", "onnx", "pmml"])
def test_no_kind_brings_what_is_there_already(kind: str) -> None:
    own = pins("kinds", f"{kind}.txt")
    assert own
    assert not set(own) & (set(pins("services.txt")) | set(pins("models.txt")))


def test_what_the_folder_names_itself_the_kind_leaves_to_it(needs: NeedsOf) -> None:
    found = needs("xgboost", "XGBoost==2.1.4\n")
    assert (found.kind, list(found.lines())) == ((), ["XGBoost 2.1.4"])
    part = needs("onnx", "protobuf<7\n")
    assert "onnxruntime==1.32.0" in part.kind
    assert not [line for line in part.kind if line.startswith("protobuf")]


def test_the_systems_packages_come_with_whatever_needs_them(needs: NeedsOf) -> None:
    found = needs("joblib", "lightgbm==4.5.0\npypmml\n")
    assert found.debian == ("libgomp1=12.*",)
    assert found.java


def test_a_library_that_is_replaced_is_told_with_what_it_replaces(needs: NeedsOf) -> None:
    present = pins("models.txt")["scikit-learn"]
    told = list(needs("joblib", f"scikit-learn==1.7.2\npandas=={pins('models.txt')['pandas']}\n").lines())
    assert told == [f"scikit-learn 1.7.2 (in place of {present})", f"pandas {pins('models.txt')['pandas']}"]


def test_a_library_of_the_services_is_not_moved(needs: NeedsOf) -> None:
    kept = pins("services.txt")["numpy"]
    assert needs("joblib", f"numpy>=2\nstarlette=={pins('services.txt')['starlette']}\n").debian == ()
    with pytest.raises(InvalidInput, match=f"line 2: numpy<2 cannot be: .*keeps numpy {kept}") as told:
        needs("joblib", "toolz\nnumpy<2\n")
    assert f"ask for numpy=={kept}" in told.value.remedy


def test_a_folder_in_r_or_with_a_dockerfile_sees_to_it_itself(needs: NeedsOf, tmp_path: Path) -> None:
    assert needs("rds", "numpy<2\n") == ImageDependencies()
    (tmp_path / "Dockerfile").write_text("FROM relevo/model-python:0.1.0\n")
    assert needs("lightgbm", "numpy<2\n") == ImageDependencies()
