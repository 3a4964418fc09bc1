"""Options of commands that ask a Docker Engine: where it is, in the words of the docker command."""

import argparse
import os
from pathlib import Path
from urllib.parse import urlsplit

from services.containers.addresses import EngineAddress, LocalEngine, PlainEngine, SshEngine, TlsEngine
from services.errors import InvalidInput

_FORMS = "unix:///PATH, npipe:////./pipe/NAME, ssh://USER@HOST[:PORT], https://HOST:PORT or tcp://HOST:PORT"


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add the engine's address; without one DOCKER_HOST says it, or it is this machine's."""
    group = parser.add_argument_group("engine")
    group.add_argument(
        "--docker", default=os.environ.get("DOCKER_HOST", ""), help=f"{_FORMS}; by default DOCKER_HOST"
    )
    group.add_argument(
        "--docker-certificates",
        type=Path,
        default=os.environ.get("DOCKER_CERT_PATH"),
        help="folder with ca.pem, cert.pem and key.pem for TLS; by default DOCKER_CERT_PATH",
    )


def engine_address(options: argparse.Namespace) -> EngineAddress:
    """The address that the options name; InvalidInput says how one is written."""
    text: str = options.docker
    kind, _, path = text.partition("://")
    if not text:
        return LocalEngine()
    if kind in {"unix", "npipe"} and path:
        return LocalEngine(path)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise InvalidInput(f"--docker {text!r}: {error}", remedy=f"Write {_FORMS}.") from error
    if kind not in {"ssh", "tcp", "https"} or not host:
        raise InvalidInput(f"--docker {text!r} is not an address", remedy=f"Write {_FORMS}.")
    if kind == "ssh":
        return SshEngine(host, parts.username or "", port or 22)
    if kind == "https" or options.docker_certificates:
        return _with_tls(host, port or 2376, options.docker_certificates)
    return PlainEngine(host, port or 2375)


def _with_tls(host: str, port: int, folder: Path | None) -> TlsEngine:
    if folder is None:
        return TlsEngine(host, port)
    found = {name: folder / f"{name}.pem" for name in ("ca", "cert", "key")}
    authority, certificate, key = (str(path) if path.is_file() else "" for path in found.values())
    return TlsEngine(host, port, authority=authority, certificate=certificate, key=key)
