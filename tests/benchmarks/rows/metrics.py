"""Full classification metrics against scikit-learn's report and AUC."""

import numpy as np
from sklearn.metrics import classification_report, roc_auc_score

from services.evaluation.model import ClassificationMetrics
from services.evaluation.summaries import ClassificationSummary, LabelledRows
from services.store.batches import Categorical
from services.store.identifiers import new_ids
from tests.benchmarks.row import Goal, Outcome, Row
from tests.benchmarks.timing import in_words, interleaved

CLASSES = ("setosa", "versicolor", "virginica")


def measure(scale: float) -> Outcome:
    """From rows to metrics on both sides; scikit-learn gets labels as texts, as users have them."""
    rows = labelled_rows(int(1_000_000 * scale))
    names = np.array(CLASSES)
    real, predicted = names[rows.labels.codes], names[rows.predicted.codes]

    def ours() -> ClassificationMetrics:
        summary = ClassificationSummary(CLASSES)
        summary.add_rows(rows)
        return summary.metrics()

    def peer() -> tuple[dict[str, dict[str, float]], float]:
        report = classification_report(real, predicted, output_dict=True)
        return report, roc_auc_score(real, rows.scores, multi_class="ovr")

    error = check(ours(), *peer())
    our_seconds, peer_seconds = interleaved(ours, peer, repeats=5)
    return Outcome(
        figure=peer_seconds / our_seconds,
        ours=in_words(our_seconds),
        peer=in_words(peer_seconds),
        error=f"AUC ± {ours().macro['auc'].error_bound:.1e} at most, {error:.1e} here; all else exact",
    )


def labelled_rows(count: int) -> LabelledRows:
    """Rows of a three-class model that is right about two times in three."""
    random = np.random.default_rng(20)
    scores = random.dirichlet(np.ones(3), count)
    predicted = scores.argmax(axis=1).astype(np.int32)
    labels = np.where(random.random(count) < 0.5, predicted, random.integers(0, 3, count)).astype(np.int32)
    return LabelledRows(
        new_ids(count), Categorical(labels, CLASSES), Categorical(predicted, CLASSES), scores
    )


def check(ours: ClassificationMetrics, report: dict[str, dict[str, float]], auc: float) -> float:
    """Compare every figure of the report, and AUC within its bound; returns AUC's distance."""
    names = {"precision": "precision", "recall": "recall", "f1-score": "f1"}
    groups = {**ours.classes, "macro avg": ours.macro, "weighted avg": ours.weighted}
    for group, metrics in groups.items():
        for theirs, mine in names.items():
            np.testing.assert_allclose(metrics[mine].value, report[group][theirs], rtol=1e-9)
    np.testing.assert_allclose(ours["accuracy"].value, report["accuracy"], rtol=1e-9)
    distance = abs(ours.macro["auc"].value - auc)
    assert distance <= ours.macro["auc"].error_bound + 1e-12
    return distance


ROWS = [
    Row(
        "metrics",
        "full metrics over 1 M rows, 3 classes; scikit-learn's report and AUC",
        Goal(50),
        measure,
    )
]
