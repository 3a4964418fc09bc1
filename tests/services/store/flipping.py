"""A process of its own that changes a project's champion, or only watches it, until it is told to stop.

Run as `python flipping.py ADDRESS PROJECT WHO ATTEMPTS`: with no attempts it watches until stdin ends.
Prints one JSON line with what it saw; ends with an error at the first look without exactly one champion.
"""

import json
import sys
import threading
import time
from datetime import UTC, datetime

import msgspec

from services.errors import Conflict
from services.registry.model import ChampionChange, Mode, Project
from services.store.addresses import StoreAddress
from services.store.cassandra import CassandraStore
from services.store.connect import open_store
from services.store.interface import Store

PAUSE_SECONDS = 0.005
"""Between two looks of who only watches: about a look for every second flip."""


def look(store: Store, name: str) -> Project:
    """The project, proven to have one champion, the one that its pointer names."""
    project = store.project(name)
    if project is None:
        raise SystemExit(f"project {name!r} is not there")
    champions = [version.name for version in project.versions if version.mode is Mode.CHAMPION]
    if champions != [project.champion]:
        raise SystemExit(f"pointer {project.champion!r}, but champions {champions}")
    return project


def flip(store: Store, name: str, who: str, attempts: int) -> dict[str, int]:
    """Change the champion so many times, against whatever was seen last."""
    seen, applied = look(store, name), 0
    for _ in range(attempts):
        other = next(version.name for version in seen.versions if version.name != seen.champion)
        change = ChampionChange(
            name, seen.generation + 1, datetime.now(UTC), seen.champion, other, who, "race"
        )
        try:
            seen = store.change_champion(change, seen_generation=seen.generation)
            applied += 1
        except Conflict:
            seen = look(store, name)
    return {"applied": applied}


def watch(store: Store, name: str) -> dict[str, int]:
    """Look until stdin ends; generations never go back."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    looks, generation = 0, 0
    while not ended.is_set():
        project = look(store, name)
        if project.generation < generation:
            raise SystemExit(f"generation went back from {generation} to {project.generation}")
        generation, looks = project.generation, looks + 1
        if isinstance(store, CassandraStore):
            # Its reads go through the same agreement as flips: without a pause they mostly hold these up.
            time.sleep(PAUSE_SECONDS)
    return {"looks": looks, "generation": generation}


def main() -> None:
    """Do what the command line says."""
    address, name, who, attempts = sys.argv[1:]
    store = open_store(msgspec.json.decode(address, type=StoreAddress))
    try:
        result = flip(store, name, who, int(attempts)) if int(attempts) else watch(store, name)
    finally:
        store.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
