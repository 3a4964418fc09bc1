"""`relevo describe`: what it prints, writes and refuses."""

from pathlib import Path

import joblib
import pytest
import xgboost
from sklearn.datasets import load_iris
from sklearn.linear_model import LinearRegression

from app.__main__ import main
from services.model_server.deploy import read_deploy


@pytest.fixture(scope="module")
def boosted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A classifier trained on a matrix: it knows neither names nor classes."""
    file = tmp_path_factory.mktemp("models") / "iris.json"
    inputs, kinds = load_iris(return_X_y=True)
    xgboost.XGBClassifier(n_estimators=2).fit(inputs, kinds).save_model(file)
    return str(file)


NAMED = (
    "--project", "iris", "--version", "X", "--target", "species",
    "--classes", "setosa,versicolor,virginica",
    "--inputs", "length:number?,width,petals:number,age", "--units", "length=cm",
)  # fmt: skip


def test_it_says_what_is_there_and_which_option_gives_what_is_missing(
    boosted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", boosted]) == 0
    lines = capsys.readouterr().out.splitlines()
    facts = dict(line.split(maxsplit=1) for line in lines[: lines.index("")])
    assert facts["kind"] == "xgboost, an XGBoost model"
    assert facts["library"] == f"xgboost {xgboost.__version__}"
    assert facts["task"] == "classification"
    assert facts["inputs"] == "4, without names"
    missing = [line.split()[0] for line in lines[lines.index("Still missing:") + 1 :]]
    assert missing == ["--project", "--version", "--target", "--classes", "--inputs"]


def test_with_all_that_is_missing_it_writes_the_deploy_folder(
    boosted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "train.py"
    script.write_text("def train(frame, target, parameters): ...\n", encoding="utf-8")
    more = ("--train", str(script), "--rows", "150", "--into", str(tmp_path / "deployX"))
    assert main(["describe", boosted, *NAMED, *more]) == 0
    told = capsys.readouterr().out
    assert "length  number  yes             cm" in told
    assert told.endswith("holds iris X\n")
    deploy = read_deploy(tmp_path / "deployX")
    assert (deploy.kind, deploy.artifact, deploy.train, deploy.rows) == (
        "xgboost",
        "iris.json",
        "train.py",
        150,
    )
    assert [field.nullable for field in deploy.signature.inputs] == [True, False, False, False]


def test_nothing_is_written_without_into_or_while_something_is_missing(
    boosted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", boosted, *NAMED]) == 0
    assert main(["describe", boosted, *NAMED[2:], "--into", str(tmp_path / "deploy")]) == 1
    assert "still missing" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_is_an_error(boosted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["describe", boosted, *NAMED, "--classes", "a,b"]) == 1
    told = capsys.readouterr()
    assert "the model tells 3 classes apart, 2 are named" in told.out
    assert "does not fit" in told.err


def test_a_folder_of_the_same_version_is_brought_up_to_date_only_with_replace(
    boosted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = ("--into", str(tmp_path))
    assert main(["describe", boosted, *NAMED, *into]) == 0
    assert main(["describe", boosted, *NAMED, *into]) == 1
    assert "--replace" in capsys.readouterr().err
    assert main(["describe", boosted, *NAMED, *into, "--replace"]) == 0
    assert main(["describe", boosted, *NAMED, "--version", "Y", *into, "--replace"]) == 1
    assert read_deploy(tmp_path).version == "X"


def test_a_pickle_of_a_regression_tells_its_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = load_iris(as_frame=True).data
    file = tmp_path / "line.joblib"
    joblib.dump(LinearRegression().fit(table.iloc[:, :2], table.iloc[:, 2]), file)
    assert main(["describe", str(file), "--units", "sepal length (cm)=cm"]) == 0
    told = capsys.readouterr().out
    assert "regression" in told
    assert "sepal length (cm)  number  no              cm" in told


def test_a_file_that_is_not_there_or_no_model_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["describe", str(tmp_path / "gone")]) == 1
    (tmp_path / "notes").write_text("no model", encoding="utf-8")
    assert main(["describe", str(tmp_path / "notes")]) == 1
    assert "It knows pickles" in capsys.readouterr().err
