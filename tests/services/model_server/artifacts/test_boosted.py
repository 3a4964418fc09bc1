"""XGBoost and LightGBM: their own files are served as their own Python interfaces answer."""

from collections.abc import Callable
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from services.errors import InvalidInput
from services.model_server.artifacts.description import describe
from services.model_server.artifacts.kinds import recognise
from services.model_server.artifacts.readers import reader_of
from services.registry.model import FieldType, Task
from tests.services.model_server.artifacts.conftest import Served

TARGET = {"target": {"name": "species", "type": "string"}}


def _saved(model: Any, name: str) -> Any:
    """What its save_model writes into a file of that name."""
    if hasattr(model, "booster_"):
        return model.booster_.model_to_string().encode()
    booster = model.get_booster() if hasattr(model, "get_booster") else model
    return bytes(booster.save_raw(name.rpartition(".")[2]))


def _classifier(library: str, iris: tuple[pd.DataFrame, Any], rows: Any = slice(None), **more: Any) -> Any:
    frame, codes = iris
    if library == "xgboost":
        return xgboost.XGBClassifier(n_estimators=8, **more).fit(frame[rows], codes[rows])
    return lightgbm.LGBMClassifier(n_estimators=8, verbose=-1, **more).fit(frame[rows], codes[rows])


@pytest.fixture(params=["saved.ubj", "saved.json", "saved.txt"])
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def library(name: str) -> str:
    return "lightgbm" if name.endswith("txt") else "xgboost"


def test_names_classes_and_probabilities_are_the_makers_own(
    name: str,
    library: str,
    iris: tuple[pd.DataFrame, Any],
    served: Callable[..., Served],
    species: tuple[str, ...],
) -> None:
    model = _classifier(library, iris)
    content = _saved(model, name)
    assert recognise(content) == library
    made = served(name, content, TARGET | {"classes": list(species)})
    assert made.deploy.kind == library
    assert made.deploy.task is Task.CLASSIFICATION
    expected = ["sepal_length", "sepal width"][library == "xgboost"]
    assert expected in [field.name for field in made.deploy.signature.inputs]
    frame = iris[0].set_axis([field.name for field in made.deploy.signature.inputs], axis=1)
    answers = made.of(frame)
    assert answers.predictions == [species[code] for code in model.predict(iris[0])]
    assert np.array_equal(np.array(answers.probabilities), model.predict_proba(iris[0]).astype(float))


def test_names_with_spaces_fit_a_file_that_has_underscores(
    iris: tuple[pd.DataFrame, Any], served: Callable[..., Served], species: tuple[str, ...]
) -> None:
    content = _saved(_classifier("lightgbm", iris), "m.txt")
    inputs = [{"name": name} for name in iris[0].columns]
    made = served("m.txt", content, TARGET | {"inputs": inputs, "classes": list(species)})
    assert made.of(iris[0][:1]).predictions == ["setosa"]
    with pytest.raises(InvalidInput, match="was trained on sepal_length"):
        served("m.txt", content, TARGET | {"inputs": inputs[::-1], "classes": list(species)})


def test_two_classes_are_told_by_the_second_ones_probability(
    name: str, library: str, iris: tuple[pd.DataFrame, Any], served: Callable[..., Served]
) -> None:
    rows = slice(50, None)
    model = _classifier(library, (iris[0], iris[1] - 1), rows)
    made = served(name, _saved(model, name), TARGET | {"classes": ["versicolor", "virginica"]})
    frame = iris[0][rows].set_axis([field.name for field in made.deploy.signature.inputs], axis=1)
    answers = made.of(frame)
    assert answers.predictions == [
        ("versicolor", "virginica")[code] for code in model.predict(iris[0][rows])
    ]
    assert np.array_equal(answers.probabilities, model.predict_proba(iris[0][rows]).astype(float))


