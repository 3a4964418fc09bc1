"""The live tables' contract, on both stores."""

from collections.abc import Callable

import numpy as np
import pytest

from services.errors import InvalidInput, NotPrepared
from services.registry.model import Mode, Project, Signature, Version
from services.store.batches import Categorical, LabelBatch, PredictionBatch
from services.store.identifiers import Ids, format_id, new_ids
from services.store.interface import Position, Store

NewPredictions = Callable[..., PredictionBatch]
SOURCE = Position("gateway-1", 0, 7)


@pytest.fixture
def live(store: Store, registered: Project, regression: Signature) -> str:
    """A project whose versions have live tables."""
    for name in ("A", "B"):
        store.prepare_live(registered.name, name, regression)
    return registered.name


def label(ids: Ids, values: list[float], at: int) -> LabelBatch:
    return LabelBatch(ids, np.array(values), np.full(len(ids), at, dtype=np.int64))


def labels_of(store: Store, project: str, version: str, ids: Ids) -> list[object]:
    newest = store.newest(project, version, 1000)
    by_id = dict(zip(newest["id"], newest["label"], strict=True))
    return [by_id[format_id(high, low)] for high, low in ids.tolist()]


def test_predictions_come_back_by_id(store: Store, live: str, new_predictions: NewPredictions) -> None:
    batch = new_predictions(40)
    store.write_predictions(live, batch)
    store.write_predictions(live, batch)
    wanted = np.concatenate([batch.ids[[3, 1]], new_ids(1)])
    found = store.predictions(live, "A", wanted)
    assert found is not None
    order = {tuple(pair): row for row, pair in enumerate(found.ids.tolist())}
    rows = [order[tuple(pair)] for pair in batch.ids[[1, 3]].tolist()]
    assert len(found) == 2
    np.testing.assert_array_equal(found.predicted[rows], [2.0, 6.0])
    np.testing.assert_array_equal(found.inputs["alcohol"][rows], [0.125, 0.375])
    np.testing.assert_array_equal(found.latency_ms, [1.5, 1.5])
    assert (found.revision, found.mode, found.scores) == (batch.revision, batch.mode, None)
    assert store.predictions(live, "A", new_ids(2)) is None


def test_missing_whole_numbers_stay_missing(
    store: Store, live: str, new_predictions: NewPredictions
) -> None:
    batch = new_predictions(3)
    store.write_predictions(live, batch)
    found = store.predictions(live, "A", batch.ids)
    assert found is not None
    assert sorted(found.inputs["year"].tolist(), key=str) == [0.0, 1.0, pytest.approx(np.nan, nan_ok=True)]


def test_classes_scores_texts_and_truth_values_come_back(
    store: Store, project: str, classification: Signature, new_version: Callable[..., Version],
    class_predictions: PredictionBatch,
) -> None:  # fmt: skip
    store.register(new_version(project, "A", classification), who="ann")
    store.prepare_live(project, "A", classification)
    store.write_predictions(project, class_predictions)
    found = store.predictions(project, "A", class_predictions.ids)
    assert found is not None
    assert isinstance(found.predicted, Categorical)
    assert found.predicted.categories == classification.classes
    assert found.predicted.texts() == ["Iris virginica", "Iris setosa", "Iris setosa"]
    assert found.scores is not None
    np.testing.assert_array_equal(found.scores, [[0.25, 0.75], [0.5, 0.5], [0.875, 0.125]])
    texts = found.inputs["order"]
    assert isinstance(texts, Categorical)
    assert texts.texts() == ["x", None, "it's; DROP TABLE"]
    np.testing.assert_array_equal(found.inputs["length"], [1.0, np.inf, np.nan])
    np.testing.assert_array_equal(found.inputs["wild"], [0.0, 1.0, 1.0])


