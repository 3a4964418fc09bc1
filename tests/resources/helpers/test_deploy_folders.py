"""What the helper in Python writes is what a service reads, whoever made the model."""

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import lightgbm
import pandas as pd
import pytest
import sklearn
import xgboost
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from resources import path
from services.model_server.deploy import read_deploy
from services.model_server.loading import LoadedModel, load_model, sha256_of
from services.registry.model import Field, FieldType, Task
from services.store.names import column_for


def loaded(folder: Path) -> LoadedModel:
    deploy = read_deploy(folder)
    content = (folder / deploy.artifact).read_bytes()
    return load_model(folder, deploy, content, sha256_of(content))


def asked(folder: Path, frame: pd.DataFrame) -> list[Any]:
    model = loaded(folder)
    rows = json.dumps({"instances": frame.to_dict("records")}).encode()
    return list(model.predictor.answer(model.predictor.prepare(model.decoder.decode(rows))).predictions)


def test_both_helpers_have_the_same_functions_with_the_same_arguments_in_the_same_order(
    relevo: ModuleType,
) -> None:
    in_r = {
        name: re.findall(r"(?:^|, *)\s*(\w+)(?: = |(?=,|$))", arguments)
        for name, arguments in re.findall(
            r"^relevo_(\w+) <- function\((.*?)\) \{$",
            path("helpers", "relevo.R").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL,
        )
    }  # fmt: skip
    written = path("helpers", "relevo.py").read_text(encoding="utf-8")
    names = set(re.findall(r"^def ([a-z]\w*)\(", written, re.MULTILINE))
    assert names == set(in_r)
    for name, arguments in in_r.items():
        function = getattr(relevo, name)
        assert list(function.__code__.co_varnames[: function.__code__.co_argcount]) == arguments, name


def test_the_signature_is_read_off_the_frame(
    relevo: ModuleType, flats: pd.DataFrame, tmp_path: Path
) -> None:
    inputs = flats.drop(columns=["price", "dear"])
    encoded = make_column_transformer(
        (OneHotEncoder(sparse_output=False), ["town"]), remainder="passthrough"
    )
    model = make_pipeline(encoded, HistGradientBoostingRegressor()).fit(inputs, flats.price)
    (tmp_path / "own.py").write_text("def train(frame, target, parameters): ...")
    folder = relevo.write_deploy(
        tmp_path / "deploy" / "A", model, "flats", "A", flats.drop(columns="dear"), "price",
        train=tmp_path / "own.py", units={"Größe in qm": "m²"}, metrics={"r2": 0.5},
    )  # fmt: skip
    deploy = read_deploy(folder)
    assert deploy.signature.inputs == (
        Field("Größe in qm", "groe_in_qm", FieldType.NUMBER, nullable=True, unit="m²"),
        Field("rooms", "rooms", FieldType.NUMBER),
        Field("town", "town", FieldType.STRING),
        Field("lift", "lift", FieldType.BOOLEAN),
    )
    assert (deploy.signature.target.name, deploy.task) == ("price", Task.REGRESSION)
    assert (deploy.kind, deploy.train, deploy.rows) == ("joblib", "own.py", 120)
    assert (deploy.library, deploy.metrics) == (f"scikit-learn {sklearn.__version__}", {"r2": 0.5})
    assert asked(folder, inputs[1:4]) == pytest.approx(model.predict(inputs[1:4]))


def test_columns_are_named_as_everywhere(relevo: ModuleType, tmp_path: Path) -> None:
    names = ["Größe in cm", "größe in CM", "Grosse", "id", "Score_x", "predicted", "2nd", "温度", "x" * 60]
    frame = pd.DataFrame({name: [1.0, 2.0] for name in names} | {"y": [1.0, 2.0]})
    folder = relevo.write_deploy(
        tmp_path / "A", LinearRegression().fit(frame[names], frame.y), "flats", "A", frame, "y"
    )
    expected: list[str] = []
    for name in names:
        expected.append(column_for(name, frozenset(expected)))
    assert [field.column for field in read_deploy(folder).signature.inputs] == expected


