"""Hot routes: method and path pattern to handler, found by the raw request target."""

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from services.http.addresses import Caller
from services.http.errors import ErrorResponse, answer_for
from services.http.request import HotRequest

HotHandler = Callable[[HotRequest], None]
Admit = Callable[[HotRequest], None]
Complain = Callable[[Exception], ErrorResponse]
_CACHE_SIZE = 1024


class Match(NamedTuple):
    """A route found: who answers, who looks at the head, how errors are told, the path, its `{…}` parts."""

    handler: HotHandler
    admit: Admit | None
    complain: Complain
    path: str
    parameters: Mapping[str, str]


class HotRoutes:
    """A table of routes such as `("POST", "/v1/projects/{project}/predict")`.

    A `{name}` part matches one non-empty path segment. Lookups are kept by raw target, so a path
    asked before costs one look into a dictionary.

    Args:
        mark: is shown each request before its body is read, so that refusals carry its allowances too.
        recognizes: whether an address and the value of an `Authorization` header are of somebody who may
            ask anything at all; None where all may.
    """

    def __init__(
        self,
        mark: Callable[[HotRequest], None] | None = None,
        recognizes: Callable[[Caller, str | None], bool] | None = None,
    ) -> None:
        self.mark = mark
        self.recognizes = recognizes
        self._routes: list[tuple[bytes, list[str], HotHandler, Admit | None, Complain]] = []
        self._known: dict[tuple[bytes, bytes], Match | None] = {}

    def add(
        self,
        method: str,
        pattern: str,
        handler: HotHandler,
        complain: Complain = answer_for,
        admit: Admit | None = None,
    ) -> None:
        """Answer this method on this pattern by `handler`; the first pattern that fits counts.

        Args:
            method: such as `POST`.
            pattern: the path, with its `{…}` parts.
            handler: takes each whole request.
            complain: how an error is told that keeps a request from its handler.
            admit: is shown each request once its head was read; what it raises is the answer, and the
                body is not kept.
        """
        self._routes.append((method.encode(), pattern.split("/"), handler, admit, complain))
        self._known.clear()

    def match(self, method: bytes, target: bytes) -> Match | None:
        """The route of a raw request target (its query is ignored), None if there is none."""
        key = (method, target)
        try:
            return self._known[key]
        except KeyError:
            if len(self._known) >= _CACHE_SIZE:
                self._known.clear()
            found = self._known[key] = self._find(method, target)
            return found

    def _find(self, method: bytes, target: bytes) -> Match | None:
        path = target.partition(b"?")[0].decode("latin-1")
        segments = path.split("/")
        for route_method, pattern, handler, admit, complain in self._routes:
            if route_method == method and len(pattern) == len(segments):
                parameters = _parameters(pattern, segments)
                if parameters is not None:
                    return Match(handler, admit, complain, unquote(path), parameters)
        return None


def _parameters(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    """The values of the pattern's `{…}` parts, or None if the segments do not fit."""
    parameters = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            if not segment:
                return None
            parameters[expected[1:-1]] = unquote(segment)
        elif expected != segment:
            return None
    return parameters
