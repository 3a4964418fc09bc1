"""What a container used: rates from totals, a window over the last minutes, words for now."""

from datetime import UTC, datetime, timedelta

import numpy as np
from pytestqt.qtbot import QtBot

from services.containers.model import ContainerUsage
from widgets.plots.usage import SPAN_SECONDS, UsagePlot, courses, now_in_words

START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def reading(second: float, **named: float) -> ContainerUsage:
    settings: dict[str, object] = {"processor": 12.5, "memory": 64_000_000, "memory_limit": 512_000_000}
    return ContainerUsage(START + timedelta(seconds=second), **(settings | named))  # type: ignore[arg-type]


def test_totals_become_rates_and_a_restart_leaves_a_gap() -> None:
    totals = (0, 10_000, 10_000, 4_000, 8_000)
    _, values = courses([reading(2 * n, received=total) for n, total in enumerate(totals)])
    np.testing.assert_array_equal(values["received"], [np.nan, 5.0, 0.0, np.nan, 2.0])
    np.testing.assert_array_equal(values["memory"], [64.0] * 5)


def test_two_readings_of_one_moment_make_no_rate() -> None:
    _, values = courses([reading(0, sent=1), reading(0, sent=5)])
    assert np.isnan(values["sent"]).all()


def test_the_last_minutes_are_shown_and_older_readings_move_out(qtbot: QtBot) -> None:
    plot = UsagePlot()
    qtbot.addWidget(plot)
    plot.show_usage([reading(n, processor=500.0 if n < 10 else 20.0) for n in range(400)])
    box = plot.extent(plot.plots[0])
    assert box.right - box.left == SPAN_SECONDS
    assert box.right == (START + timedelta(seconds=399)).timestamp()
    assert 20.0 < box.top < 30.0  # the peak is out of sight


def test_an_idle_container_does_not_fill_the_plot_with_noise(qtbot: QtBot) -> None:
    plot = UsagePlot()
    qtbot.addWidget(plot)
    plot.show_usage([reading(n, processor=0.01) for n in range(10)])
    assert plot.extent(plot.plots[0]).top >= 5.0


def test_without_readings_it_says_what_would_fill_it(qtbot: QtBot) -> None:
    plot = UsagePlot()
    qtbot.addWidget(plot)
    plot.show_usage([reading(0)])
    assert not plot.is_empty()
    plot.show_usage([])
    assert plot.is_empty()


def test_the_same_curves_serve_every_reading(qtbot: QtBot) -> None:
    plot = UsagePlot()
    qtbot.addWidget(plot)
    plot.show_usage([reading(0)])
    before = [len(one.items) for one in plot.plots]
    plot.show_usage([reading(n) for n in range(100)])
    assert [len(one.items) for one in plot.plots] == before


def test_the_values_are_exported_in_full(qtbot: QtBot) -> None:
    plot = UsagePlot()
    qtbot.addWidget(plot)
    plot.show_usage([reading(0, read=0), reading(1, read=2500)])
    lines = plot.to_csv().splitlines()
    assert (
        lines[0] == "time,processor (%),memory (MB),received (kB/s),sent (kB/s),read (kB/s),written (kB/s)"
    )
    assert lines[1].endswith("12.5,64.0,,,,")
    assert lines[2].endswith("12.5,64.0,0.0,0.0,2.5,0.0")


def test_now_is_told_in_words() -> None:
    told = now_in_words([reading(0, processes=3)])
    assert told == "Processor 12.5 % · Memory 64 MB of 512 MB · 3 processes · received 0 B · sent 0 B"
    assert now_in_words([]) == ""
