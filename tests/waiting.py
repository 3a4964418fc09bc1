"""The one way in which tests wait: for a condition, within a limit that only a fault meets.

Widgets are waited for with pytest-qt's `waitUntil`, which lets Qt work meanwhile.
"""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

PAUSE_SECONDS = 0.02


def eventually(
    condition: Callable[[], Value],
    seconds: float = 60.0,
    *,
    not_yet: type[Exception] | tuple[type[Exception], ...] = (),
    seen: Callable[[], object] = lambda: "",
) -> Value:
    """The condition's value as soon as it is true.

    Args:
        condition: asked again and again, on this thread.
        seconds: after which the test fails; generous, as it is met by a fault only.
        not_yet: errors of the condition that mean it does not hold yet.
        seen: what to say of the state in which it did not come to hold.
    """
    deadline = time.monotonic() + seconds
    while True:
        error: Exception | None = None
        try:
            if value := condition():
                return value
        except not_yet as raised:
            error = raised
        if time.monotonic() >= deadline:
            raise AssertionError(f"did not come to hold in {seconds:g} s: {seen()}") from error
        time.sleep(PAUSE_SECONDS)


async def eventually_in_loop(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """The same on a running event loop, which works meanwhile."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not come to hold in {seconds:g} s"
        await asyncio.sleep(0.001)
