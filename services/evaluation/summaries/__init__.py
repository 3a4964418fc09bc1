"""Mergeable summaries: what evaluation keeps of any number of rows, and nothing that reads a store.

Every summary of labelled rows is a *signed* count: `remove` is `add` with the opposite sign, so taking
out what was never put in is allowed (a correction may reach a part before the whole is merged), and
any order of `add`, `remove` and `merge` over the same rows gives the same metrics. Sums are exact, so
nothing drifts. `summary_for` makes the right kind for a signature, `summary_from_bytes` reads either.
"""

from services.evaluation.summaries.classification import ClassificationSummary
from services.evaluation.summaries.inputs import InputSummary
from services.evaluation.summaries.regression import RegressionSummary
from services.evaluation.summaries.rows import LabelledRows, priorities, row_ids
from services.evaluation.summaries.summary import (
    Summary,
    check_summary,
    summary_for,
    summary_from_bytes,
    view_of,
)

__all__ = [
    "ClassificationSummary",
    "InputSummary",
    "LabelledRows",
    "RegressionSummary",
    "Summary",
    "check_summary",
    "priorities",
    "row_ids",
    "summary_for",
    "summary_from_bytes",
    "view_of",
]
