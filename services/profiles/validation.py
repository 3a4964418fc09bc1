"""What a profile's fields must be, said field by field in the words shown under each."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from services.profiles.profile import EmbeddedProfile, PlatformProfile, Profile

NAME_LENGTH = 60
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+")


def problems(profile: Profile) -> dict[str, str]:
    """Field to what is wrong with it; empty when the profile can be tried.

    Fields: `name`, `folder`, `contact_points`, `port`, `authority`, `gateway`.
    """
    found = {"name": _name(profile.name)}
    if isinstance(profile, EmbeddedProfile):
        found["folder"] = _folder(profile.folder)
    else:
        found |= _platform(profile)
    return {field: text for field, text in found.items() if text}


def _name(name: str) -> str:
    if not name.strip():
        return "Give the profile a name."
    if len(name) > NAME_LENGTH:
        return f"Use at most {NAME_LENGTH} characters."
    return ""


def _folder(folder: str) -> str:
    if not folder.strip():
        return "Choose a folder for the workspace."
    path = Path(folder).expanduser()
    if not path.is_absolute():
        return "Give the whole path, from the drive or root on."
    if path.exists() and not path.is_dir():
        return "This is a file; choose a folder."
    return ""


def _platform(profile: PlatformProfile) -> dict[str, str]:
    cassandra = profile.cassandra
    found = {"contact_points": _hosts(cassandra.contact_points), "gateway": _gateway(profile.gateway)}
    if not 1 <= cassandra.port <= 65535:
        found["port"] = "A port is a number from 1 to 65535."
    if cassandra.authority and not Path(cassandra.authority).is_file():
        found["authority"] = "There is no such file."
    return found


def _hosts(hosts: tuple[str, ...]) -> str:
    if not hosts:
        return "Name at least one Cassandra host; separate several by commas."
    wrong = next((host for host in hosts if not _HOST.fullmatch(host)), None)
    return "" if wrong is None else f"“{wrong}” is not a host name or address; ports go in the next field."


def _gateway(address: str) -> str:
    if not address.strip():
        return "Give the gateway's address, such as https://relevo.example.com:18080."
    try:
        parts = urlsplit(address)
        complete = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        return "This is not an address; check the port."
    if not complete:
        return "Start with http:// or https:// and name a host."
    if parts.username or parts.password:
        return "Leave user and password out of the address; they are asked for apart."
    return ""
