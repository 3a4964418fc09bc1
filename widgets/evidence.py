"""Evidence of a change of champion as texts, for the dialog before it and the history after it."""

from services.registry.model import DataKind, Evidence, MetricValue
from widgets.formatting import aligned, plural, short_revision

EvidenceRow = tuple[str, str, str]


def evidence_rows(evidence: Evidence, before: str, after: str) -> list[EvidenceRow]:
    """Metric with its kind of data, and the values of both versions with the same decimals."""
    metrics: dict[tuple[str, DataKind], dict[str, float | None]] = {}
    for one in evidence.values:
        metrics.setdefault((one.metric, one.data), {})[one.version] = one.value
    rows: list[EvidenceRow] = []
    for (metric, data), values in metrics.items():
        first, second = aligned([values.get(before), values.get(after)])
        rows.append((f"{metric}, {data}", first, second))
    return rows


def evidence_basis(evidence: Evidence) -> str:
    """What the values rest on, and what could not be measured."""
    measured = {(one.version, one.data): one for one in evidence.values}
    parts = [_rows_text(one) for one in measured.values()]
    return " ".join(filter(None, (f"Measured on {' and '.join(parts)}." if parts else "", evidence.note)))


def evidence_summary(evidence: Evidence, before: str, after: str) -> str:
    """The first metric in few words; the note where there is none."""
    rows = evidence_rows(evidence, before, after)
    return "{}: {} → {}".format(*rows[0]) if rows else evidence.note


def evidence_details(evidence: Evidence, before: str, after: str) -> str:
    """Every metric on a line of its own, then what they rest on."""
    lines = ["{}: {} → {}".format(*row) for row in evidence_rows(evidence, before, after)]
    return "\n".join(filter(None, (*lines, evidence_basis(evidence))))


def _rows_text(one: MetricValue) -> str:
    kind = "live row" if one.data is DataKind.LIVE else "row of the training set"
    many = "" if one.data is DataKind.LIVE else "rows of the training set"
    return f"{plural(one.rows, kind, many)} of {one.version} ({short_revision(one.revision)})"
