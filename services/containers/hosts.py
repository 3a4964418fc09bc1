"""The engines a person works with, kept as JSON files like profiles, and what their fields must be."""

import re
from pathlib import Path

from services.containers.addresses import (
    EngineAddress,
    Host,
    LocalEngine,
    PlainEngine,
    SshEngine,
    TlsEngine,
)
from services.documents import DocumentFolder

THIS_MACHINE = Host("This machine", LocalEngine())
"""Always offered, unless a saved host is this machine's own engine."""

NAME_LENGTH = 60
PLAIN_WARNING = (
    "Without TLS nothing protects this port: whoever reaches it can start any container, and through one "
    "read and change everything on that machine. Use TLS or SSH wherever more than a test depends on it."
)
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:]+")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")


class HostFolder(DocumentFolder[Host]):
    """The hosts of one person, in a folder of their own.

    Args:
        folder: made when the first host is saved.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Host, "Docker host")

    def offered(self) -> list[Host]:
        """All readable hosts by name, with this machine's among them."""
        saved = self.all()
        own = any(host.address == THIS_MACHINE.address or host.name == THIS_MACHINE.name for host in saved)
        return saved if own else [THIS_MACHINE, *saved]


def host_problems(host: Host) -> dict[str, str]:
    """Field to what is wrong with it; empty when the host can be tried.

    Fields: `name`, `path`, `host`, `port`, `user`, `authority`, `certificate`, `key`.
    """
    found = {"name": _name(host.name)} | _address(host.address)
    return {field: text for field, text in found.items() if text}


def address_text(address: EngineAddress) -> str:
    """An address in words, as lists show it."""
    match address:
        case LocalEngine():
            return address.path or "the usual socket of this machine"
        case SshEngine():
            user = f"{address.user}@" if address.user else ""
            return f"ssh://{user}{address.host}:{address.port}"
        case TlsEngine():
            return f"https://{address.host}:{address.port}"
        case PlainEngine():
            return f"tcp://{address.host}:{address.port}"


def _name(name: str) -> str:
    if not name.strip():
        return "Give the host a name."
    if len(name) > NAME_LENGTH:
        return f"Use at most {NAME_LENGTH} characters."
    return ""


def _address(address: EngineAddress) -> dict[str, str]:
    if isinstance(address, LocalEngine):
        return {}
    found = {"host": _host(address.host)}
    if not 1 <= address.port <= 65535:
        found["port"] = "A port is a number from 1 to 65535."
    if isinstance(address, SshEngine) and address.user and not _USER.fullmatch(address.user):
        found["user"] = "A user name has letters, digits, dots, hyphens and underscores."
    if isinstance(address, TlsEngine):
        found |= _certificates(address)
    return found


def _host(host: str) -> str:
    if not host.strip():
        return "Name the host, or give its address."
    # A leading hyphen would be read as an option by the SSH client; the pattern allows none.
    if not _HOST_NAME.fullmatch(host):
        return f"“{host}” is not a host name or address; user and port have fields of their own."
    return ""


def _certificates(address: TlsEngine) -> dict[str, str]:
    files = {"authority": address.authority, "certificate": address.certificate, "key": address.key}
    found = {
        field: "There is no such file."
        for field, file in files.items()
        if file and not Path(file).is_file()
    }
    if bool(address.certificate) != bool(address.key):
        missing = "key" if address.certificate else "certificate"
        found[missing] = "Certificate and key belong together; give both or neither."
    return found
