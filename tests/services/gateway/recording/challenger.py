"""A challenger's service whose behaviour a test sets, over real HTTP."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from services.http.request import HotRequest
from services.http.routes import HotRoutes
from services.http.server import Server

Instances = list[dict[str, Any]]


def twice_the_acidity(instances: Instances) -> dict[str, Any]:
    """The answer of a challenger that works."""
    return {"predictions": [2.0 * instance["acidity"] for instance in instances], "revision": "b" * 64}


async def _nothing_else(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError(scope)


class Service:
    """Listens on one port until stopped, and again on the same one.

    Attributes:
        answer: what it makes of the instances: an answer, or a status and an error.
        delay: seconds before each answer.
        asked: all instances it was ever asked for.
    """

    def __init__(self) -> None:
        self.answer: Callable[[Instances], dict[str, Any] | tuple[int, dict[str, Any]]] = twice_the_acidity
        self.delay = 0.0
        self.asked: Instances = []
        self._port = 0
        self._server = Server()

    @property
    def endpoint(self) -> str:
        """Its address, the same after a restart."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Listen."""
        routes = HotRoutes()
        routes.add("POST", "/predict", self._predict)
        self._port = await self._server.start(_nothing_else, routes, port=self._port)

    async def stop(self) -> None:
        """Be down."""
        await self._server.stop(grace=0.1)

    def _predict(self, request: HotRequest) -> None:
        instances = msgspec.json.decode(request.body)["instances"]
        self.asked += instances
        answer = self.answer(instances)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        asyncio.get_running_loop().call_later(
            self.delay, lambda: request.reply(status, msgspec.json.encode(body))
        )
