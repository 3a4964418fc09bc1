"""The service's routes: the model service contract, on top of whatever revision is loaded."""

import hmac
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.errors import Conflict, NotFound, Unavailable
from services.http.errors import InvalidField, InvalidJson, Unauthorized, answer_for
from services.http.request import JSON, HotRequest
from services.http.routes import HotRoutes
from services.http.starlette import exception_handlers, read_body
from services.model_server.batching import Batcher
from services.model_server.deploy import Deploy
from services.model_server.loading import LoadedModel
from services.model_server.retraining import Retrainer, RetrainOrder
from services.model_server.revision_follower import RevisionFollower
from services.registry.model import Revision

_SMALL_BODY = 1 << 20


class _Wanted(Struct, forbid_unknown_fields=True):
    revision: str


class ModelService:
    """One version's service, before and after a revision is loaded.

    Args:
        token: the only bearer token that is accepted.
    """

    def __init__(self, deploy: Deploy, token: str) -> None:
        self._deploy = deploy
        self._authorization = f"Bearer {token}".encode()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self._batcher: Batcher | None = None
        self._loaded: LoadedModel | None = None
        self._facts: Revision | None = None
        self._reason = "no revision is loaded yet: waiting for the gateway"
        self.follower: RevisionFollower | None = None
        self.retrainer: Retrainer | None = None

    def adopt(self, model: LoadedModel, facts: Revision | None) -> None:
        """Answer with this revision from now on; requests under way are answered by the one before."""
        self._batcher = Batcher(model, self._executor)
        self._loaded = model
        self._facts = facts

    def explain(self, reason: str) -> None:
        """Why no revision, or not the desired one, is loaded; empty when all is well."""
        self._reason = reason

    def close(self) -> None:
        """End the thread that predicts."""
        self._executor.shutdown()

    def hot_routes(self) -> HotRoutes:
        """The routes that are answered below ASGI."""
        routes = HotRoutes()
        routes.add("POST", "/predict", self._predict, admit=self._admit)
        return routes

    def application(self) -> Starlette:
        """All other routes."""
        return Starlette(
            routes=[
                Route("/health", self._health),
                Route("/model", self._guarded(self._model)),
                Route("/revision", self._guarded(self._revision), methods=["POST"]),
                Route("/retrain", self._guarded(self._retrain), methods=["POST"]),
                Route("/retrain/{job}", self._guarded(self._job)),
                Route("/retrain/{job}", self._guarded(self._cancel), methods=["DELETE"]),
            ],
            exception_handlers=exception_handlers(),
        )

    def _check_token(self, authorization: str | None) -> None:
        given = (authorization or "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, self._authorization):
            raise Unauthorized("this service asks for its own bearer token")

    def _admit(self, request: HotRequest) -> None:
        self._check_token(request.header("authorization"))

    def _predict(self, request: HotRequest) -> None:
        if self._batcher is None:
            raise Unavailable(self._reason)
        self._batcher.submit(request)

    def _guarded(self, route: Any) -> Any:
        async def guarded(request: Request) -> Response:
            self._check_token(request.headers.get("authorization"))
            response: Response = await route(request)
            return response

        return guarded

    async def _health(self, _request: Request) -> Response:
        if self._loaded is None:
            answer = answer_for(Unavailable(self._reason))
            return Response(answer.body, answer.status, dict(answer.headers), JSON)
        return _json({"status": "ok", "revision": self._loaded.revision, "behind": self._reason or None})

    async def _model(self, _request: Request) -> Response:
        if self._loaded is None:
            raise Unavailable(self._reason)
        deploy, facts = self._deploy, self._facts
        return _json({
            "project": deploy.project,
            "version": deploy.version,
            "revision": self._loaded.revision,
            "task": deploy.task,
            "signature": deploy.signature,
            "library": (facts.library if facts else "") or self._loaded.library,
            "trained_at": facts.trained_at if facts else None,
            "rows": facts.rows if facts else None,
            "metrics": facts.metrics if facts else {},
        })  # fmt: skip

    async def _revision(self, request: Request) -> Response:
        wanted = await _read(request, _Wanted)
        if self.follower is None:
            raise Conflict("this service runs alone: it serves its deploy folder's revision only")
        await self.follower.load_now(wanted.revision)
        return _json({"revision": wanted.revision})

    async def _retrain(self, request: Request) -> Response:
        order = await _read(request, RetrainOrder)
        job = await self._retraining().start(order)
        return _json({"job": job.id}, status=202)

    async def _job(self, request: Request) -> Response:
        return _json(await self._retraining().job(request.path_params["job"]))

    async def _cancel(self, request: Request) -> Response:
        return _json(await self._retraining().cancel(request.path_params["job"]))

    def _retraining(self) -> Retrainer:
        if self.retrainer is None:
            raise NotFound("this service runs alone: there is no gateway to retrain from")
        return self.retrainer


async def _read(request: Request, kind: Any) -> Any:
    """A small JSON body of that kind; InvalidJson or InvalidField if it is not one."""
    body = await read_body(request, _SMALL_BODY)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$.")
        raise InvalidField(f"the body is not valid: {reason}", field=place.removesuffix("`")) from error
    except RecursionError as error:
        raise InvalidJson("the body is nested too deeply") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidJson("the body is not JSON") from error


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type=JSON)