def test_categories_come_as_texts_and_gaps_are_allowed(
    name: str, library: str, flats: pd.DataFrame, served: Callable[..., Served]
) -> None:
    if library == "xgboost":
        flats = flats.assign(town=flats.town.replace("Köln", "Koeln"))
    frame = flats.assign(town=flats.town.astype("category")).drop(columns="price")
    if library == "xgboost":
        model = xgboost.XGBRegressor(n_estimators=8, enable_categorical=True).fit(frame, flats.price)
    else:
        model = lightgbm.LGBMRegressor(n_estimators=8, verbose=-1).fit(frame, flats.price)
    content = _saved(model, name)
    described = describe(recognise(content), content)
    types = {read.name: read.type for read in described.inputs}
    assert types["town"] is FieldType.STRING
    assert all(read.nullable for read in described.inputs)
    made = served(name, content, {"target": {"name": "price"}}, library="")
    assert made.deploy.library.startswith(f"{library} ")
    rows = flats.drop(columns="price")
    if library == "lightgbm":
        rows = rows.assign(lift=rows.lift.astype(float))
    assert made.of(rows).predictions == model.predict(frame).astype(float).tolist()
    [unseen] = made.ask(
        [{"area": 50, "rooms": 2, "town": "Ulm", "lift": rows.lift.tolist()[0]}]
    ).predictions
    [missing] = made.ask(
        [{"area": 50, "rooms": 2, "town": None, "lift": rows.lift.tolist()[0]}]
    ).predictions
    assert unseen == missing


def test_categories_that_xgboost_itself_confuses_are_refused(flats: pd.DataFrame) -> None:
    frame = flats[["area", "town"]].assign(town=flats.town.astype("category"))
    model = xgboost.XGBRegressor(n_estimators=2, enable_categorical=True).fit(frame, flats.price)
    with pytest.raises(InvalidInput, match="beyond ASCII"):
        describe("xgboost", _saved(model, "m.ubj"))


def test_an_early_stop_is_kept(
    name: str,
    library: str,
    iris: tuple[pd.DataFrame, Any],
    served: Callable[..., Served],
    species: tuple[str, ...],
) -> None:
    frame, codes = iris
    if library == "xgboost":
        model = xgboost.XGBClassifier(n_estimators=200, early_stopping_rounds=3)
        model.fit(frame[::2], codes[::2], eval_set=[(frame[1::2], codes[1::2])], verbose=False)
    else:
        model = lightgbm.LGBMClassifier(n_estimators=200, verbose=-1)
        stop = lightgbm.early_stopping(3, verbose=False)
        model.fit(frame[::2], codes[::2], eval_X=frame[1::2], eval_y=codes[1::2], callbacks=[stop])
    made = served(name, _saved(model, name), TARGET | {"classes": list(species)})
    rows = frame.set_axis([field.name for field in made.deploy.signature.inputs], axis=1)
    assert np.array_equal(made.of(rows).probabilities, model.predict_proba(frame).astype(float))


@pytest.mark.parametrize("cut", [0.3, 0.9])
def test_a_damaged_file_is_refused_in_words(
    name: str, library: str, iris: tuple[pd.DataFrame, Any], cut: float
) -> None:
    content = _saved(_classifier(library, iris), name)
    with pytest.raises(InvalidInput, match=r"no whole (XGBoost|LightGBM) model"):
        describe(library, content[: int(len(content) * cut)])


def test_too_few_class_names_are_counted(
    name: str, library: str, iris: tuple[pd.DataFrame, Any], served: Callable[..., Served]
) -> None:
    content = _saved(_classifier(library, iris), name)
    with pytest.raises(InvalidInput, match="tells 3 classes apart, the signature has 2"):
        served(name, content, TARGET | {"classes": ["yes", "no"]})
    with pytest.raises(InvalidInput, match="needs `classes`"):
        served(name, content, TARGET)


