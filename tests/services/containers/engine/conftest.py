"""A relay before the engine, certificates made for the test, and containers that go with it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, RestartPolicy
from tests.services.containers.engine.relay import Relay

Run = Callable[..., str]


@pytest.fixture
def checked(engine: Engine, small_image: str) -> Iterator[Callable[[str], str]]:
    """Makes an image whose health check is that command, asked five times a second."""
    made: list[str] = []

    def image(command: str) -> str:
        with engine.connection.client() as client:
            base = client.create_container(small_image, ["true"])
            change = f"HEALTHCHECK --interval=200ms --timeout=5s --retries=2 CMD {command}"
            made.append(client.commit(base, changes=[change])["Id"])
            client.remove_container(base)
        return made[-1]

    yield image
    for identifier in made:
        engine.remove_image(identifier, force=True)


@pytest.fixture
def run(
    engine: Engine,
    small_image: str,
    checked: Callable[[str], str],
    unique_name: Callable[[str], str],
) -> Iterator[Run]:
    """Start a container by a shell script, with what else its spec takes; it goes with the test."""
    made: list[str] = []

    def started(script: str = "sleep inf", **named: object) -> str:
        settings: dict[str, Any] = {
            "name": unique_name(f"c{len(made)}"),
            "image": small_image,
            "command": ("sh", "-c", script),
            "restart": RestartPolicy.NEVER,
            "stop_seconds": 1,
        }
        made.append(engine.run(ContainerSpec(**(settings | named))))
        return made[-1]

    yield started
    for identifier in made:
        if engine.find_container(identifier) is not None:
            engine.remove(identifier, force=True, volumes=True)


@pytest.fixture
def relay(engine: Engine, tmp_path: Path) -> Iterator[Relay]:
    """A socket that leads to the engine until it is cut."""
    made = Relay(tmp_path / "engine.sock")
    yield made
    made.cut()


class Authority:
    """Signs certificates; all of them last an hour."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self._key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False,
            encipher_only=False, decipher_only=False,
        )  # fmt: skip
        own = (
            self._begun(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = _written(folder / f"{name}.pem", own.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[str, str]:
        """Paths of a certificate, for 127.0.0.1 as server or client, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        uses = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        signed = (
            self._begun(subject, key)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
            )
            .add_extension(x509.ExtendedKeyUsage(uses), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return (
            _written(self._folder / f"{name}.pem", signed.public_bytes(serialization.Encoding.PEM)),
            _written(self._folder / f"{name}.key", private),
        )

    def _begun(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )


def _written(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Trusted by the engine's side."""
    return Authority(tmp_path, "authority")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    """Trusted by nobody."""
    return Authority(tmp_path, "stranger")