def test_long_texts_beside_short_ones_are_written(
    store: Store, project: str, classification: Signature, new_version: Callable[..., Version]
) -> None:
    store.register(new_version(project, "A", classification), who="ann")
    store.prepare_live(project, "A", classification)
    texts: list[str | None] = ["x", *(str(number) * 10_000 for number in range(10)), "é" * 60_000, None]
    count = len(texts)
    batch = PredictionBatch(
        version="A",
        revision="a" * 64,
        mode=Mode.CHAMPION,
        ids=new_ids(count),
        inputs={"order": Categorical.of(texts)},
        predicted=Categorical(np.zeros(count, np.int32), classification.classes),
        scores=None,
        latency_ms=np.zeros(count, np.float32),
        propensity=np.ones(count, np.float32),
    )
    store.write_predictions(project, batch)
    found = store.predictions(project, "A", batch.ids)
    assert found is not None
    column = found.inputs["order"]
    assert isinstance(column, Categorical)
    order = {tuple(pair): row for row, pair in enumerate(found.ids.tolist())}
    assert [column.texts()[order[tuple(pair)]] for pair in batch.ids.tolist()] == texts


def test_revisions_and_modes_are_told_apart(
    store: Store, live: str, new_predictions: NewPredictions
) -> None:
    first = new_predictions(2)
    second = new_predictions(1, revision="b" * 64, mode=Mode.CHALLENGER)
    for batch in (first, second):
        store.write_predictions(live, batch)
    found = store.prediction_batches(live, "A", np.concatenate([first.ids, second.ids]))
    assert {(batch.revision, batch.mode, len(batch)) for batch in found} == {
        (first.revision, Mode.CHAMPION, 2),
        ("b" * 64, Mode.CHALLENGER, 1),
    }


def test_a_prediction_written_again_keeps_its_label(
    store: Store, live: str, new_predictions: NewPredictions
) -> None:
    batch = new_predictions(2)
    store.write_predictions(live, batch)
    store.write_labels(live, ["A"], label(batch.ids, [5.0, 6.0], 1_000_000), SOURCE)
    store.write_predictions(live, batch)
    assert labels_of(store, live, "A", batch.ids) == [5.0, 6.0]


def test_a_label_before_its_prediction_is_no_row_until_it_comes(
    store: Store, live: str, new_predictions: NewPredictions
) -> None:
    batch = new_predictions(1)
    store.write_labels(live, ["A", "B"], label(batch.ids, [5.0], 1_000_000), SOURCE)
    assert store.predictions(live, "A", batch.ids) is None
    assert format_id(*batch.ids[0].tolist()) not in store.newest(live, "A", 10)["id"]
    store.write_predictions(live, batch)
    assert store.predictions(live, "A", batch.ids) is not None
    assert labels_of(store, live, "A", batch.ids) == [5.0]


def test_the_later_label_wins_in_any_order_of_arrival(
    store: Store, live: str, new_predictions: NewPredictions
) -> None:
    batch = new_predictions(1)
    store.write_predictions(live, batch)
    for value, at in ((5.0, 2_000_000), (4.0, 1_000_000), (6.0, 3_000_000), (5.5, 2_500_000)):
        store.write_labels(live, ["A"], label(batch.ids, [value], at), SOURCE)
    assert labels_of(store, live, "A", batch.ids) == [6.0]
    (history,) = store.labels(live, batch.ids)
    assert [entry.label for entry in history] == [4.0, 5.0, 5.5, 6.0]
    assert [entry.labelled_at for entry in history] == [1_000_000, 2_000_000, 2_500_000, 3_000_000]
    assert {entry.source for entry in history} == {SOURCE}


def test_the_same_label_shipped_again_is_one_entry(store: Store, live: str) -> None:
    ids = new_ids(2)
    for _ in range(2):
        store.write_labels(live, ["A"], label(ids, [1.0, 2.0], 1_000_000), SOURCE)
    found = store.labels(live, np.concatenate([ids, new_ids(1)]))
    assert [[entry.label for entry in entries] for entries in found] == [[1.0], [2.0], []]


