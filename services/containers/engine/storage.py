"""Networks and volumes of one engine."""

from collections.abc import Mapping

import docker.errors
from msgspec import Struct

from services.containers.engine.connection import Connection
from services.containers.engine.faults import translated


class Volume(Struct, frozen=True):
    """A named volume; `size` in bytes, -1 where the engine does not say."""

    name: str
    labels: Mapping[str, str] = {}
    size: int = -1
    containers: int = -1


class Storage:
    """What is done with networks and volumes; see `Engine` for the words."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure_network(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make a bridge network unless there is one of that name; whether it was made."""
        with translated(self._connection.address):
            if any(found["Name"] == name for found in self._connection.client.networks(names=[name])):
                return False
            self._connection.client.create_network(
                name, driver="bridge", labels=dict(labels), check_duplicate=True
            )
        return True

    def remove_network(self, name: str) -> None:
        """Remove a network; nothing happens if there is none."""
        with translated(self._connection.address):
            try:
                self._connection.client.remove_network(name)
            except docker.errors.NotFound:
                return

    def ensure_volume(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make a volume unless there is one of that name; whether it was made."""
        client = self._connection.client
        with translated(self._connection.address):
            try:
                client.inspect_volume(name)
            except docker.errors.NotFound:
                client.create_volume(name, labels=dict(labels))
                return True
        return False

    def volumes(self) -> list[Volume]:
        """All volumes by name, with their sizes; takes as long as the engine needs to add them up."""
        with translated(self._connection.address):
            found = self._connection.client.df().get("Volumes") or []
        volumes = [
            Volume(
                entry["Name"],
                dict(entry.get("Labels") or {}),
                int((entry.get("UsageData") or {}).get("Size", -1)),
                int((entry.get("UsageData") or {}).get("RefCount", -1)),
            )
            for entry in found
        ]
        return sorted(volumes, key=lambda volume: volume.name)

    def remove_volume(self, name: str) -> None:
        """Remove a volume and what is in it; nothing happens if there is none."""
        with translated(self._connection.address):
            try:
                self._connection.client.remove_volume(name)
            except docker.errors.NotFound:
                return
