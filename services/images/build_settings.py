"""How this machine reaches package registries, as build arguments for image builds behind closed networks.

Only build stages that are not an image's last use them (`images/common/settings.sh`), so no image and no
image's history holds one. They may hold passwords: they are shown and logged nowhere.
"""

import os
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path

import certifi
from msgspec import Struct

from services.errors import InvalidInput
from services.images.apt_settings import apt_configuration, apt_sources
from services.images.pip_settings import configuration, pip_settings

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
"""Docker knows these arguments by itself and keeps them out of every image's history."""
CERTIFICATE_VARIABLES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Where people name their authorities' file, the first that is set being used."""
CERTIFICATES_LIMIT = 120_000
"""Characters of a build argument: Linux takes no longer variable than 128 KiB."""


class BuildSettings(Struct, frozen=True):
    """Settings to forward; an empty text means that there is nothing to say.

    Attributes:
        pip: the text of a `pip.conf`.
        apt_sources, apt_configuration: texts of a `sources.list` and an `apt.conf`.
        certificates: PEM texts of authorities that containers do not know.
        proxies: by the names of Docker's own arguments.
    """

    pip: str = ""
    apt_sources: str = ""
    apt_configuration: str = ""
    certificates: str = ""
    proxies: Mapping[str, str] = {}

    def arguments(self) -> dict[str, str]:
        """The build arguments, without the empty ones."""
        named = {
            "RELEVO_PIP_CONFIGURATION": self.pip,
            "RELEVO_APT_SOURCES": self.apt_sources,
            "RELEVO_APT_CONFIGURATION": self.apt_configuration,
            "RELEVO_CERTIFICATES": self.certificates,
        }
        return {name: text for name, text in (named | dict(self.proxies)).items() if text}


def read_build_settings(environment: Mapping[str, str] | None = None) -> BuildSettings:
    """This machine's settings.

    Raises:
        InvalidInput: a setting names a file that cannot be read.
    """
    variables = os.environ if environment is None else environment
    pip = pip_settings(variables)
    return BuildSettings(
        pip=configuration(pip),
        apt_sources=apt_sources(variables),
        apt_configuration=apt_configuration(),
        certificates=further_authorities(variables, pip.get("cert", "")),
        proxies=proxies(variables),
    )


def proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """Proxies that are set; the lower-case name wins, as it does for most programs."""
    found = {name: environment.get(name.lower()) or environment.get(name, "") for name in PROXIES}
    return {name: value for name, value in found.items() if value}


def further_authorities(environment: Mapping[str, str], configured: str = "") -> str:
    """PEM texts of trusted authorities that are not in certifi's list; empty if there are none.

    Args:
        environment: this process's variables.
        configured: the file that pip's configuration names; it comes after the variables.

    Raises:
        InvalidInput: the file that is named cannot be read as certificates, or they are too many.
    """
    named = next((environment[name] for name in CERTIFICATE_VARIABLES if environment.get(name)), configured)
    own, usual = _authorities(named), _authorities(certifi.where())
    text = "".join(map(ssl.DER_cert_to_PEM_cert, sorted(own - usual)))
    if len(text) > CERTIFICATES_LIMIT:
        raise InvalidInput(
            f"{named or 'this system'} trusts more authorities than can be handed to an image build",
            remedy=f"Name a file with your own authorities only in {CERTIFICATE_VARIABLES[0]}.",
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
