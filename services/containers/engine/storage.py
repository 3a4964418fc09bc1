"""Networks and volumes of one engine."""

import contextlib
import threading
from collections.abc import Mapping
from typing import Any

import docker.errors

from services.containers.engine.connection import EngineConnection
from services.containers.engine.images import usage_of_disk
from services.containers.engine.names import checked_name
from services.containers.model import Volume


class Storage:
    """What is done with networks and volumes; see `Engine` for the words."""

    def __init__(self, connection: EngineConnection) -> None:
        self._connection = connection
        self._making = threading.Lock()

    def ensure_network(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make a bridge network unless there is one of that name; whether it was made.

        An engine lets several networks have one name: of those made at the same moment the oldest stays.
        """
        checked_name(name, "network")
        with self._making, self._connection.client() as client:
            if _named(client, name):
                return False
            made = client.create_network(name, driver="bridge", labels=dict(labels))["Id"]
            oldest = min(_named(client, name), key=lambda found: (found["Created"], found["Id"]))
            if oldest["Id"] == made:
                return True
            client.remove_network(made)
            return False

    def remove_network(self, name: str) -> None:
        """Remove a network; nothing happens if there is none."""
        checked_name(name, "network")
        with self._connection.client() as client, contextlib.suppress(docker.errors.NotFound):
            client.remove_network(name)

    def ensure_volume(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make a volume unless there is one of that name; whether it was made."""
        checked_name(name, "volume")
        with self._connection.client() as client:
            try:
                client.inspect_volume(name)
            except docker.errors.NotFound:
                client.create_volume(name, labels=dict(labels))
                return True
        return False

    def volumes(self, *, sizes: bool) -> list[Volume]:
        """All volumes by name; with `sizes` it takes as long as the engine needs to add them up."""
        if sizes:
            found = usage_of_disk(self._connection)["Volumes"] or []
        else:
            with self._connection.client() as client:
                found = client.volumes()["Volumes"] or []
        volumes = []
        for entry in found:
            use = entry.get("UsageData") or {}
            volumes.append(
                Volume(
                    entry["Name"],
                    dict(entry.get("Labels") or {}),
                    int(use.get("Size", -1)),
                    int(use.get("RefCount", -1)),
                )
            )
        return sorted(volumes, key=lambda volume: volume.name)

    def remove_volume(self, name: str) -> None:
        """Remove a volume and what is in it; nothing happens if there is none."""
        checked_name(name, "volume")
        with self._connection.client() as client, contextlib.suppress(docker.errors.NotFound):
            client.remove_volume(name)


def _named(client: Any, name: str) -> list[dict[str, Any]]:
    """The networks of exactly that name; the engine's filter finds parts of names too."""
    return [found for found in client.networks(names=[name]) if found["Name"] == name]
