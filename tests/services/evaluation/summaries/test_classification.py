"""Classification summaries: the same result whichever way rows are split, merged and taken out."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from services.errors import Corrupt
from services.evaluation.summaries import ClassificationSummary, LabelledRows, summary_from_bytes
from services.evaluation.summaries.scores import EXACT_ROWS
from services.store.batches import Categorical
from services.store.identifiers import new_ids
from tests.services.evaluation.summaries.conftest import MakeRows

CLASSES = ("setosa", "versicolor", "virginica")


def of(*parts: LabelledRows, classes: tuple[str, ...] = CLASSES) -> ClassificationSummary:
    summary = ClassificationSummary(classes)
    for part in parts:
        summary.add_rows(part)
    return summary


def merged(*summaries: ClassificationSummary) -> ClassificationSummary:
    whole = summaries[0].copy()
    for summary in summaries[1:]:
        whole.merge(summary)
    return whole


def told(summary: ClassificationSummary) -> str:
    metrics = summary.metrics()
    curves = [
        (curve.class_name, curve.auc, curve.true_positive_rate.tolist(), curve.false_positive_rate.tolist())
        for curve in summary.roc()
    ]
    return repr((metrics, metrics.confusion.tolist(), curves))


@pytest.mark.parametrize("count", [1, 900, EXACT_ROWS, EXACT_ROWS + 1, EXACT_ROWS + 30_000])
def test_splitting_and_merging_changes_nothing(
    count: Any, make_classified: MakeRows, take_rows: Callable[[LabelledRows, slice], LabelledRows]
) -> None:
    rows = make_classified(count)
    whole = of(rows)
    cuts = [0, count // 7, count // 2, count]
    parts = [of(take_rows(rows, slice(*cut))) for cut in itertools.pairwise(cuts)]
    assert told(merged(*parts)) == told(whole)
    assert told(merged(*reversed(parts))) == told(whole)
    stored = [summary_from_bytes(part.to_bytes()) for part in parts]
    assert told(merged(*stored)) == told(whole)
    bounds = {curve.auc.error_bound > 0 for curve in whole.roc()}
    assert count < 900 or bounds == {count > EXACT_ROWS}


@pytest.mark.parametrize("count", [500, EXACT_ROWS - 10, EXACT_ROWS + 40_000])
def test_a_corrected_label_leaves_no_trace_of_the_wrong_one(
    count: Any, make_classified: MakeRows, take_rows: Callable[[LabelledRows, slice], LabelledRows]
) -> None:
    rows = make_classified(count)
    wrong = Categorical((rows.labels.codes + 1) % 3, rows.labels.categories)
    mistaken = take_rows(LabelledRows(rows.ids, wrong, rows.predicted, rows.scores), slice(100))
    rest = take_rows(rows, slice(100, None))
    corrected = of(mistaken, rest)
    corrected.remove_rows(mistaken)
    corrected.add_rows(take_rows(rows, slice(100)))
    assert told(corrected) == told(of(rows))


def test_removal_may_reach_a_part_before_the_whole_is_merged(
    make_classified: MakeRows, take_rows: Callable[[LabelledRows, slice], LabelledRows]
) -> None:
    rows = make_classified(300)
    base, newer = of(rows), ClassificationSummary(CLASSES)
    newer.remove_rows(take_rows(rows, slice(50)))
    assert told(merged(newer, base)) == told(of(take_rows(rows, slice(50, None))))


def test_growing_just_past_the_limit_and_back_is_exact_again(
    make_classified: MakeRows, take_rows: Callable[[LabelledRows, slice], LabelledRows]
) -> None:
    rows = make_classified(EXACT_ROWS + 5_000)
    summary = of(rows)
    assert summary.roc()[0].auc.error_bound > 0
    summary.remove_rows(take_rows(rows, slice(EXACT_ROWS, None)))
    assert told(summary) == told(of(take_rows(rows, slice(EXACT_ROWS))))


def test_equal_rows_count_as_often_as_they_came(
    make_classified: MakeRows, take_rows: Callable[[LabelledRows, slice], LabelledRows]
) -> None:
    twice = make_classified(40_000)
    once = make_classified(30_001, seed=9)
    grown = of(twice, twice)
    grown.remove_rows(take_rows(once, slice(10)))
    grown.add_rows(take_rows(once, slice(10)))
    told(grown)
    grown.add_rows(once)
    assert told(grown) == told(of(once, twice, twice))


def test_many_corrections_do_not_pile_up(make_classified: MakeRows) -> None:
    rows = make_classified(20_000)
    summary = of(rows)
    for _ in range(12):
        summary.remove_rows(rows)
        summary.add_rows(rows)
    assert told(summary) == told(of(rows))


@pytest.mark.parametrize("count", [400, EXACT_ROWS + 20_000])
def test_summaries_over_different_classes_merge_by_name(count: Any, make_classified: MakeRows) -> None:
    """A model that does not know a class scores it 0; labels of that class stay labels of it."""
    old, new = (
        make_classified(count, classes=("b", "a")),
        make_classified(count, seed=1, classes=("c", "a", "b")),
    )
    late = Categorical(np.where(old.labels.codes == 0, 2, 1).astype(np.int32), ("b", "a", "c"))
    old = LabelledRows(old.ids, late, old.predicted, old.scores)
    as_one = LabelledRows(
        np.concatenate([old.ids, new.ids]),
        Categorical.of([*old.labels.texts(), *new.labels.texts()]),
        Categorical(
            np.concatenate(
                [old.predicted.take(slice(None)).codes ^ 1, np.array([2, 0, 1])[new.predicted.codes]]
            ).astype(np.int32),
            ("a", "b", "c"),
        ),
        np.concatenate(
            [
                np.column_stack([old.scores[:, 1], old.scores[:, 0], np.zeros(count)]),
                new.scores[:, [1, 2, 0]],
            ]
        ),
    )
    first, second = of(old, classes=("b", "a")), of(new, classes=("c", "a", "b"))
    expected = told(of(as_one, classes=("a", "b", "c")))
    assert told(merged(first, second)) == expected
    assert told(merged(second, first)) == expected
    assert told(of(old, new, classes=("b", "a"))) == expected


def test_a_merge_leaves_the_other_and_copies_alone(make_classified: MakeRows) -> None:
    first, second = of(make_classified(50)), of(make_classified(60, seed=4))
    before, copy = told(second), second.copy()
    first.merge(second)
    copy.merge(first)
    assert told(second) == before
    assert (first.rows, second.rows, copy.rows) == (110, 60, 170)


def test_numbers_and_truth_values_are_labels_too() -> None:
    predicted = Categorical(np.array([0, 1, 1], dtype=np.int32), ("0", "1"))
    summary = of(LabelledRows(new_ids(3), np.array([0.0, 1.0, 7.0]), predicted), classes=("0", "1"))
    assert list(summary.metrics().classes) == ["0", "1", "7"]
    truth = Categorical(np.array([0, 1, 1], dtype=np.int32), ("False", "True"))
    summary = of(LabelledRows(new_ids(3), np.array([0.0, 1.0, np.nan]), truth), classes=("False", "True"))
    assert summary.rows == 2
    assert summary.metrics()["accuracy"].value == 1.0


def test_a_model_without_scores_has_metrics_and_no_auc(make_classified: MakeRows) -> None:
    rows = make_classified(40)
    summary = of(LabelledRows(rows.ids, rows.labels, rows.predicted))
    assert summary.metrics()["accuracy"].value is not None
    assert summary.metrics().macro["auc"].value is None
    assert summary.metrics().classes["setosa"]["auc"].reason == "no labelled row has scores"


@pytest.mark.parametrize("damaged", [b"", b"rubbish", "half", "regression"])
def test_damaged_bytes_are_told_as_corrupt(damaged: Any, make_classified: MakeRows) -> None:
    whole = of(make_classified(10)).to_bytes()
    packed = {
        "half": whole[: len(whole) // 2],
        "regression": whole.replace(b"classification-1", b"regression-1"),
    }
    with pytest.raises(Corrupt):
        summary_from_bytes(damaged if isinstance(damaged, bytes) else packed[damaged])
