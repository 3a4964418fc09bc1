"""Prediction requests, from the connection to the version that answers: token, body, ids, policy."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from time import perf_counter, time

import numpy as np

from services.errors import InvalidInput, NotFound, RelevoError
from services.gateway.dependencies import Dependencies
from services.gateway.protocols import PredictionProtocol
from services.gateway.protocols.inference import Inference, inference_error
from services.gateway.protocols.mlflow import MLflow, mlflow_error
from services.gateway.protocols.plain import PlainOrV1
from services.gateway.protocols.v1 import V1
from services.gateway.version_route import ASKED_BY_NAME, PendingRequest, VersionRoute
from services.http.addresses import Network, is_within
from services.http.errors import InvalidField
from services.http.request import HotRequest
from services.http.routes import HotRoutes
from services.registry.model import Listener, Role
from services.store.identifiers import milliseconds, parse_id

_CALLERS = (Role.CLIENT, Role.ADMIN)
_MOST_AHEAD_MILLISECONDS = 24 * 3600 * 1000


class PredictionEndpoint:
    """Answers prediction requests; one instance for the API, and one for each listener.

    Args:
        parts: the gateway's.
        protocol: how requests are read and answered.
        project, version: what a listener stands for; empty where the path says it.
        networks: from which a listener may be called without a token.
    """

    def __init__(
        self,
        dependencies: Dependencies,
        protocol: PredictionProtocol,
        project: str = "",
        version: str = "",
        networks: Sequence[Network] = (),
    ) -> None:
        self._access = dependencies.access
        self._routing_table = dependencies.routing_table
        self._recorder = dependencies.recorder
        self._metrics = dependencies.metrics
        self._origins = dependencies.origins
        self._protocol = protocol
        self._project = project
        self._version = version
        self._networks = networks

    def __call__(self, request: HotRequest) -> None:
        """Reply now with a refusal, or later with the answer."""
        began = perf_counter()
        try:
            self._ask(request, began)
        except RelevoError as error:
            self._metrics.refused(self._protocol.refuse(request, error))

    def _ask(self, request: HotRequest, began: float) -> None:
        project = self._project or request.parameters["project"]
        version = self._version or request.parameters.get("version", "")
        if is_within(request.client, self._networks):
            self._origins.check(request.header("origin"))
        else:
            grant = self._access.grant(request.header("authorization"))
            grant.require(_CALLERS, project)
        _check_place(request.parameters, project, self._version)
        route = self._routing_table.project(project)
        asked = route.version(version or route.project.champion)
        rows, brought, form = self._protocol.read(request, asked.schema)
        ids = None if brought is None else check_ids(brought)
        self._recorder.check()
        choice = route.policy.choose(len(rows))
        propensity = ASKED_BY_NAME
        if not version:
            asked = _chosen(asked, route.versions, choice.single)
            propensity = float(choice.propensity[0])
        elif choice.single == version and choice.propensity[0] == 1:
            # Who follows the champion's `url` asks for what the policy gives: challengers see it, too.
            propensity = 1.0
        asked.enqueue(PendingRequest(request, rows, ids, propensity, began, form))


def _check_place(parameters: Mapping[str, str], project: str, version: str) -> None:
    """NotFound if a path names something else than what its listener stands for."""
    if parameters.get("project", project) != project:
        raise NotFound(f"there is no project {parameters['project']!r} at this address")
    if version and parameters.get("version", version) != version:
        raise NotFound(f"there is no version {parameters['version']!r} at this address")


def _chosen(champion: VersionRoute, versions: dict[str, VersionRoute], name: str | None) -> VersionRoute:
    """The version that a policy chose; the champion where it left none."""
    return champion if name is None else versions.get(name, champion)


def check_ids(texts: Sequence[str]) -> bytes:
    """A client's prediction ids as 16 big-endian bytes each.

    Raises:
        InvalidField: one is not a time-based UUID, comes twice, or lies more than a day ahead.
    """
    packed = [check_id(text, f"ids[{index}]") for index, text in enumerate(texts)]
    if len(set(packed)) != len(packed):
        index = next(index for index, one in enumerate(packed) if one in packed[:index])
        raise InvalidField(f"ids[{index}] stands twice in this request", field=f"ids[{index}]")
    ids = np.frombuffer(b"".join(packed), dtype=np.dtype(">u8")).astype(np.uint64).reshape(-1, 2)
    ahead = milliseconds(ids) > time() * 1000 + _MOST_AHEAD_MILLISECONDS
    if ahead.any():
        field = f"ids[{int(np.argmax(ahead))}]"
        raise InvalidField(f"{field} is more than a day ahead of the gateway's clock", field=field)
    return b"".join(packed)


def check_id(text: str, field: str) -> bytes:
    """One prediction id as 16 big-endian bytes; InvalidField names the field if it is none."""
    try:
        high, low = parse_id(text)
    except InvalidInput as error:
        raise InvalidField(f"{field}: {error.message}", field=field) from None
    return high.to_bytes(8, "big") + low.to_bytes(8, "big")


_PROJECT = "/v1/projects/{project}"
_VERSION = "/v1/projects/{project}/versions/{version}"
BY_VERSION = "/versions/{version}/predict"
"""At a project's listener: each version asked by its name."""
INFER = ("/v2/models/{project}/infer", "/v2/models/{project}/versions/{version}/infer")


def hot_routes(dependencies: Dependencies) -> HotRoutes:
    """Of the API, whose paths name the project."""
    routes = HotRoutes(dependencies.origins.mark())
    own, mlflow, inference = (
        PredictionEndpoint(dependencies, V1()),
        PredictionEndpoint(dependencies, MLflow()),
        PredictionEndpoint(dependencies, Inference()),
    )
    for base in (_PROJECT, _VERSION):
        routes.add("POST", f"{base}/predict", own)
        routes.add("POST", f"{base}/invocations", mlflow, mlflow_error)
    for path in INFER:
        routes.add("POST", path, inference, inference_error)
    return routes


def listener_hot_routes(dependencies: Dependencies, listener: Listener) -> HotRoutes:
    """Of a listener, which stands for a project or a version; they are at the root."""
    routes = HotRoutes(dependencies.origins.mark())
    place = (listener.project, listener.version, [ip_network(network) for network in listener.networks])
    own = PredictionEndpoint(dependencies, PlainOrV1(), *place)
    routes.add("POST", "/predict", own)
    if not listener.version:
        routes.add("POST", BY_VERSION, own)
    routes.add("POST", "/invocations", PredictionEndpoint(dependencies, MLflow(), *place), mlflow_error)
    inference = PredictionEndpoint(dependencies, Inference(), *place)
    for path in INFER:
        routes.add("POST", path, inference, inference_error)
    return routes
