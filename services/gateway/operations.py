"""An operation of the API, said once: its route, who may call it, what it takes and gives.

From the same list come the Starlette routes and the OpenAPI description, so they cannot differ.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from services.errors import NotFound
from services.gateway import messages
from services.gateway.access import Grant
from services.gateway.dependencies import Dependencies
from services.http.addresses import Network, is_within
from services.http.errors import ErrorResponse, WrongMethod, answer_for
from services.http.request import JSON
from services.http.starlette import body_within, response_of
from services.http.validation_errors import explain
from services.registry.model import TokenRole

ADMIN = (TokenRole.ADMIN,)
SERVICE = (TokenRole.SERVICE, TokenRole.ADMIN)
CLIENT = (TokenRole.CLIENT, TokenRole.ADMIN)
ANYONE = (TokenRole.CLIENT, TokenRole.SERVICE, TokenRole.ADMIN)
_MOST_THREADS = 40
_ROOM_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation.

    Attributes:
        path: the values of the route's `{…}` parts.
        query: the query's parameters.
        body: decoded to the operation's `takes`; the raw bytes where that is `bytes`.
        grant: what the caller's token allows; None where none is needed.
    """

    dependencies: Dependencies
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    grant: Grant | None


Handler = Callable[[Call], Any] | Callable[[Call], Awaitable[Any]]
_Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query; `schema` is its JSON schema."""

    name: str
    description: str
    schema: Mapping[str, Any]
    required: bool = False


@dataclass(frozen=True, slots=True)
class ErrorForm:
    """How the errors of an operation are told.

    Attributes:
        answer: what is sent for an error.
        body: the type of its body.
        invalid: the status of a body that breaks a rule.
    """

    answer: Callable[[Exception], ErrorResponse] = answer_for
    body: Any = messages.ErrorAnswer
    invalid: int = 422

    def response(self, error: Exception) -> Response:
        """The response that tells an error."""
        return response_of(self.answer(error))


OWN_ERRORS = ErrorForm()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        roles: which tokens may call it; empty needs none.
        handle: an `async` one runs on the loop and must not block; any other runs in a thread.
            It returns a value of type `gives`, or a Starlette response. None: the hot path answers.
        takes: the type of the JSON body, `bytes` for a raw one, None for none.
        gives: the type of the JSON answer; None answers 204, `bytes` and `str` are not JSON.
        limit: bytes of its body; None for the gateway's own limit.
        errors: statuses it may answer with, beside those that any may.
        form: how its errors are told.
        check: is shown the bytes of a JSON body before they are decoded; raises what is wrong with them.
        more_with_token: whether it tells more to those who send a token, though none is needed.
    """

    method: str
    path: str
    summary: str
    roles: tuple[TokenRole, ...]
    handle: Handler | None
    takes: Any = None
    gives: Any = None
    status: int = 200
    limit: int | None = None
    errors: tuple[int, ...] = ()
    query: tuple[Parameter, ...] = ()
    media_type: str = JSON
    form: ErrorForm = OWN_ERRORS
    check: Callable[[bytes], None] | None = None
    more_with_token: bool = False


