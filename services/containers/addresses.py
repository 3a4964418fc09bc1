"""Where a Docker Engine is: plain data that profiles keep; never a password or a key."""

from msgspec import Struct


class LocalEngine(Struct, frozen=True, tag="local"):
    """The engine of this machine: its socket, or on Windows its named pipe; empty takes the usual one."""

    path: str = ""


class TlsEngine(Struct, frozen=True, tag="tls"):
    """An engine behind mutual TLS.

    Attributes:
        authority, certificate, key: paths of PEM files on this machine.
    """

    host: str
    port: int = 2376
    authority: str = ""
    certificate: str = ""
    key: str = ""


class SshEngine(Struct, frozen=True, tag="ssh"):
    """An engine reached through SSH, with this machine's own SSH client, keys and known hosts."""

    host: str
    user: str = ""
    port: int = 22


class PlainEngine(Struct, frozen=True, tag="plain"):
    """An engine on an unprotected TCP port: whoever reaches the port owns its machine."""

    host: str
    port: int = 2375


EngineAddress = LocalEngine | TlsEngine | SshEngine | PlainEngine


class Host(Struct, frozen=True):
    """A named engine, as the switcher shows it."""

    name: str
    address: EngineAddress
