"""ONNX: graphs of scikit-learn's and other exporters are served with the answers of what was exported."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, external_data_helper, helper, load_model_from_string, numpy_helper, save
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from services.errors import InvalidInput
from services.model_server.artifacts.description import artifact_of, describe
from services.model_server.artifacts.kinds import recognise
from services.model_server.artifacts.readers import reader_of
from services.registry.model import FieldType, Task
from tests.services.model_server.artifacts.conftest import Served

TARGET = {"target": {"name": "species", "type": "string"}}


def _inputs(frame: Any) -> Any:
    return {"inputs": [{"name": name} for name in frame.columns]}


@pytest.fixture(scope="module")
def classifier(iris: tuple[pd.DataFrame, Any], species: tuple[str, ...]) -> Any:
    frame, codes = iris
    model = RandomForestClassifier(10, random_state=1)
    return model.fit(frame.to_numpy(np.float32), np.array(species)[codes])


@pytest.fixture(params=[True, False, "columns"], ids=["dictionaries", "a tensor", "columns"])
def exported(request: pytest.FixtureRequest, classifier: Any, iris: tuple[pd.DataFrame, Any]) -> bytes:
    """The three forms in which scikit-learn's exporter puts probabilities out."""
    options = {id(classifier): {"zipmap": request.param}}
    sample = iris[0][:1].to_numpy(np.float32)
    return to_onnx(classifier, sample, options=options).SerializeToString()


def test_classes_are_read_and_probabilities_answered_in_each_form(
    exported: bytes, classifier: Any, iris: tuple[pd.DataFrame, Any], served: Callable[..., Served]
) -> None:
    frame = iris[0].astype(np.float32).astype(float)
    assert recognise(exported) == "onnx"
    made = served("model.onnx", exported, TARGET | _inputs(frame))
    assert made.deploy.signature.classes == ("setosa", "versicolor", "virginica")
    answers = made.of(frame)
    assert answers.predictions == classifier.predict(frame.to_numpy()).tolist()
    assert np.allclose(answers.probabilities, classifier.predict_proba(frame.to_numpy()), atol=1e-6)
    assert made.of(frame[:1]).predictions == ["setosa"]


def test_columns_of_several_types_carry_their_names(
    flats: pd.DataFrame, served: Callable[..., Served]
) -> None:
    columns = flats[["area", "rooms", "town"]].dropna()
    price = flats.price[columns.index]
    model = make_pipeline(
        ColumnTransformer([("n", StandardScaler(), ["area", "rooms"]), ("t", OneHotEncoder(), ["town"])]),
        LinearRegression(),
    ).fit(columns, price)
    types = [
        ("area", FloatTensorType([None, 1])),
        ("rooms", Int64TensorType([None, 1])),
        ("town", StringTensorType([None, 1])),
    ]
    content = to_onnx(model, initial_types=types).SerializeToString()
    described = describe("onnx", content)
    assert [(read.name, read.type) for read in described.inputs] == [
        ("area", FieldType.NUMBER), ("rooms", FieldType.INTEGER), ("town", FieldType.STRING)
    ]  # fmt: skip
    assert described.task is Task.REGRESSION
    made = served("model.onnx", content, {"target": {"name": "price"}})
    assert np.allclose(made.of(columns).predictions, model.predict(columns), rtol=1e-5)


def test_texts_and_whole_numbers_cannot_be_missing(
    flats: pd.DataFrame, served: Callable[..., Served]
) -> None:
    columns = flats[["town", "rooms"]]
    model = make_pipeline(
        ColumnTransformer([("t", OneHotEncoder(), ["town"])], remainder="passthrough"), LinearRegression()
    ).fit(columns, flats.price)
    types = [("town", StringTensorType([None, 1])), ("rooms", Int64TensorType([None, 1]))]
    inputs = [
        {"name": "town", "type": "string", "nullable": True},
        {"name": "rooms", "type": "integer", "nullable": True},
    ]
    content = to_onnx(model, initial_types=types).SerializeToString()
    made = served("model.onnx", content, {"target": {"name": "price"}, "inputs": inputs})
    for row in ({"town": None, "rooms": 2}, {"town": "Bonn", "rooms": None}):
        with pytest.raises(ValueError, match="cannot be missing"):
            made.ask([row])
    assert len(made.ask([{"town": "Bonn", "rooms": 2}]).predictions) == 1
    with pytest.raises(ValueError, match="cannot answer these values"):
        made.ask([{"town": "Ulm", "rooms": 2}])


