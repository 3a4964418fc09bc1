"""How this machine reaches package registries, as build arguments for image builds behind closed networks.

Only build stages that are not an image's last use them (`images/common/settings.sh`), so no image and no
image's history holds one. They may hold passwords: they are shown and logged nowhere.
"""

import os
from collections.abc import Mapping

from msgspec import Struct

from services.images.apt_settings import apt_configuration, apt_sources
from services.images.certificates import further_authorities
from services.images.pip_settings import configuration, pip_settings

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
"""Docker knows these arguments by itself and keeps them out of every image's history."""


class Forwarded(Struct, frozen=True):
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


def forwarded_settings(environment: Mapping[str, str] | None = None) -> Forwarded:
    """This machine's settings.

    Raises:
        InvalidInput: a setting names a file that cannot be read.
    """
    variables = os.environ if environment is None else environment
    pip = pip_settings(variables)
    return Forwarded(
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
