"""What every test gets: leaks fail it, and the end of a run says what was not tested and why."""

import os
import threading
import time
from collections.abc import Iterator

import psutil
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Threads of libraries that live as long as the process does and belong to no test.
_LASTING_THREADS = ("loky", "QThread", "Dummy", "pyqtgraph", "execnet", "pytest_timeout", "tqdm")


@pytest.fixture(autouse=True)
def nothing_is_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread or a process behind."""
    threads_before = set(threading.enumerate())
    processes_before = set(_children())
    restarts = request.node.get_closest_marker("restarts") is not None
    yield
    deadline = time.monotonic() + 5
    while (
        left := _left(threads_before, None if restarts else processes_before)
    ) and time.monotonic() < deadline:
        time.sleep(0.02)
    if left:
        pytest.fail(f"left running: {', '.join(left)}")


def _children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _left(threads_before: set[threading.Thread], processes_before: set[psutil.Process] | None) -> list[str]:
    threads = [
        f"thread {thread.name}"
        for thread in set(threading.enumerate()) - threads_before
        if thread.is_alive() and not thread.name.startswith(_LASTING_THREADS)
    ]
    if processes_before is None:
        return threads
    processes = [
        f"process {process.pid}"
        for process in set(_children()) - processes_before
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]
    return threads + processes


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name, in the last lines, each reason for which something was not tested."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] = reasons.get(reason.removeprefix("Skipped: "), 0) + 1
    if reasons:
        terminalreporter.section("not tested, and why")
        for reason, count in sorted(reasons.items()):
            terminalreporter.line(f"{count} tests: {reason}")
