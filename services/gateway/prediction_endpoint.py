"""Prediction requests, from the connection to the version that answers: token, body, ids, policy.

The token is checked when the head was read: of a stranger's request no body is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from time import perf_counter

import numpy as np

from services.errors import NotFound, RelevoError
from services.gateway.dependencies import Dependencies
from services.gateway.prediction_ids import check_ids, fresh_ids
from services.gateway.protocols import PredictionProtocol
from services.gateway.protocols.inference import HEADER_LENGTH
from services.gateway.protocols.registry import PROTOCOLS
from services.gateway.replies import SplitReply, WholeReply
from services.gateway.routing_table import ProjectRoute
from services.gateway.validation import check_rows_before_decoding
from services.gateway.version_route import ASKED_BY_NAME, PendingRequest, VersionRoute
from services.http.addresses import Caller, Network, is_within
from services.http.body_budget import SMALL_BODY
from services.http.request import HotRequest
from services.http.routes import Complain, HotRoutes
from services.registry.model import Listener, TokenRole
from services.routing import ArmProbabilities, choose
from services.store.identifiers import unpack_ids

_CALLERS = (TokenRole.CLIENT, TokenRole.ADMIN)


class PredictionEndpoint:
    """Answers prediction requests; one instance for the API, and one for each listener.

    Args:
        parts: the gateway's.
        protocol: how requests are read and answered.
        error_answer: how the protocol tells an error of the head.
        listener: what it stands for and who may call it without a token; None where the path says it.
    """

    def __init__(
        self,
        dependencies: Dependencies,
        protocol: PredictionProtocol,
        error_answer: Complain,
        listener: Listener | None = None,
    ) -> None:
        self._access = dependencies.access
        self._routing_table = dependencies.routing_table
        self._recorder = dependencies.recorder
        self._metrics = dependencies.metrics
        self._origins = dependencies.origins
        self._protocol = protocol
        self._error_answer = error_answer
        self._project = "" if listener is None else listener.project
        self._version = "" if listener is None else listener.version
        self._networks = [] if listener is None else [ip_network(network) for network in listener.networks]

    def admit(self, request: HotRequest) -> None:
        """Look at a request's head, before anything of its body is kept.

        Raises:
            Unauthorized, Refused: it may not ask.
            NotFound: its path names something else than what its listener stands for.
            Unavailable: nothing is known yet of tokens.
        """
        try:
            project = self._project or request.parameters["project"]
            if is_within(request.client, self._networks):
                self._origins.check(request.header("origin"))
            else:
                grant = self._access.grant(request.header("authorization"))
                grant.require(_CALLERS, project)
            _check_place(request.parameters, project, self._version)
        except RelevoError as error:
            self._metrics.refused(self._error_answer(error).status)
            raise

    def __call__(self, request: HotRequest) -> None:
        """Reply now with a refusal, or later with the answer to a request that was admitted."""
        began = perf_counter()
        try:
            self._ask(request, began)
        except RelevoError as error:
            self._metrics.refused(self._protocol.refuse(request, error))

    def _ask(self, request: HotRequest, began: float) -> None:
        if len(request.body) > SMALL_BODY and request.header(HEADER_LENGTH) is None:
            check_rows_before_decoding(request.body)
        route = self._routing_table.project(self._project or request.parameters["project"])
        version = self._version or request.parameters.get("version", "")
        arms = route.policy.probabilities()
        asked = version or arms.certain
        if asked is None:
            self._ask_several(request, began, route, arms)
        else:
            # Who follows the champion's `url` asks for what the policy gives: challengers see it, too.
            propensity = 1.0 if asked == arms.certain else ASKED_BY_NAME
            self._ask_one(request, began, route.version(asked), propensity)

    def _ask_one(self, request: HotRequest, began: float, asked: VersionRoute, propensity: float) -> None:
        """One version answers all rows."""
        rows, brought, form = self._protocol.read(request, asked.schema)
        ids = None if brought is None else check_ids(brought)
        self._recorder.check()
        reply = WholeReply(request, form)
        asked.enqueue(PendingRequest(reply, rows, ids, ids is not None, propensity, began))

    def _ask_several(
        self, request: HotRequest, began: float, route: ProjectRoute, arms: ArmProbabilities
    ) -> None:
        """Each row is answered by the version that its id draws, and read as that version wants it."""
        outline = self._protocol.outline(request, route.inputs)
        ids = fresh_ids(outline.count) if outline.ids is None else check_ids(outline.ids)
        self._recorder.check()
        choice = choose(arms, unpack_ids(ids))
        asked = {}
        for arm in np.unique(choice.arms).tolist():
            places = np.flatnonzero(choice.arms == arm).tolist()
            version = route.version(arms.versions[arm])
            rows = outline.rows(version.schema, places)
            asked[version] = places, rows, float(choice.propensity[places[0]])
        for version in asked:
            version.require_service()
        split = SplitReply(WholeReply(request, outline.form), len(asked))
        for version, (places, rows, propensity) in asked.items():
            own = b"".join([ids[16 * place : 16 * place + 16] for place in places])
            brought = outline.ids is not None
            version.enqueue(PendingRequest(split.part(places), rows, own, brought, propensity, began))


def _check_place(parameters: Mapping[str, str], project: str, version: str) -> None:
    """NotFound if a path names something else than what its listener stands for."""
    if parameters.get("project", project) != project:
        raise NotFound(f"there is no project {parameters['project']!r} at this address")
    if version and parameters.get("version", version) != version:
        raise NotFound(f"there is no version {parameters['version']!r} at this address")


def _recognizes(
    dependencies: Dependencies, networks: Sequence[Network]
) -> Callable[[Caller, str | None], bool]:
    """Whether a caller may ask anything at all: by its token, or by where it is."""

    def recognizes(caller: Caller, authorization: str | None) -> bool:
        return is_within(caller, networks) or dependencies.access.knows(authorization)

    return recognizes


def hot_routes(dependencies: Dependencies) -> HotRoutes:
    """Of the API, whose paths name the project."""
    routes = HotRoutes(dependencies.origins.mark(), _recognizes(dependencies, ()))
    for kind in PROTOCOLS:
        endpoint = PredictionEndpoint(dependencies, kind.api, kind.error_answer)
        for path in kind.paths:
            routes.add("POST", path, endpoint, kind.error_answer, endpoint.admit)
    return routes


def listener_hot_routes(dependencies: Dependencies, listener: Listener) -> HotRoutes:
    """Of a listener, which stands for a project or a version; they are at the root."""
    networks = [ip_network(network) for network in listener.networks]
    routes = HotRoutes(dependencies.origins.mark(), _recognizes(dependencies, networks))
    for kind in PROTOCOLS:
        endpoint = PredictionEndpoint(dependencies, kind.listener, kind.error_answer, listener)
        for path in kind.version_paths if listener.version else kind.project_paths:
            routes.add("POST", path, endpoint, kind.error_answer, endpoint.admit)
    return routes
