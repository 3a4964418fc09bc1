"""Whatever road a request takes, the answer has the bits of scikit-learn's own."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import Lasso, LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from services.model_server.compute_selection import faster_compute, is_shareable, probe_rows, same_bits
from services.model_server.forest import MergedForest
from services.model_server.predictor import estimator_compute
from services.registry.model import Field, FieldType, Signature, Task

REGRESSIONS = [
    LinearRegression(), Ridge(), Lasso(alpha=0.01), SVR(), DecisionTreeRegressor(), KNeighborsRegressor(),
    RandomForestRegressor(n_estimators=37, n_jobs=2), RandomForestRegressor(n_estimators=1),
    GradientBoostingRegressor(n_estimators=10), HistGradientBoostingRegressor(max_iter=10),
    make_pipeline(StandardScaler(), SVR()),
    make_pipeline(MinMaxScaler(), StandardScaler(), LinearRegression()),
    make_pipeline("passthrough", RandomForestRegressor(n_estimators=8)),
    make_pipeline(PolynomialFeatures(), Ridge()),
]  # fmt: skip
CLASSIFICATIONS = [
    LogisticRegression(), SGDClassifier(), RandomForestClassifier(n_estimators=33),
    DecisionTreeClassifier(),
    ExtraTreesClassifier(n_estimators=10), SVC(),
    make_pipeline(StandardScaler(), CalibratedClassifierCV(SVC(), ensemble=False)),
    make_pipeline(StandardScaler(), LogisticRegression()),
]  # fmt: skip


def _name(model: Any) -> Any:
    return "-".join(type(step).__name__ for _, step in getattr(model, "steps", [("", model)]))


def _answers(loaded: Any, rows: Any) -> Any:
    body = json.dumps({"instances": [dict(zip("abc", row, strict=True)) for row in rows.tolist()]}).encode()
    predictor = loaded.predictor
    return predictor.answer(predictor.prepare(loaded.decoder.decode(body)))


@pytest.mark.parametrize(
    "model",
    [LinearRegression(), Ridge(), Lasso(alpha=0.01), RandomForestRegressor(n_estimators=5),
     DecisionTreeRegressor(), make_pipeline(StandardScaler(), LinearRegression())],
    ids=_name,
)  # fmt: skip
def test_what_can_be_asked_faster_is(model: Any, deploys: Any) -> None:
    model.fit(*deploys.data())
    exact = estimator_compute(model, ())
    assert faster_compute(model, (), exact, probe_rows(model, 3)) is not exact


def test_a_faster_way_that_is_not_exact_is_not_taken(
    deploys: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model = LinearRegression().fit(*deploys.data())
    exact = estimator_compute(model, ())
    probes = probe_rows(model, 3)

    def beside(rows: Any) -> Any:
        return np.nextafter(exact(rows)[0], np.inf), None

    assert faster_compute(model, (), beside, probes) is beside
    assert "is not exact here" in caplog.text


def _fresh() -> Any:
    random = np.random.default_rng(3)
    return random.normal(size=(300, 3)) * 10.0 ** random.integers(-2, 3, (300, 3))


@pytest.mark.parametrize("model", REGRESSIONS, ids=_name)
def test_regressions(model: Any, deploys: Any, tmp_path: Path) -> None:
    model.fit(*deploys.data())
    deploys.write(tmp_path, model)
    loaded = deploys.load(tmp_path)
    for rows in (_fresh(), _fresh()[:1], _fresh()[7:12]):
        expected = _sequential(model).predict(rows)
        assert _answers(loaded, rows).predictions == expected.tolist()


@pytest.mark.parametrize("model", CLASSIFICATIONS, ids=_name)
@pytest.mark.parametrize("labels", [("no", "yes"), ("a", "b", "c"), (3, 5, 8)], ids=str)
def test_classifications(model: Any, labels: Any, deploys: Any, tmp_path: Path) -> None:
    inputs, target = deploys.data()
    classes = np.array(labels)
    model.fit(
        inputs, classes[np.digitize(target, np.quantile(target, np.arange(1, len(labels)) / len(labels)))]
    )
    signature = Signature(
        deploys.NUMBERS.inputs, deploys.CLASSES.target, Task.CLASSIFICATION, tuple(map(str, labels))
    )
    deploys.write(tmp_path, model, signature)
    loaded = deploys.load(tmp_path)
    for rows in (_fresh(), _fresh()[:1], _fresh()[7:12]):
        answers = _answers(loaded, rows)
        assert answers.predictions == [str(value) for value in model.predict(rows)]
        if hasattr(model, "predict_proba"):
            assert answers.probabilities == model.predict_proba(rows).tolist()
        else:
            assert answers.probabilities is None


def _sequential(model: Any) -> Any:
    """Threads add up a forest's trees in any order; one thread adds in the order of the trees."""
    return model.set_params(n_jobs=1) if hasattr(model, "n_jobs") else model


