"""The table that is printed."""

from tests.benchmarks.row import Outcome, Row

Result = tuple[Row, Outcome | str]
_HEAD = ("what", "ours", "peer", "measured", "goal", "", "error")


def table(results: list[Result]) -> str:
    """One line a row, with notes below; a text instead of an outcome says why there is none."""
    lines = [_HEAD, *(_cells(row, outcome) for row, outcome in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    printed = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    notes = [
        f"{row.name}: {outcome.note}"
        for row, outcome in results
        if isinstance(outcome, Outcome) and outcome.note
    ]
    return "\n".join([printed[0], "-" * sum(widths, 2 * len(widths) - 2), *printed[1:], "", *notes])


def _cells(row: Row, outcome: Outcome | str) -> tuple[str, ...]:
    if isinstance(outcome, str):
        return (row.what, "", "", "", row.goal.text(), f"not measured: {outcome}", "")
    measured = f"{outcome.figure:.3g} {row.goal.unit}"
    met = "met" if row.goal.met(outcome.figure) else "NOT MET"
    return (row.what, outcome.ours, outcome.peer, measured, row.goal.text(), met, outcome.error)