def _network(
    *nodes: Any, width: Any = 4, out: Any = 3, batch: Any = "n", kind: Any = TensorProto.FLOAT
) -> Any:
    """A graph as a deep learning framework writes it: one tensor in, one out, no names of classes."""
    weights = np.random.default_rng(2).normal(size=(width, out)).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["z"]), *nodes],
        "network",
        [helper.make_tensor_value_info("x", kind, [batch, width])],
        [
            helper.make_tensor_value_info(
                nodes[-1].output[0] if nodes else "z", TensorProto.FLOAT, [batch, out]
            )
        ],
        [helper.make_tensor("w", TensorProto.FLOAT, weights.shape, weights.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return model.SerializeToString(), weights


def test_a_network_answers_the_likeliest_class_and_shows_no_logits_as_probabilities(
    iris: tuple[pd.DataFrame, Any], served: Callable[..., Served], species: tuple[str, ...]
) -> None:
    frame = iris[0]
    declared = TARGET | _inputs(frame) | {"task": "classification", "classes": list(species)}
    content, weights = _network()
    answers = served("model.onnx", content, declared).of(frame)
    expected = (frame.to_numpy(np.float32) @ weights).argmax(axis=1)
    assert answers.predictions == [species[code] for code in expected]
    assert answers.probabilities is None
    content, _ = _network(helper.make_node("Softmax", ["z"], ["p"], axis=1))
    answers = served("model.onnx", content, declared).of(frame)
    assert answers.predictions == [species[code] for code in expected]
    assert np.allclose(np.sum(answers.probabilities, axis=1), 1, atol=1e-6)


def test_a_network_does_not_tell_its_task(
    iris: tuple[pd.DataFrame, Any], served: Callable[..., Served]
) -> None:
    content, _ = _network()
    assert describe("onnx", content).task is None
    with pytest.raises(InvalidInput, match="`task` is missing"):
        served("model.onnx", content, TARGET | _inputs(iris[0]))


def test_a_graph_of_one_row_is_asked_row_by_row(
    iris: tuple[pd.DataFrame, Any], served: Callable[..., Served]
) -> None:
    content, weights = _network(out=1, batch=1)
    made = served("model.onnx", content, {"target": {"name": "y"}} | _inputs(iris[0]))
    expected = iris[0].to_numpy(np.float32) @ weights
    assert np.allclose(made.of(iris[0]).predictions, expected[:, 0], rtol=1e-5)


def test_what_does_not_fit_is_refused_in_words(
    classifier: Any, iris: tuple[pd.DataFrame, Any], served: Callable[..., Served], species: tuple[str, ...]
) -> None:
    content = to_onnx(classifier, iris[0][:1].to_numpy(np.float32)).SerializeToString()
    fields = _inputs(iris[0])
    with pytest.raises(InvalidInput, match="takes 4 inputs, the signature has 3"):
        served("model.onnx", content, TARGET | {"inputs": fields["inputs"][:3]})
    with pytest.raises(InvalidInput, match="are not the signature's"):
        served("model.onnx", content, TARGET | fields | {"classes": list(species[::-1])})
    with pytest.raises(InvalidInput, match="does classification, the signature says regression"):
        served("model.onnx", content, {"target": {"name": "y"}, "task": "regression"} | fields)
    with pytest.raises(InvalidInput, match=r"no whole ONNX model|cannot be run"):
        served("model.onnx", content[: len(content) // 2], TARGET | fields)


def test_pictures_are_no_rows_of_a_table() -> None:
    graph = helper.make_graph(
        [helper.make_node("Identity", ["x"], ["y"])],
        "pictures",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3, 8, 8])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    with pytest.raises(InvalidInput, match="4 dimensions"):
        describe("onnx", model.SerializeToString())


def _apart(folder: Any, name: Any = "weights.bin") -> Any:
    """A network whose weights lie in a file of their own, and these."""
    content, weights = _network(out=1)
    model = load_model_from_string(content)
    model.graph.initializer[0].CopyFrom(
        numpy_helper.from_array(weights, "w")
    )  # as raw bytes, which may be apart
    external_data_helper.convert_model_to_external_data(model, location=name, size_threshold=0)
    folder.mkdir()
    save(model, folder / "model.onnx")
    return folder / "model.onnx", weights


def test_weights_in_a_file_beside_the_model_become_part_of_its_one_file(
    tmp_path: Path, served: Callable[..., Served]
) -> None:
    model, weights = _apart(tmp_path / "one")
    content = artifact_of(model)
    assert content != model.read_bytes()
    assert content == artifact_of(_apart(tmp_path / "other", "elsewhere.bin")[0])
    signature = {
        "inputs": [{"name": name} for name in "abcd"],
        "target": {"name": "y"},
        "task": "regression",
    }
    made = served("model.onnx", content, signature)
    row = dict(zip("abcd", (1.0, 2.0, 3.0, 4.0), strict=True))
    assert made.ask([row]).predictions == pytest.approx([float(np.arange(1, 5) @ weights[:, 0])])


def test_a_model_that_needs_other_files_is_never_loaded_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, _ = _apart(tmp_path / "one")
    monkeypatch.chdir(model.parent)  # where the weights would be found, by nobody's sha256
    with pytest.raises(InvalidInput, match=r"keeps weights in another file, weights\.bin") as caught:
        describe("onnx", model.read_bytes())
    assert "relevo describe" in caught.value.remedy


def test_weights_that_are_missing_cut_or_elsewhere_are_told(tmp_path: Path) -> None:
    model, _ = _apart(tmp_path / "one")
    weights = model.with_name("weights.bin")
    weights.write_bytes(weights.read_bytes()[:3])
    with pytest.raises(InvalidInput, match=r"model\.onnx cannot be read"):
        artifact_of(model)
    weights.unlink()
    with pytest.raises(InvalidInput, match=r"keeps weights in weights\.bin, which is not beside it"):
        artifact_of(model)
    model.write_bytes(model.read_bytes().replace(b"weights.bin", b"../outs.bin"))
    (tmp_path / "outs.bin").write_bytes(bytes(16))
    with pytest.raises(InvalidInput, match=r"model\.onnx cannot be read"):
        artifact_of(model)


def test_what_a_training_script_returns_becomes_the_file(iris: tuple[pd.DataFrame, Any]) -> None:
    frame, codes = iris
    model = to_onnx(LogisticRegression(max_iter=500).fit(frame, codes), frame[:1].to_numpy(np.float32))
    reader = reader_of("onnx")
    assert reader.dump(model) == reader.dump(model.SerializeToString()) == model.SerializeToString()
    with pytest.raises(InvalidInput, match="train returned a dict, which is no ONNX model"):
        reader.dump({})
