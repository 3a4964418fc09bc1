"""The gateway itself: health, metrics, tokens, and ports of their own for projects and versions."""

from datetime import UTC, datetime
from ipaddress import ip_network

from msgspec.structs import replace

from services.errors import Conflict, InvalidInput
from services.gateway import messages
from services.gateway.metrics import CONTENT_TYPE
from services.gateway.operations import ADMIN, CLIENT, Call, Operation
from services.gateway.request_limits import ENTRY_BYTES
from services.gateway.routes.signatures import version_url
from services.http.errors import InvalidField
from services.registry.model import Listener, Token, TokenRole
from services.registry.tokens import new_token
from services.store.interface import Store


async def _health(call: Call) -> messages.Health:
    parts, grant = call.dependencies, call.grant
    sync = parts.recorder.store_sync
    health = messages.Health(
        store="reachable" if parts.store.reachable else "unreachable",
        spool=parts.recorder.health(),
        store_sync="" if sync is None else sync.mode.value,
        store_sync_seconds=0.0 if sync is None else sync.seconds,
    )
    if grant is None:
        return health

    def told(project: str) -> bool:
        return grant.project in {"", project}

    return replace(
        health,
        listeners=[one for one in parts.listener_states() if told(one.project)],
        outages=[one for one in parts.outages.present() if told(one.project)],
        past_outages=[one for one in parts.outages.past() if told(one.project)],
        shipping=parts.recorder.trouble,
    )


async def _metrics(call: Call) -> bytes:
    return call.dependencies.metrics.text()


def _tokens(call: Call) -> list[Token]:
    return call.dependencies.store().tokens()


def _issue_token(call: Call) -> messages.TokenIssued:
    request: messages.TokenRequest = call.body
    if request.role is TokenRole.SERVICE:
        raise InvalidField(
            "tokens of services are derived, not issued; ask for client or admin", field="role"
        )
    if request.role is TokenRole.ADMIN and request.project:
        raise InvalidField("an administrator's token is good for all projects", field="project")
    store = call.dependencies.store()
    if request.project:
        call.dependencies.registry().project(request.project)
    text, token = new_token(request.role, label=request.label, project=request.project)
    store.add_token(token)
    call.dependencies.registry_watcher.refresh()
    return messages.TokenIssued(
        text, token.digest, token.label, token.role, token.project, token.created_at
    )


def _revoke_token(call: Call) -> None:
    if call.grant is not None and call.grant.digest == call.path["digest"]:
        raise Conflict("this is the token that you call with; revoke it with another")
    call.dependencies.store().revoke_token(call.path["digest"], datetime.now(UTC))
    call.dependencies.registry_watcher.refresh()


async def _listeners(call: Call) -> list[messages.ListenerState]:
    return call.dependencies.listener_states()


def _put_listener(call: Call) -> Listener:
    request: messages.ListenerRequest = call.body
    store = call.dependencies.store()
    if request.version:
        call.dependencies.registry().version(request.project, request.version)
    else:
        call.dependencies.registry().project(request.project)
    for index, network in enumerate(request.networks):
        try:
            ip_network(network)
        except ValueError as error:
            field = f"networks[{index}]"
            raise InvalidField(f"{field}: {error}", field=field) from None
    listener = Listener(_port(call), request.project, request.version, request.networks, request.host)
    store.put_listener(listener)
    _tell_addresses(call, store, listener.project)
    call.dependencies.registry_watcher.refresh()
    return listener


def _remove_listener(call: Call) -> None:
    store = call.dependencies.store()
    port = _port(call)
    gone = [listener for listener in store.listeners() if listener.port == port]
    store.remove_listener(port)
    for listener in gone:
        _tell_addresses(call, store, listener.project)
    call.dependencies.registry_watcher.refresh()


def _tell_addresses(call: Call, store: Store, name: str) -> None:
    """Keep each version's `url` in the registry what its listeners make it."""
    listeners = store.listeners()
    for version in call.dependencies.registry().project(name).versions:
        url = version_url(call.dependencies, listeners, name, version.name)
        if url != version.url:
            store.register(replace(version, url=url), who="gateway")


def _port(call: Call) -> int:
    text = call.path["port"]
    if not (text.isascii() and text.isdigit()) or not 0 < int(text[:6]) < 65536:
        raise InvalidInput("a port is a whole number from 1 to 65535")
    return int(text)


_LISTENER = "/v1/listeners/{port}"
OPERATIONS = (
    Operation(
        "GET", "/health", "Whether the gateway answers; with a token, whether all versions do", (), _health,
        gives=messages.Health, more_with_token=True,
    ),
    Operation(
        "GET", "/metrics", "Prometheus metrics", CLIENT, _metrics, gives=str, media_type=CONTENT_TYPE
    ),
    Operation("GET", "/v1/tokens", "All tokens, by their digests", ADMIN, _tokens, gives=list[Token]),
    Operation(
        "POST", "/v1/tokens", "Issue a token, shown this once", ADMIN, _issue_token,
        takes=messages.TokenRequest, gives=messages.TokenIssued, limit=ENTRY_BYTES, status=201,
        errors=(404,),
    ),
    Operation("DELETE", "/v1/tokens/{digest}", "Revoke a token", ADMIN, _revoke_token, errors=(404, 409)),
    Operation(
        "GET", "/v1/listeners", "Ports of their own, and how they fare here", ADMIN, _listeners,
        gives=list[messages.ListenerState],
    ),
    Operation(
        "PUT", _LISTENER, "Give a project or version a port of its own", ADMIN, _put_listener,
        takes=messages.ListenerRequest, gives=Listener, limit=ENTRY_BYTES, errors=(404, 422),
    ),
    Operation("DELETE", _LISTENER, "Close a port of its own", ADMIN, _remove_listener, errors=(422,)),
)  # fmt: skip
