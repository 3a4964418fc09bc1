"""A profile says where one platform is; profiles are kept as JSON files, one a profile."""

from pathlib import Path

from msgspec import Struct

from services.containers.addresses import EngineAddress
from services.documents import DocumentFolder
from services.store.addresses import CassandraAddress


class EmbeddedProfile(Struct, frozen=True, tag="embedded"):
    """A workspace folder on this machine; its store, gateway and services are local processes."""

    name: str
    folder: str


class PlatformProfile(Struct, frozen=True, tag="platform"):
    """A platform on servers: its Cassandra and the gateway's address, such as `https://host:18080`.

    Attributes:
        docker: the engine that its containers run on; None if it was set up by hand.
        platform: its name there.
    """

    name: str
    cassandra: CassandraAddress
    gateway: str
    docker: EngineAddress | None = None
    platform: str = ""


Profile = EmbeddedProfile | PlatformProfile


class ProfileFolder(DocumentFolder[Profile]):
    """The profiles of one person, in a folder of their own.

    Args:
        folder: made when the first profile is saved.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Profile, "profile")
