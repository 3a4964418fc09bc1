"""The health check of the Python services: what counts as healthy, plainly and over TLS."""

import importlib.util
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import images


@pytest.fixture
def health() -> Any:
    specification = importlib.util.spec_from_file_location("health", images.path("common", "health.py"))
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "gateway.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return tmp_path / "gateway.pem"


@pytest.fixture
def serve(health: Any) -> Iterator[Callable[..., None]]:
    """Answer /health with a status where the check looks, over TLS if a certificate is given."""
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def serve_status(status: int, certificate: Path | None = None) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status if self.path == "/health" else 404)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Tests print nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        running.append((server, thread))
        health.PORT = server.server_port

    yield serve_status
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_only_a_service_that_says_it_is_ready_is_healthy(
    health: Any, serve: Callable[..., None], status: int, code: int
) -> None:
    serve(status)
    assert health.main() == code


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_a_service_with_a_certificate_is_asked_over_tls(
    health: Any, serve: Callable[..., None], certificate: Path, status: int, code: int
) -> None:
    serve(status, certificate)
    assert health.main() == code


def test_a_service_that_does_not_listen_is_not_healthy(health: Any) -> None:
    health.PORT = 1
    assert health.main() == 1