@dataclass(frozen=True, slots=True)
class MountPoint:
    """Where operations are served: the API itself, or a listener that stands for a project or version.

    Attributes:
        path: values that the listener gives to the routes' `{…}` parts.
        networks: from which no token is needed.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    networks: Sequence[Network] = ()


def starlette_routes(
    dependencies: Dependencies, operations: Sequence[Operation], place: MountPoint | None = None
) -> list[Route]:
    """The operations as Starlette routes, one a path, so that a wrong method is told which are right."""
    where = place or MountPoint()
    limiter = CapacityLimiter(_MOST_THREADS)
    by_path: dict[str, _Methods] = {}
    for operation in operations:
        methods = by_path.setdefault(operation.path, _Methods(operation.form))
        methods.answer_by(operation.method, _endpoint(dependencies, operation, where, limiter))
    return [Route(path, methods) for path, methods in by_path.items()]


class _Methods:
    """What answers one path, an ASGI application: Starlette's own 405 knows no protocol's form."""

    def __init__(self, form: ErrorForm) -> None:
        self._form = form
        self._endpoints: dict[str, _Endpoint] = {}

    def answer_by(self, method: str, endpoint: _Endpoint) -> None:
        """Answer this method by `endpoint`; where there is a GET, there is a HEAD."""
        self._endpoints[method] = endpoint
        if method == "GET":
            self._endpoints["HEAD"] = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        endpoint = self._endpoints.get(request.method)
        if endpoint is None:
            allowed = sorted(self._endpoints)
            told = f"{scope['path']} is asked by {' or '.join(allowed)}"
            response = self._form.response(WrongMethod(told, allowed=allowed))
        else:
            response = await endpoint(request)
        await response(scope, receive, send)


def _endpoint(
    dependencies: Dependencies, operation: Operation, place: MountPoint, limiter: CapacityLimiter
) -> _Endpoint:
    decode = _decoder(operation)

    async def endpoint(request: Request) -> Response:
        try:
            path = _path(request, place)
            grant = _granted(dependencies, operation, place, request, path)
            call = Call(dependencies, path, request.query_params, None, grant)
            if decode is None:
                return _response(operation, await _handled(operation.handle, call, limiter))
            limit = operation.limit or dependencies.body_limit
            async with body_within(request, limit, dependencies.bodies, _ROOM_SECONDS) as raw:
                call = replace(call, body=decode(raw))
                return _response(operation, await _handled(operation.handle, call, limiter))
        except Exception as error:  # noqa: BLE001 - told to the client by its kind; a bug is logged there
            return operation.form.response(error)

    return endpoint


def _path(request: Request, place: MountPoint) -> Mapping[str, str]:
    """The values of a path's parts; NotFound if they are not what the listener stands for."""
    for name, value in request.path_params.items():
        if place.path.get(name, value) != value:
            raise NotFound(f"there is no {name} {value!r} at this address")
    return {**request.path_params, **place.path}


async def _handled(handle: Handler | None, call: Call, limiter: CapacityLimiter) -> Any:
    if handle is None:
        # The hot path takes every path it knows; this one is written in another way.
        raise NotFound("no such route")
    if inspect.iscoroutinefunction(handle):
        return await handle(call)
    return await to_thread.run_sync(handle, call, limiter=limiter)


def _granted(
    dependencies: Dependencies,
    operation: Operation,
    place: MountPoint,
    request: Request,
    path: Mapping[str, str],
) -> Grant | None:
    if not operation.roles:
        sent = request.headers.get("authorization") if operation.more_with_token else None
        return dependencies.access.grant(sent) if sent is not None else None
    client = (request.client.host, request.client.port) if request.client else None
    if is_within(client, place.networks):
        dependencies.origins.check(request.headers.get("origin"))
        return None
    grant = dependencies.access.grant(request.headers.get("authorization"))
    version = path.get("version", "")
    if any(parameter.name == "version" for parameter in operation.query):
        version = version or request.query_params.get("version", "")
    grant.require(operation.roles, path.get("project"), version)
    return grant


def _decoder(operation: Operation) -> Callable[[bytes], Any] | None:
    if operation.takes is None:
        return None
    if operation.takes is bytes:
        return lambda raw: raw
    decoder = msgspec.json.Decoder(operation.takes)

    def decode(raw: bytes) -> Any:
        if operation.check is not None:
            operation.check(raw)
        try:
            return decoder.decode(raw)
        except (ValueError, RecursionError) as error:
            raise explain(raw, error) from None

    return decode


def _response(operation: Operation, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if operation.gives is None:
        return Response(status_code=204)
    content = result if isinstance(result, (bytes, str)) else msgspec.json.encode(result)
    return Response(content, operation.status, media_type=operation.media_type)
