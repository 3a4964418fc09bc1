"""The bench tells what it measured, what it missed and what it could not measure, and never fails."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> SimpleNamespace:
    """The bench's modules, and `run(rows, *arguments)`, which gives its exit code and what it printed."""
    monkeypatch.syspath_prepend(Path(__file__).parents[2])
    from tests.benchmarks import __main__ as command
    from tests.benchmarks import registry, row

    def run(rows: list[object] | None, *arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
        if rows is not None:
            monkeypatch.setattr(command, "all_rows", lambda: rows)
        return command.main(), capsys.readouterr().out

    return SimpleNamespace(run=run, registry=registry, row=row)


def test_every_row_has_a_name_of_its_own(bench: SimpleNamespace) -> None:
    names = [row.name for row in bench.registry.all_rows()]
    assert len(names) == len(set(names)) >= 8


def test_hits_misses_failures_and_gaps_are_all_told_and_none_fails_the_build(
    bench: SimpleNamespace,
) -> None:
    row = bench.row

    def measured(figure: float) -> Callable[[float], object]:
        return lambda scale: row.Outcome(figure * scale, "1 ms", "9 ms", error="within 1e-9", note="noted")

    def broken(scale: float) -> object:
        raise ValueError(scale)

    def absent(scale: float) -> object:
        raise row.NotHere("no such server")

    at_least, at_most = row.Goal(10), row.Goal(10, unit="ms", at_most=True)
    code, out = bench.run([
        row.Row("a", "enough", at_least, measured(11)),
        row.Row("b", "too little", at_least, measured(9)),
        row.Row("c", "quick", at_most, measured(9)),
        row.Row("d", "slow", at_most, measured(11)),
        row.Row("e", "broken", at_least, broken),
        row.Row("f", "absent", at_least, absent),
    ])  # fmt: skip
    told = {line.split("  ")[0]: line for line in out.splitlines() if line}
    assert code == 0
    for what, missed in (("enough", False), ("too little", True), ("quick", False), ("slow", True)):
        assert ("NOT MET" in told[what]) is missed
        assert "within 1e-9" in told[what]
    assert "not measured: failed (ValueError)" in told["broken"]
    assert "not measured: no such server" in told["absent"]
    assert "a: noted" in out


def test_rows_are_chosen_by_the_beginning_of_their_names(bench: SimpleNamespace) -> None:
    code, out = bench.run(None, "--list", "gateway")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()} == {
        "gateway-latency",
        "gateway-latency-r",
        "gateway-end-to-end",
        "gateway-mlflow",
        "gateway-inference",
    }


def test_equal_answers_are_checked_before_metrics_are_timed(bench: SimpleNamespace) -> None:
    code, out = bench.run(None, "metrics", "--scale", "0.003")
    assert code == 0
    assert "AUC ± 0.0e+00 at most" in out
    assert "not the figures to report" in out
