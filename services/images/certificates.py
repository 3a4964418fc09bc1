"""Certificate authorities that this machine trusts beyond those that every container trusts anyway."""

import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path

import certifi

from services.errors import InvalidInput

VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where people name their authorities' file, the first that is set being used."""
LIMIT = 120_000
"""Characters of a build argument: Linux takes no longer variable than 128 KiB."""


def further_authorities(environment: Mapping[str, str], configured: str = "") -> str:
    """PEM texts of trusted authorities that are not in certifi's list; empty if there are none.

    Args:
        environment: this process's variables.
        configured: the file that pip's configuration names; it comes after the variables.

    Raises:
        InvalidInput: the file that is named cannot be read as certificates, or they are too many.
    """
    named = next((environment[name] for name in VARIABLES if environment.get(name)), configured)
    own, usual = _authorities(named), _authorities(certifi.where())
    text = "".join(map(ssl.DER_cert_to_PEM_cert, sorted(own - usual)))
    if len(text) > LIMIT:
        raise InvalidInput(
            f"{named or 'this system'} trusts more authorities than can be handed to an image build",
            remedy=f"Name a file with your own authorities only in {VARIABLES[0]}.",
        )
    return text


def _authorities(file: str) -> set[bytes]:
    """Certificates (DER) of a file, of a folder's files, or for an empty name of the system's store."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if not file:
            context.load_default_certs()
        for part in _files(Path(file)) if file else ():
            context.load_verify_locations(cafile=str(part))
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(f"{file}: the certificates cannot be read", details=str(error)) from error
    return set(context.get_ca_certs(binary_form=True))


def _files(place: Path) -> Iterable[Path]:
    return sorted(place.glob("*.pem")) if place.is_dir() else (place,)