def test_a_forest_takes_the_estimators_way_at_its_thresholds(deploys: Any) -> None:
    model = RandomForestRegressor(n_estimators=25, random_state=0).fit(*deploys.data())
    thresholds = np.concatenate(
        [tree.tree_.threshold[tree.tree_.feature == 0] for tree in model.estimators_]
    )
    rows = np.zeros((len(thresholds), 3))
    rows[:, 0] = thresholds
    forest = MergedForest([tree.tree_ for tree in model.estimators_], 3)
    assert np.array_equal(forest(rows)[:, 0], model.predict(rows))


def test_a_model_trained_on_a_frame_is_asked_by_matrix_without_a_warning(
    deploys: Any, tmp_path: Path
) -> None:
    inputs, target = deploys.data()
    model = make_pipeline(StandardScaler(), SVR()).fit(pd.DataFrame(inputs, columns=list("abc")), target)
    expected = model.predict(pd.DataFrame(_fresh(), columns=list("abc"))).tolist()
    deploys.write(tmp_path, model)
    loaded = deploys.load(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert _answers(loaded, _fresh()).predictions == expected


def test_texts_booleans_integers_and_missing_values_reach_a_pipeline_as_a_frame(
    deploys: Any, tmp_path: Path
) -> None:
    frame = pd.DataFrame({
        "colour": ["red", "white", None, "red"] * 20, "count": [1, 2, 3, 4] * 20,
        "fresh": [True, False, True, True] * 20, "size": [1.5, None, 0.5, 2.5] * 20,
    })  # fmt: skip
    encoder = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["colour"]), remainder="passthrough"
    )
    model = make_pipeline(encoder, HistGradientBoostingRegressor(max_iter=5)).fit(frame, np.arange(80.0))
    kinds = (FieldType.STRING, FieldType.INTEGER, FieldType.BOOLEAN, FieldType.NUMBER)
    inputs = tuple(
        Field(name, name, kind, nullable=name in {"colour", "size"})
        for name, kind in zip(frame.columns, kinds, strict=True)
    )
    deploys.write(tmp_path, model, Signature(inputs, Field("y", "y"), Task.REGRESSION))
    loaded = deploys.load(tmp_path)
    rows = json.loads(frame.head(4).to_json(orient="records"))
    predictor = loaded.predictor
    rows_body = json.dumps({"instances": rows}).encode()
    answers = predictor.answer(predictor.prepare(loaded.decoder.decode(rows_body)))
    assert answers.predictions == model.predict(frame.head(4)).tolist()


def test_a_missing_number_goes_to_the_estimator_itself(deploys: Any, tmp_path: Path) -> None:
    inputs, target = deploys.data()
    inputs[::3, 1] = np.nan
    model = RandomForestRegressor(n_estimators=10).fit(inputs, target)
    fields = tuple(Field(name, name, nullable=True) for name in "abc")
    deploys.write(tmp_path, model, Signature(fields, Field("y", "y"), Task.REGRESSION))
    loaded = deploys.load(tmp_path)
    rows = loaded.decoder.decode(b'{"instances":[{"a":1.5,"b":null,"c":0.5}]}')
    answers = loaded.predictor.answer(loaded.predictor.prepare(rows))
    assert answers.predictions == model.predict([[1.5, np.nan, 0.5]]).tolist()


def test_a_model_whose_rows_depend_on_each_other_is_not_shared() -> None:
    rows = np.random.default_rng(0).normal(size=(200, 3))
    assert not is_shareable(lambda some: (some[:, 0] - some[:, 0].mean(), None), rows)
    assert is_shareable(lambda some: (some[:, 0] * 2, None), rows)
    assert not same_bits((np.array([0.1]), None), (np.array([np.nextafter(0.1, 1)]), None))
