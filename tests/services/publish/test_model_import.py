"""Real files of several makers become deploy folders that a model service loads."""

import json
import shutil
from pathlib import Path
from typing import Any

import joblib
import lightgbm
import onnx
import pandas as pd
import psutil
import pytest
import xgboost
from msgspec.structs import replace
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression

from services.errors import Cancelled, Conflict, InvalidInput, NotFound, StorageError
from services.model_server.artifacts.description import describe_file
from services.model_server.deploy import modified_at, read_deploy
from services.model_server.loading import load_model, sha256_of
from services.publish.deploy_folders import write_folder
from services.publish.description_draft import GivenDescription, GivenInput, draft_description
from services.publish.isolated_reader import describe_isolated, import_model_isolated
from services.publish.model_import import import_model

SPECIES = ("setosa", "versicolor", "virginica")
NAMES = ("sepal length", "sepal width", "petal length", "petal width")
ROW = (5.1, 3.5, 1.4, 0.2)
IRIS = GivenDescription(project="iris", version="X", target="species", classes=SPECIES)
TRAIN = "def train(frame, target, parameters):\n    return None\n"


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small model of iris of each maker."""
    folder = tmp_path_factory.mktemp("models")
    table = load_iris(as_frame=True)
    inputs, kinds = pd.DataFrame(table.data.to_numpy(), columns=list(NAMES)), table.target
    joblib.dump(
        LogisticRegression(max_iter=500).fit(inputs, kinds.map(dict(enumerate(SPECIES)))), folder / "i.pkl"
    )
    joblib.dump(LinearRegression().fit(inputs.to_numpy(), kinds), folder / "line.joblib")
    xgboost.XGBClassifier(n_estimators=3).fit(inputs, kinds).save_model(folder / "iris.ubj")
    xgboost.XGBClassifier(n_estimators=3).fit(inputs.to_numpy(), kinds).save_model(folder / "model.json")
    boosted = lightgbm.LGBMClassifier(n_estimators=3, verbose=-1).fit(inputs, kinds)
    boosted.booster_.save_model(folder / "iris.txt")
    return folder


@pytest.mark.parametrize(
    ("name", "given", "artifact"),
    [
        ("i.pkl", IRIS, "i.pkl"),
        ("iris.ubj", IRIS, "iris.ubj"),
        ("iris.txt", replace(IRIS, inputs=tuple(map(GivenInput, NAMES))), "iris.txt"),
        ("model.json", replace(IRIS, inputs=tuple(map(GivenInput, NAMES))), "model.xgboost.json"),
    ],
)
def test_a_model_service_loads_what_was_written(
    models: Path, tmp_path: Path, name: str, given: GivenDescription, artifact: str
) -> None:
    folder = tmp_path / "deploy"
    written = import_model(models / name, draft_description(describe_file(models / name), given), folder)
    deploy = read_deploy(folder)
    assert deploy == written
    assert deploy.artifact == artifact
    assert [field.name for field in deploy.signature.inputs] == list(NAMES)
    assert deploy.signature.classes == SPECIES
    content = (folder / artifact).read_bytes()
    loaded = load_model(folder, deploy, content, sha256_of(content))
    rows = loaded.decoder.decode(json.dumps({"instances": [dict(zip(NAMES, ROW, strict=True))]}).encode())
    assert loaded.predictor.answer(loaded.predictor.prepare(rows)).predictions == ["setosa"]


def test_the_training_script_comes_along_under_its_own_name(models: Path, tmp_path: Path) -> None:
    script = tmp_path / "again.py"
    script.write_text(TRAIN, encoding="utf-8")
    given = replace(IRIS, train=str(script), rows=150)
    write_folder(
        models / "iris.ubj",
        draft_description(describe_file(models / "iris.ubj"), given),
        tmp_path / "d",
        replace=False,
    )
    deploy = read_deploy(tmp_path / "d")
    assert (deploy.train, deploy.rows) == ("again.py", 150)
    assert (tmp_path / "d" / "again.py").read_text(encoding="utf-8") == TRAIN


def test_the_modules_beside_the_script_that_it_imports_come_along(models: Path, tmp_path: Path) -> None:
    team = tmp_path / "training"
    for place, text in {
        "again.py": f"import json\nimport plant.rules\nfrom units import litres\n{TRAIN}",
        "units.py": "def litres(n):\n    import constants\n    return n * constants.LITRE\n",
        "constants.py": "LITRE = 1000\n",
        "json.py": "raise SystemExit\n",
        "plant/__init__.py": "",
        "plant/rules.py": "from . import limits\n",
        "plant/limits.py": "HIGHEST = 3\n",
        "other.py": "SPARE = 1\n",
    }.items():
        (team / place).parent.mkdir(parents=True, exist_ok=True)
        (team / place).write_text(text, encoding="utf-8")
    draft = draft_description(
        describe_file(models / "iris.ubj"), replace(IRIS, train=str(team / "again.py"))
    )
    folder = tmp_path / "d"
    write_folder(models / "iris.ubj", draft, folder, replace=False)
    brought = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert brought == {
        "model.json", "iris.ubj", "again.py", "units.py", "constants.py",
        "plant/__init__.py", "plant/rules.py", "plant/limits.py",
    }  # fmt: skip
    (team / "constants.py").write_text("LITRE = 1001\n", encoding="utf-8")
    write_folder(models / "iris.ubj", draft, folder, replace=True)
    assert (folder / "constants.py").read_text(encoding="utf-8") == "LITRE = 1001\n"


def test_an_onnx_model_in_several_files_is_written_as_one(tmp_path: Path) -> None:
    table = load_iris()
    graph = to_onnx(LinearRegression().fit(table.data, table.target), table.data[:1].astype("float32"))
    graph.graph.initializer.append(onnx.numpy_helper.from_array(table.data, "unused"))
    onnx.external_data_helper.convert_model_to_external_data(graph, location="w.bin", size_threshold=0)
    source, folder = tmp_path / "source", tmp_path / "deploy"
    source.mkdir()
    onnx.save(graph, source / "line.onnx")
    given = GivenDescription(project="iris", version="X", target="y", inputs=tuple(map(GivenInput, NAMES)))
    import_model(
        source / "line.onnx", draft_description(describe_file(source / "line.onnx"), given), folder
    )
    assert sorted(path.name for path in folder.iterdir()) == ["line.onnx", "model.json"]
    content, deploy = (folder / "line.onnx").read_bytes(), read_deploy(folder)
    assert table.data.tobytes() in content
    assert deploy.trained_at == modified_at(source / "line.onnx")
    load_model(folder, deploy, content, sha256_of(content))


def test_another_versions_folder_is_never_overwritten_and_its_own_only_when_asked(
    models: Path, tmp_path: Path
) -> None:
    first, second = (
        draft_description(describe_file(models / name), IRIS) for name in ("iris.ubj", "i.pkl")
    )
    import_model(models / "iris.ubj", first, tmp_path)
    (tmp_path / "requirements.txt").write_text("xgboost-cpu\n", encoding="utf-8")
    before = (tmp_path / "model.json").read_bytes()
    with pytest.raises(Conflict, match="already the deploy folder of iris X"):
        import_model(models / "i.pkl", second, tmp_path)
    other = draft_description(second.described, replace(IRIS, version="Y"))
    with pytest.raises(Conflict, match="deploy folder of iris X; it is not overwritten"):
        import_model(models / "i.pkl", other, tmp_path, replace=True)
    assert (tmp_path / "model.json").read_bytes() == before
    import_model(models / "i.pkl", second, tmp_path, replace=True)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["i.pkl", "model.json", "requirements.txt"]


def test_a_file_that_is_no_description_and_other_files_are_left_alone(models: Path, tmp_path: Path) -> None:
    draft = draft_description(describe_file(models / "iris.ubj"), IRIS)
    (tmp_path / "iris.ubj").write_bytes(b"mine")
    with pytest.raises(Conflict, match="is another file"):
        write_folder(models / "iris.ubj", draft, tmp_path, replace=True)
    (tmp_path / "iris.ubj").unlink()
    shutil.copy(models / "model.json", tmp_path / "model.json")
    with pytest.raises(Conflict, match="no deploy folder’s description"):
        write_folder(models / "iris.ubj", draft, tmp_path, replace=True)
    with pytest.raises(Conflict, match="is a file"):
        write_folder(models / "iris.ubj", draft, models / "iris.txt", replace=True)


def test_a_model_that_lies_in_its_deploy_folder_stays_there(models: Path, tmp_path: Path) -> None:
    shutil.copy(models / "iris.ubj", tmp_path / "iris.ubj")
    draft = draft_description(describe_file(tmp_path / "iris.ubj"), IRIS)
    import_model(tmp_path / "iris.ubj", draft, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["iris.ubj", "model.json"]


def test_what_cannot_be_written_is_told_and_leaves_nothing(models: Path, tmp_path: Path) -> None:
    draft = draft_description(describe_file(models / "iris.ubj"), IRIS)
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be written"):
        write_folder(models / "iris.ubj", draft, tmp_path / "file" / "deploy", replace=False)
    with pytest.raises(NotFound):
        write_folder(models / "gone.ubj", draft, tmp_path / "deploy", replace=False)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_model_that_does_not_fit_is_not_written(models: Path, tmp_path: Path) -> None:
    given = GivenDescription(project="line", version="A", target="y", inputs=tuple(map(GivenInput, NAMES)))
    draft = draft_description(describe_file(models / "line.joblib"), given)
    assert draft.problems == ()
    wrong = replace(draft, inputs=draft.inputs[:2])
    with pytest.raises(InvalidInput, match="takes 4 inputs, the signature has 2"):
        import_model(models / "line.joblib", wrong, tmp_path / "deploy")
    assert not (tmp_path / "deploy").exists()


def test_a_process_apart_describes_and_writes_as_this_one_does(models: Path, tmp_path: Path) -> None:
    assert describe_isolated(models / "iris.ubj", silent) == describe_file(models / "iris.ubj")
    import_model_isolated(models / "i.pkl", IRIS, tmp_path / "deploy", replace=False, progress=silent)
    assert read_deploy(tmp_path / "deploy").artifact == "i.pkl"
    with pytest.raises(InvalidInput, match="already the deploy folder"):
        import_model_isolated(models / "i.pkl", IRIS, tmp_path / "deploy", replace=False, progress=silent)


class Ends:
    """A pickle that ends whoever reads it, after some words."""

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("print('I am no answer') or __import__('os')._exit(3)",)


class Waits:
    """A pickle that is never read to its end."""

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("__import__('time').sleep(600)",)


def test_a_pickle_that_ends_its_reader_ends_only_that_process(tmp_path: Path) -> None:
    joblib.dump(Ends(), tmp_path / "ends.joblib")
    with pytest.raises(InvalidInput, match="ended the program that read it, with exit code 3"):
        describe_isolated(tmp_path / "ends.joblib", silent)


def test_reading_ends_with_its_process_when_it_is_given_up(tmp_path: Path) -> None:
    joblib.dump(Waits(), tmp_path / "waits.joblib")
    seen: list[psutil.Process] = []
    others = psutil.Process().children()

    def give_up(_fraction: float | None, _text: str) -> None:
        seen.extend(one for one in psutil.Process().children() if one not in others)
        if seen:
            raise Cancelled

    with pytest.raises(Cancelled):
        describe_isolated(tmp_path / "waits.joblib", give_up)
    assert seen
    assert not any(one.is_running() for one in seen)


class Raises:
    """A pickle whose code fails."""

    def __init__(self, code: str) -> None:
        self._code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (self._code,)


@pytest.mark.parametrize(
    ("code", "told", "remedy"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero", ""),
        ("__import__('builtins').Mine", "has no attribute 'Mine'", "put it into a module"),
        (
            "__import__('catboost_of_nobody')",
            "needs the Python package catboost_of_nobody",
            "requirements.txt",
        ),
    ],
)
def test_a_pickle_that_fails_is_told_in_words(tmp_path: Path, code: str, told: str, remedy: str) -> None:
    joblib.dump(Raises(code), tmp_path / "raises.joblib")
    with pytest.raises(InvalidInput, match=told) as raised:
        describe_file(tmp_path / "raises.joblib")
    assert remedy in raised.value.remedy


def test_what_is_no_model_is_refused_with_what_is_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(InvalidInput, match="no model that Relevo knows") as raised:
        describe_isolated(tmp_path / "notes.txt", silent)
    assert "XGBoost" in raised.value.remedy
