"""What every kind of model keeps to: a new one gets its line in `MADE`, and passes as it is."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from sklearn.linear_model import LinearRegression

import images
from services.errors import InvalidInput
from services.model_server.artifacts.description import describe, describe_file
from services.model_server.artifacts.kinds import KINDS, Kind, recognise
from services.model_server.artifacts.readers import opener_of, reader_of
from services.registry.model import Field, Signature, Task

ROWS = [[float(row), float(row * row % 7)] for row in range(40)]
TARGETS = [2.0 * first + second for first, second in ROWS]
PMML = """<?xml version="1.0"?>
<PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header/>
<DataDictionary><DataField name="x" optype="continuous" dataType="double"/>
<DataField name="z" optype="continuous" dataType="double"/>
<DataField name="y" optype="continuous" dataType="double"/></DataDictionary>
<RegressionModel functionName="regression"><MiningSchema><MiningField name="x"/><MiningField name="z"/>
<MiningField name="y" usageType="target"/></MiningSchema>
<RegressionTable intercept="0"><NumericPredictor name="x" coefficient="2"/>
<NumericPredictor name="z" coefficient="1"/></RegressionTable></RegressionModel></PMML>"""


def _linear() -> Any:
    return LinearRegression().fit(ROWS, TARGETS)


def _xgboost() -> Any:
    return pytest.importorskip("xgboost").XGBRegressor(n_estimators=3).fit(ROWS, TARGETS)


def _lightgbm() -> Any:
    return pytest.importorskip("lightgbm").LGBMRegressor(n_estimators=3, verbose=-1).fit(ROWS, TARGETS)


def _onnx() -> Any:
    skl2onnx = pytest.importorskip("skl2onnx")
    from skl2onnx.common.data_types import FloatTensorType

    return skl2onnx.convert_sklearn(_linear(), initial_types=[("X", FloatTensorType([None, 2]))])


MADE: dict[Kind, Callable[[], Any]] = {
    "joblib": _linear,
    "function": _linear,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "onnx": _onnx,
    "pmml": lambda: PMML,
}
"""What a training script returns, for each kind that Python trains."""


def _content(kind: Kind) -> bytes:
    return reader_of(kind).dump(MADE[kind]()) if kind in MADE else b"X\n\x00\x00\x00\x03\x00\x04\x02\x02"


def test_every_kind_has_its_line_and_every_kind_that_python_trains_is_made_here() -> None:
    assert set(KINDS) == set(get_args(Kind))
    assert set(MADE) == {kind for kind, facts in KINDS.items() if facts.reader}


@pytest.mark.parametrize("kind", KINDS)
def test_an_artifact_is_recognised_by_its_bytes(kind: Kind) -> None:
    facts = KINDS[kind]
    found = recognise(_content(kind))
    assert found == kind if facts.recognises is not None else KINDS[found].artifact == facts.artifact
    assert not facts.suffixes or Path(facts.artifact).suffix in facts.suffixes


@pytest.mark.parametrize("kind", KINDS)
def test_the_packages_that_read_it_are_pinned_for_its_images(kind: Kind) -> None:
    file = images.path("common", "kinds") / f"{kind}.txt"
    pinned = (
        {line.partition("==")[0] for line in file.read_text().splitlines()} if file.is_file() else set()
    )
    assert bool(pinned & set(KINDS[kind].packages)) == file.is_file() == bool(KINDS[kind].packages)


@pytest.mark.parametrize("kind", KINDS)
def test_an_artifact_tells_its_signature_or_says_how_to_go_on(kind: Kind, tmp_path: Path) -> None:
    content = _content(kind)
    if KINDS[kind].silent:
        with pytest.raises(InvalidInput, match=KINDS[kind].title) as caught:
            describe(kind, content)
        assert caught.value.remedy == KINDS[kind].silent
        return
    found = describe(kind, content)
    assert (found.kind, found.library == "") == (kind, False)
    assert found.width in {0, 2}
    (tmp_path / "named.bin").write_bytes(content)
    assert describe_file(tmp_path / "named.bin") == found


@pytest.mark.parametrize("kind", [kind for kind, facts in KINDS.items() if facts.is_native])
def test_a_makers_own_format_answers_without_anybodys_code(kind: Kind) -> None:
    pandas = pytest.importorskip("pandas")
    names = tuple(read.name for read in describe(kind, _content(kind)).inputs) or ("x", "z")
    signature = Signature(tuple(Field(name, name) for name in names), Field("y", "y"), Task.REGRESSION)
    opened = opener_of(kind).open(_content(kind), signature)
    frame = pandas.DataFrame(ROWS, columns=list(names))
    predicted, probabilities = opened.compute(frame if opened.frame else frame.to_numpy())
    assert (len(predicted), probabilities) == (len(ROWS), None)


@pytest.mark.parametrize("kind", [kind for kind, facts in KINDS.items() if facts.is_native])
def test_what_is_damaged_or_of_another_kind_is_refused_in_words(kind: Kind) -> None:
    with pytest.raises(InvalidInput):
        describe(kind, pickle.dumps({"a": 1}))
