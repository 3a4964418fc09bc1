"""The way of a row through the code: the files whose functions are entered, in their order."""

import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from pathlib import Path
from types import FrameType, ModuleType

_WALK: ContextVar[list[str]] = ContextVar("walk")
_RESUMABLE = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR


@contextmanager
def walk(package: ModuleType, *, beside: Collection[str] = ()) -> Iterator[list[str]]:
    """Note on this thread each file of a package that is entered from another one.

    Returning to a file, and going on in a generator or coroutine that was begun before, enters none. What a
    loop calls counts if it follows from what runs within, by its context.

    Args:
        package: whose files are looked at; stops are relative to its folder.
        beside: files, and folders with `/` at their end, that are no stops: values and tools that are used
            on the whole way.
    """
    assert package.__file__ is not None
    root = Path(package.__file__).parent
    stops: list[str] = []
    begun: dict[int, FrameType] = {}

    def stop_of(frame: FrameType) -> str:
        path = Path(frame.f_code.co_filename)
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else ""
        return "" if name.startswith(tuple(beside)) else name

    def look(frame: FrameType, event: str, _: object) -> None:
        if event != "call" or _WALK.get([]) is not stops or not (name := stop_of(frame)):
            return
        if frame.f_code.co_flags & _RESUMABLE:
            if id(frame) in begun:
                return
            begun[id(frame)] = frame  # held, so that no other takes its place
        caller = frame.f_back
        while caller is not None and not stop_of(caller):
            caller = caller.f_back
        if (caller is None or stop_of(caller) != name) and stops[-1:] != [name]:
            stops.append(name)

    before, token = sys.getprofile(), _WALK.set(stops)
    sys.setprofile(look)
    try:
        yield stops
    finally:
        sys.setprofile(before)
        _WALK.reset(token)
        begun.clear()