def test_a_class_that_no_model_knows_is_a_label_too(
    store: Store, project: str, classification: Signature, new_version: Callable[..., Version],
    class_predictions: PredictionBatch,
) -> None:  # fmt: skip
    store.register(new_version(project, "A", classification), who="ann")
    store.prepare_live(project, "A", classification)
    store.write_predictions(project, class_predictions)
    given = LabelBatch(class_predictions.ids[:1], Categorical.of(["Iris nova"]), np.array([5], np.int64))
    store.write_labels(project, ["A"], given, SOURCE)
    assert labels_of(store, project, "A", given.ids) == ["Iris nova"]
    assert store.labels(project, given.ids)[0][0].label == "Iris nova"


def test_the_newest_rows_come_first(store: Store, live: str, new_predictions: NewPredictions) -> None:
    old = new_predictions(3)
    minute = np.uint64(60_000 << 16)
    older = new_predictions(2)
    older.ids[:, 0] -= minute * np.uint64(5)
    for batch in (older, old):
        store.write_predictions(live, batch)
    newest = store.newest(live, "A", 4)
    assert len(newest["id"]) == 4
    assert newest["id"] == sorted(newest["id"], reverse=True)
    assert list(newest)[:4] == ["id", "alcohol", "year", "predicted"]
    assert newest["revision"] == [old.revision] * 4


def test_a_table_can_be_prepared_again_and_widened(
    store: Store, live: str, regression: Signature, new_predictions: NewPredictions
) -> None:
    batch = new_predictions(1)
    store.write_predictions(live, batch)
    store.prepare_live(live, "A", regression)
    assert store.predictions(live, "A", batch.ids) is not None


def test_what_was_not_prepared_is_not_found_rather_than_refused(
    store: Store, registered: Project, new_predictions: NewPredictions
) -> None:
    with pytest.raises(NotPrepared):
        store.write_predictions(registered.name, new_predictions(1))
    with pytest.raises(NotPrepared):
        store.write_labels(registered.name, ["A"], label(new_ids(1), [1.0], 1), SOURCE)


@pytest.mark.parametrize("year", [np.inf, -np.inf, 2.5, 1e300, 2.0**63])
def test_what_is_no_whole_number_of_64_bits_is_refused(
    store: Store, live: str, new_predictions: NewPredictions, year: float
) -> None:
    batch = new_predictions(2)
    batch.inputs["year"] = np.array([2001.0, year])
    with pytest.raises(InvalidInput, match="year"):
        store.write_predictions(live, batch)


def test_when_labels_were_given_is_known_of_those_that_are_there(store: Store, live: str) -> None:
    ids = new_ids(3)
    store.write_labels(live, ["A"], label(ids[:2], [1.0, 2.0], 5), SOURCE)
    store.write_labels(live, ["A"], label(ids[1:2], [2.0], 9), SOURCE)
    assert store.labelled_at(live, "A", ids).tolist() == [5, 9, -1]
    assert store.labelled_at(live, "B", ids).tolist() == [-1, -1, -1]


def test_texts_for_a_number_are_refused(store: Store, live: str, new_predictions: NewPredictions) -> None:
    batch = new_predictions(1)
    batch.inputs["alcohol"] = Categorical.of(["strong"])
    with pytest.raises(InvalidInput, match="alcohol"):
        store.write_predictions(live, batch)


@pytest.mark.parametrize("name", ["x; DROP TABLE y", 'x"', "x'"])
def test_bad_names_are_refused(store: Store, regression: Signature, name: str) -> None:
    with pytest.raises(InvalidInput):
        store.prepare_live(name, "A", regression)
    with pytest.raises(InvalidInput):
        store.prepare_live("wine", name, regression)
    with pytest.raises(InvalidInput):
        store.write_labels(name, [], label(new_ids(1), [1.0], 1), SOURCE)
