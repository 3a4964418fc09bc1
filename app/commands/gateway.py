"""`relevo gateway`: the process that answers client applications."""

import argparse
import asyncio
import signal
from pathlib import Path

from app.commands.options import (
    PASSWORD_VARIABLE,
    add_store_options,
    log_to_standard_error,
    secret_of,
    store_address,
)
from services.containers.parent_watch import watch_parent
from services.errors import InvalidInput
from services.gateway.process import Gateway, GatewaySettings
from services.gateway.records import Durability
from services.http.loop import run
from services.store.connect import open_store

SECRET_VARIABLE = "RELEVO_SECRET"  # noqa: S105 - the variable's name, not a secret


def main(arguments: list[str]) -> int:
    """Serve until told to stop."""
    options = _parser().parse_args(arguments)
    log_to_standard_error()
    secret = secret_of(SECRET_VARIABLE)
    if not secret:
        raise InvalidInput(
            f"{SECRET_VARIABLE} is not set", remedy="It holds the platform's secret, see the help."
        )
    address = store_address(options)
    password = secret_of(PASSWORD_VARIABLE)
    gateway = Gateway(_settings(options, secret), lambda: open_store(address, password=password))
    run(_serve(gateway, held=options.held))
    return 0


async def _serve(gateway: Gateway, *, held: bool) -> None:
    """Announce the address, and wait for the end: a signal, or the parent's."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def end(*_: object) -> None:
        loop.call_soon_threadsafe(ended.set)

    # Signals of the operating system reach this handler on Windows too, where the loop takes none.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    if held:
        watch_parent(end)
    try:
        await gateway.start()
        gateway.announce()
        await ended.wait()
    finally:
        await gateway.stop()


def _settings(options: argparse.Namespace, secret: str) -> GatewaySettings:
    return GatewaySettings(
        spool=options.spool,
        secret=secret,
        host=options.host,
        port=options.port,
        durability=Durability(options.durability),
        certificate=options.certificate,
        key=options.key,
        plain_beyond_loopback=options.plain_http_beyond_loopback,
        public_address=options.public_address,
        service_address=options.service_address,
        service_port=options.service_port,
        listener_host=options.listener_host,
        allowed_origins=tuple(options.allow_origin),
        forwarded_by=tuple(options.forwarded_by),
        answer_seconds=options.answer_seconds,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="relevo gateway",
        description=f"Answers client applications. Reads the platform's secret from {SECRET_VARIABLE}.",
    )
    add_store_options(parser)
    parser.add_argument(
        "--spool", type=Path, required=True, help="folder of its own for what is not yet stored"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--durability",
        choices=[kind.value for kind in Durability],
        default=Durability.PROCESS.value,
        help="what an answer survives: the process's end, a power cut, the loss of this disk",
    )
    parser.add_argument("--certificate", type=Path, help="PEM file; with it HTTPS is served")
    parser.add_argument("--key", type=Path, help="PEM file of the certificate's key")
    parser.add_argument(
        "--plain-http-beyond-loopback",
        action="store_true",
        help="serve other machines without TLS: tokens and data can be read on the way",
    )
    parser.add_argument("--public-address", default="", help="under which clients reach this gateway")
    parser.add_argument(
        "--service-address", default="", help="under which services do, if not the public address"
    )
    parser.add_argument(
        "--service-port", type=int, default=0, help="a further port for services, plain HTTP (0: none)"
    )
    parser.add_argument(
        "--listener-host", default="", help="what listeners listen on, whatever host they name"
    )
    parser.add_argument(
        "--allow-origin",
        action="append",
        default=[],
        metavar="ORIGIN",
        help="web pages of this origin may call, such as https://shop.example.com; may be given again",
    )
    parser.add_argument(
        "--forwarded-by",
        action="append",
        default=[],
        metavar="PEER",
        help="a balancer's network, address or host, whose X-Forwarded-For is believed; may be given again",
    )
    parser.add_argument("--answer-seconds", type=float, default=10.0, help="how long a model may take")
    parser.add_argument("--held", action="store_true", help="end when standard input does")
    return parser