def test_a_ranking_is_neither_regression_nor_classification(iris: tuple[pd.DataFrame, Any]) -> None:
    frame, codes = iris
    ranker = xgboost.XGBRanker(n_estimators=2).fit(frame, codes, qid=np.repeat([0, 1, 2], 50))
    with pytest.raises(InvalidInput, match="rank:ndcg, which is neither"):
        describe("xgboost", _saved(ranker, "m.ubj"))
    ranker = lightgbm.LGBMRanker(n_estimators=2, verbose=-1).fit(frame, codes, group=[50, 50, 50])
    with pytest.raises(InvalidInput, match="lambdarank, which is neither"):
        describe("lightgbm", _saved(ranker, "m.txt"))


@pytest.mark.parametrize(
    ("objective", "probable"),
    [
        ("multi:softmax", False),
        ("binary:hinge", False),
        ("binary:logitraw", False),
        ("binary:logistic", True),
    ],
)
def test_every_objective_of_classes_gives_the_class(
    objective: str,
    probable: bool,
    iris: tuple[pd.DataFrame, Any],
    served: Callable[..., Served],
    species: tuple[str, ...],
) -> None:
    two = objective.startswith("binary")
    frame, codes = iris[0][:100] if two else iris[0], iris[1][:100] if two else iris[1]
    parameters = {"objective": objective} | ({} if two else {"num_class": 3})
    booster = xgboost.train(parameters, xgboost.DMatrix(frame, codes), 5)
    names = list(species[:2] if two else species)
    answers = served("m.ubj", _saved(booster, "m.ubj"), TARGET | {"classes": names}).of(frame)
    assert np.mean([names.index(name) for name in answers.predictions] == codes) > 0.95
    assert (answers.probabilities is not None) is probable


def test_a_linear_booster_answers_as_itself_and_takes_no_gaps(
    iris: tuple[pd.DataFrame, Any], served: Callable[..., Served]
) -> None:
    frame, codes = iris
    model = xgboost.train({"booster": "gblinear", "verbosity": 0}, xgboost.DMatrix(frame, codes), 5)
    made = served("m.ubj", _saved(model, "m.ubj"), {"target": {"name": "y"}})
    assert made.of(frame).predictions == model.predict(xgboost.DMatrix(frame)).astype(float).tolist()
    assert not any(field.nullable for field in made.deploy.signature.inputs)


def test_several_targets_at_once_are_refused(iris: tuple[pd.DataFrame, Any]) -> None:
    frame, _ = iris
    model = xgboost.XGBRegressor(n_estimators=2).fit(frame, frame.iloc[:, :2])
    with pytest.raises(InvalidInput, match="2 targets at once"):
        describe("xgboost", _saved(model, "m.ubj"))


def test_a_model_trained_without_names_takes_the_signatures(
    iris: tuple[pd.DataFrame, Any], served: Callable[..., Served], species: tuple[str, ...]
) -> None:
    frame, codes = iris
    model = xgboost.XGBClassifier(n_estimators=3).fit(frame.to_numpy(), codes)
    content = _saved(model, "m.ubj")
    classes = {"classes": list(species)}
    with pytest.raises(InvalidInput, match="no inputs") as caught:
        served("m.ubj", content, TARGET | classes)
    assert "relevo describe" in caught.value.remedy
    inputs = {"inputs": [{"name": name} for name in frame.columns]}
    assert served("m.ubj", content, TARGET | classes | inputs).of(frame[:1]).predictions == ["setosa"]
    with pytest.raises(InvalidInput, match="takes 4 inputs, the signature has 3"):
        served("m.ubj", content, TARGET | classes | {"inputs": inputs["inputs"][:3]})


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_what_a_training_script_returns_becomes_the_makers_file(
    kind: str, iris: tuple[pd.DataFrame, Any]
) -> None:
    model = _classifier(kind, iris)
    reader = reader_of(kind)
    assert recognise(reader.dump(model)) == kind
    booster = model.get_booster() if kind == "xgboost" else model.booster_
    assert reader.dump(booster) == reader.dump(model)
    with pytest.raises(InvalidInput, match="train returned a DataFrame"):
        reader.dump(pd.DataFrame())