def test_classes_come_in_the_models_order(
    relevo: ModuleType, measures: pd.DataFrame, tmp_path: Path
) -> None:
    truths = measures.assign(dear=measures.dear == "yes")
    for number, frame in enumerate((measures, truths, truths.astype({"dear": int}))):
        model = LogisticRegression(max_iter=5000).fit(frame[["rooms", "price"]], frame.dear)
        # The frame's columns may come in any order.
        shuffled = frame[["dear", "price", "rooms"]]
        folder = relevo.write_deploy(tmp_path / str(number), model, "flats", "A", shuffled, "dear")
        signature = read_deploy(folder).signature
        assert signature.classes == (("no", "yes"), ("False", "True"), ("0", "1"))[number]
        assert signature.target.type is FieldType.STRING
        expected = [str(value) for value in model.predict(frame[["rooms", "price"]])]
        assert asked(folder, frame[["rooms", "price"]]) == expected


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm", "onnx"])
def test_models_of_other_makers_are_stored_in_their_own_formats(
    relevo: ModuleType, measures: pd.DataFrame, tmp_path: Path, kind: str
) -> None:
    inputs = measures[["rooms", "price"]]
    if kind == "xgboost":
        model = xgboost.XGBClassifier(n_estimators=5).fit(inputs, (measures.dear == "yes").astype(int))
    elif kind == "lightgbm":
        model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(inputs, measures.dear)
    else:
        from skl2onnx import to_onnx

        fitted = LogisticRegression(max_iter=5000).fit(inputs.to_numpy("float32"), measures.dear)
        model = to_onnx(fitted, inputs.to_numpy("float32"), options={"zipmap": False})
    folder = relevo.write_deploy(tmp_path / "A", model, "flats", "A", measures, "dear")
    deploy = read_deploy(folder)
    assert (deploy.kind, deploy.signature.classes) == (kind, ("no", "yes"))
    assert deploy.library.startswith(kind)
    right = sum(one == other for one, other in zip(asked(folder, inputs), measures.dear, strict=True))
    assert right > 110


def test_numbers_are_classes_in_a_categorical_column(
    relevo: ModuleType, measures: pd.DataFrame, tmp_path: Path
) -> None:
    stars = (measures.dear == "yes").astype(int) * 2 + 3
    frame = measures.assign(dear=stars.astype("category"))
    inputs = frame[["rooms", "price"]]
    data = xgboost.DMatrix(inputs, frame.dear.cat.codes)
    model = xgboost.train({"objective": "binary:logistic"}, data, 5)
    folder = relevo.write_deploy(tmp_path / "A", model, "flats", "A", frame, "dear")
    signature = read_deploy(folder).signature
    assert (signature.task, signature.classes) == (Task.CLASSIFICATION, ("3", "5"))
    assert asked(folder, inputs[:20]) == [str(value) for value in stars[:20]]


def test_a_model_with_its_own_function_is_asked_by_it(
    relevo: ModuleType, measures: pd.DataFrame, tmp_path: Path
) -> None:
    module = tmp_path / "own.py"
    module.write_text(
        "import joblib\n"
        "def load(path):\n    return joblib.load(path)\n"
        "def predict(model, rows):\n    return [model['factor'] * row['rooms'] for row in rows]\n"
    )
    frame = measures[["rooms", "price"]]
    folder = relevo.write_deploy(
        tmp_path / "A", {"factor": 2}, "flats", "A", frame, "price", module=module, library=""
    )
    assert read_deploy(folder).kind == "function"
    assert asked(folder, frame[["rooms"]][:1]) == [2 * frame.rooms[0]]


def test_what_cannot_be_written_is_told_with_what_to_do(
    relevo: ModuleType, measures: pd.DataFrame, tmp_path: Path
) -> None:
    model = LogisticRegression(max_iter=5000).fit(measures[["rooms", "price"]], measures.dear)
    dates = measures.assign(rooms=pd.Timestamp("2026-01-01"))
    for given, frame, more, words in (
        (model, measures.drop(columns="dear"), {}, "no column 'dear'\nIt has: rooms, price."),
        (model, measures.drop(columns="rooms"), {}, "learned from rooms, price, the frame has price\nGive"),
        (
            model,
            measures.assign(dear="maybe"),
            {},
            "classes are no, yes, the frame's maybe\nGive the frame",
        ),
        (model, dates, {}, "'rooms' holds datetime64 values\nUse numbers, texts or truths"),
        (model, measures.rename(columns={"rooms": 7}), {}, "name 7 of a column is no text\nSet"),
        ({}, measures, {}, "a dict has no predict\nName a `module`"),
        (model, measures, {"train": "nowhere.py"}, "there is no file nowhere.py\nName it as seen from"),
    ):
        with pytest.raises(relevo.RelevoError) as told:
            relevo.write_deploy(tmp_path / "A", given, "flats", "A", frame, "dear", **more)
        assert words in str(told.value)
    assert not (tmp_path / "A" / "model.json").exists()
