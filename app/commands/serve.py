"""`relevo serve DEPLOY`: a model service for one version, from its deploy folder."""

import argparse
import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.commands.options import log_to_standard_error, secret_of
from services.containers.interface import ENDPOINT_VARIABLE
from services.containers.parent_watch import watch_parent
from services.errors import InvalidInput
from services.http.loop import run
from services.http.server import Server
from services.model_server.artifact_cache import ArtifactCache
from services.model_server.deploy import Deploy, import_from, read_deploy
from services.model_server.gateway import GatewayLink, check_origin, first_revision
from services.model_server.loading import load_model, sha256_of
from services.model_server.r_process import serve_in_r
from services.model_server.retraining import Retrainer
from services.model_server.revision_follower import RevisionFollower
from services.model_server.service import ModelService

TOKEN_VARIABLE = "RELEVO_TOKEN"  # noqa: S105 - the variable's name, not a token
GATEWAY_VARIABLE, IMAGE_VARIABLE = "RELEVO_GATEWAY", "RELEVO_IMAGE"
"""What a container runtime tells every model service, whatever its language."""
KEPT_VARIABLE = "RELEVO_KEPT"
"""A folder of the service's own for what it loaded last; the images name one."""
_logger = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Serve until told to stop."""
    options = _parser().parse_args(arguments)
    token = secret_of(TOKEN_VARIABLE)
    if not token:
        raise InvalidInput(f"{TOKEN_VARIABLE} is not set", remedy="Set it to this version's own token.")
    if bool(options.gateway) == options.alone:
        raise InvalidInput("name the gateway with --gateway URL, or serve without one with --alone")
    if options.gateway:
        options.gateway = check_origin(options.gateway)
    log_to_standard_error()
    deploy = read_deploy(options.deploy)
    if deploy.kind == "rds":
        return _serve_in_r(options)
    import_from(options.deploy)
    run(_serve(options, deploy, token))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="relevo serve", description=__doc__)
    parser.add_argument("deploy", type=Path, help="the deploy folder: model.json and what it names")
    parser.add_argument(
        "--gateway",
        default=os.environ.get(GATEWAY_VARIABLE, ""),
        help=f"the gateway's address; by default {GATEWAY_VARIABLE} says it",
    )
    parser.add_argument(
        "--alone", action="store_true", help="serve the folder's own model, without a platform"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--endpoint",
        default=os.environ.get(ENDPOINT_VARIABLE, ""),
        help=f"the address to register, if not the one bound; by default {ENDPOINT_VARIABLE} says it",
    )
    parser.add_argument(
        "--image", default=os.environ.get(IMAGE_VARIABLE, ""), help="the container image this runs in"
    )
    parser.add_argument(
        "--share", action="store_true", help="let other processes serve on the same port (Linux)"
    )
    parser.add_argument("--held", action="store_true", help="end when standard input does")
    return parser


@dataclass(slots=True)
class _Process:
    """What one serving process consists of."""

    options: argparse.Namespace
    deploy: Deploy
    token: str
    service: ModelService
    server: Server
    stop: asyncio.Event

    async def serve(self) -> None:
        """Listen, load, and serve until told to stop; requests under way are answered before the end."""
        options, service = self.options, self.service
        port = await self.server.start(
            service.application(),
            service.hot_routes(),
            host=options.host,
            port=options.port,
            share=options.share,
        )
        try:
            if options.alone:
                self._load_own()
                self.server.announce(port)
                await self.stop.wait()
            else:
                await self._follow(port)
        finally:
            await self.server.stop()
            service.close()

    def _load_own(self) -> None:
        folder = self.options.deploy
        content = (folder / self.deploy.artifact).read_bytes()
        model = load_model(folder, self.deploy, content, sha256_of(content))
        self.service.adopt(model, first_revision(self.deploy, model.revision, len(content)))
        self.service.explain("")

    async def _follow(self, port: int) -> None:
        """Serve what the registry wants, until told to stop."""
        options, service = self.options, self.service
        link = GatewayLink(options.gateway, self.deploy, self.token)
        retrainer = service.retrainer = Retrainer(link, options.deploy, self.deploy, self.token)
        kept = os.environ.get(KEPT_VARIABLE, "")
        follower = service.follower = RevisionFollower(
            link,
            options.deploy,
            self.deploy,
            endpoint=options.endpoint or self.server.address(port),
            image=options.image,
            kept=ArtifactCache(Path(kept)) if kept else None,
            adopt=service.adopt,
            explain=service.explain,
        )
        self.server.announce(port)
        try:
            await _until(self.stop, follower.run(), retrainer.keep_house())
        finally:
            await retrainer.close()
            await self.server.stop()
            await link.close()


async def _serve(options: argparse.Namespace, deploy: Deploy, token: str) -> None:
    stop = asyncio.Event()
    _stop_on_request(stop, held=options.held)
    await _Process(options, deploy, token, ModelService(deploy, token), Server(), stop).serve()


async def _until(stop: asyncio.Event, *work: Coroutine[Any, Any, None]) -> None:
    """Work until told to stop; an error in the work ends it too."""
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    waiting = asyncio.create_task(stop.wait())
    done, pending = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


def _serve_in_r(options: argparse.Namespace) -> int:
    """Serve a model in R by a process of R's; its exit code."""
    stop = threading.Event()
    _call_on_request(stop.set, held=options.held)
    environment = {
        GATEWAY_VARIABLE: options.gateway,
        ENDPOINT_VARIABLE: options.endpoint,
        IMAGE_VARIABLE: options.image,
    }
    words = ["--host", options.host, *(["--port", str(options.port)] if options.port else [])]
    return serve_in_r(options.deploy, [*words, *(["--alone"] if options.alone else [])], environment, stop)


def _stop_on_request(stop: asyncio.Event, *, held: bool) -> None:
    loop = asyncio.get_running_loop()

    def request_stop() -> None:
        loop.call_soon_threadsafe(stop.set)

    _call_on_request(request_stop, held=held)


def _call_on_request(request_stop: Callable[[], None], *, held: bool) -> None:
    """Call it on Ctrl+C, on a container's stop signal, and with the parent's end where it holds us."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: request_stop())
    if held:
        watch_parent(request_stop)
