"""Pickles of scikit-learn's pipelines with texts and categories, and of others' estimators."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from services.errors import InvalidInput
from services.model_server.artifacts.description import describe
from services.model_server.artifacts.interface import DescribedInput
from services.registry.model import FieldType, Task
from tests.services.model_server.artifacts.conftest import Served

WORDS = ["warm and bright", "dark, cold", "bright", "cold and loud", "quiet, warm", "loud"] * 20
KIND = {"target": {"name": "kind", "type": "string"}, "task": "classification", "classes": ["bad", "good"]}

DOCUMENTS = Path(__file__).parent / "documents"


def _pickled(model: Any) -> Any:
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def table(flats: pd.DataFrame) -> tuple[pd.DataFrame, Any]:
    """Numbers with gaps, a category, whole numbers as codes, and a text; and a class."""
    frame = flats[["area", "rooms", "town"]][: len(WORDS)].assign(words=WORDS)
    return frame, np.where(["warm" in text or "quiet" in text for text in WORDS], "good", "bad")


@pytest.fixture(scope="module")
def pipeline(table: tuple[pd.DataFrame, Any]) -> Any:
    frame, kinds = table
    return make_pipeline(
        ColumnTransformer(
            [
                ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), ["area"]),
                ("codes", OrdinalEncoder(), ["rooms"]),
                ("towns", OneHotEncoder(handle_unknown="ignore"), ["town"]),
                ("words", TfidfVectorizer(), "words"),
            ]
        ),
        LogisticRegression(max_iter=500),
    ).fit(frame, kinds)


def test_a_pipeline_tells_its_inputs_types_and_classes(pipeline: Any) -> None:
    described = describe("joblib", _pickled(pipeline))
    assert described.inputs == (
        DescribedInput("area", FieldType.NUMBER, nullable=True),
        DescribedInput("rooms", FieldType.INTEGER),
        DescribedInput("town", FieldType.STRING),
        DescribedInput("words", FieldType.STRING),
    )
    assert (described.task, described.classes) == (Task.CLASSIFICATION, ("bad", "good"))
    assert described.library.startswith("scikit-learn ")


def test_texts_categories_and_gaps_are_answered_as_the_pipeline_does(
    pipeline: Any, table: tuple[pd.DataFrame, Any], served: Callable[..., Served]
) -> None:
    frame, _ = table
    described = describe("joblib", _pickled(pipeline))
    inputs = [{"name": one.name, "type": one.type, "nullable": one.nullable} for one in described.inputs]
    made = served("model.joblib", _pickled(pipeline), KIND | {"inputs": inputs})
    unseen = pd.DataFrame({"area": [np.nan], "rooms": [2], "town": ["Ulm"], "words": ["Straße, ruhig"]})
    rows = pd.concat([frame, unseen], ignore_index=True)
    answers = made.of(rows)
    assert answers.predictions == pipeline.predict(rows).tolist()
    assert np.array_equal(answers.probabilities, pipeline.predict_proba(rows))


def test_a_pipeline_that_begins_with_a_vectorizer_gets_the_one_text(served: Callable[..., Served]) -> None:
    kinds = ["good" if "warm" in text else "bad" for text in WORDS]
    model = make_pipeline(CountVectorizer(), LogisticRegression()).fit(WORDS, kinds)
    inputs = [{"name": "words", "type": "string"}]
    made = served("model.pkl", pickle.dumps(model), KIND | {"inputs": inputs})
    rows = pd.DataFrame({"words": WORDS[:6]})
    assert made.of(rows).predictions == model.predict(WORDS[:6]).tolist()
    assert made.ask([{"words": ""}]).predictions == model.predict([""]).tolist()


def test_columns_chosen_by_type_place_or_slice_are_named(flats: pd.DataFrame) -> None:
    frame = flats[["area", "rooms", "town"]].dropna()
    chooser = ColumnTransformer(
        [
            ("texts", OneHotEncoder(), make_column_selector(dtype_include=object)),
            ("places", StandardScaler(), [0]),
            ("slice", OrdinalEncoder(), slice(1, 2)),
        ]
    )
    frame = frame.assign(town=frame.town.astype(object))
    model = make_pipeline(chooser, HistGradientBoostingRegressor()).fit(frame, flats.price[frame.index])
    types = {read.name: read.type for read in describe("joblib", _pickled(model)).inputs}
    assert types == {"area": FieldType.NUMBER, "rooms": FieldType.INTEGER, "town": FieldType.STRING}


def test_another_makers_estimator_in_a_pickle_is_asked_as_it_is(
    iris: tuple[pd.DataFrame, Any], served: Callable[..., Served], species: tuple[str, ...]
) -> None:
    frame, codes = iris
    model = xgboost.XGBClassifier(n_estimators=3).fit(frame, codes)
    assert describe("joblib", _pickled(model)).library.startswith("xgboost ")
    inputs = {"inputs": [{"name": name} for name in frame.columns]}
    target = {"target": {"name": "species", "type": "string"}, "task": "classification"}
    made = served("model.joblib", _pickled(model), target | inputs | {"classes": ["0", "1", "2"]})
    assert made.of(frame).predictions == [str(code) for code in model.predict(frame)]


def test_a_package_that_is_missing_is_named_with_what_to_do() -> None:
    content = b"\x80\x04\x8c\x0enobody_has_it.\x8c\x05Model\x93)R."
    content = content.replace(b"\x0enobody_has_it.", b"\x0dnobody_has_it")
    with pytest.raises(InvalidInput, match="needs the Python package nobody_has_it") as caught:
        describe("joblib", content)
    assert "requirements.txt" in caught.value.remedy


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.InconsistentVersionWarning")
def test_a_pickle_written_under_numpy_1_is_served(served: Callable[..., Served]) -> None:
    """Of a linear regression with coefficients 1 and 2, by NumPy 1.26."""
    content = (DOCUMENTS / "numpy-1.26.pkl").read_bytes()
    assert b"numpy.core.multiarray" in content
    target = {"target": {"name": "y"}, "task": "regression", "inputs": [{"name": "a"}, {"name": "b"}]}
    made = served("model.joblib", content, target)
    assert made.ask([{"a": 3, "b": 4}]).predictions == pytest.approx([11])


def test_a_pickle_that_another_version_of_the_library_saved_is_refused_with_both_named() -> None:
    with pytest.raises(
        InvalidInput, match=r"saved by scikit-learn 1\.5\.2; scikit-learn .* has no _loss"
    ) as caught:
        describe("joblib", (DOCUMENTS / "scikit-learn-1.5.pkl").read_bytes())
    assert "scikit-learn==1.5.2" in caught.value.remedy


def test_a_part_that_this_version_of_a_package_lacks_is_no_missing_package() -> None:
    content = b"\x80\x04\x8c\x0dnumpy.no_such\x8c\x05Model\x93)R."
    with pytest.raises(
        InvalidInput, match=r"saved by another version of numpy; numpy .* has no numpy\.no_such"
    ):
        describe("joblib", content)


def test_what_cannot_predict_is_no_model() -> None:
    with pytest.raises(InvalidInput, match="holds a dict, which has no predict"):
        describe("joblib", _pickled({"a": 1}))
