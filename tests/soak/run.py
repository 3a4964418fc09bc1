"""One soak: load, faults by a seed, then the ledger against everything that was kept."""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np

from services.client import GatewayClient
from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.store.connect import open_store
from services.store.identifiers import format_id
from services.store.interface import Store
from tests.soak.ledger import (
    Administrator,
    Application,
    ChampionWatcher,
    Ledger,
    LightWatcher,
    Worker,
)
from tests.soak.parts import FACTORS, PROJECT, Part, SoakedPlatform, wait_until_shipped
from tests.under_load import ids_of, logged_rows
from tests.waiting import eventually

_APPLICATIONS = 4
_CLIENT_SECONDS = 5.0


class Settings(NamedTuple):
    """What a soak does.

    Attributes:
        seed: of the faults and of what is asked.
        seconds: how long faults happen.
        cassandra: whether the store is a Cassandra of its own, which is hit too; otherwise SQLite.
        durability: of the gateways.
    """

    seed: int = 1
    seconds: float = 60.0
    cassandra: bool = False
    durability: str = "disk"


class Result(NamedTuple):
    """What was found; all of `faulty` must be 0.

    Attributes:
        counted: what happened, for people.
        faulty: what must not happen.
    """

    counted: dict[str, int]
    faulty: dict[str, int]


def soak(settings: Settings, told: Callable[[str], None] = lambda _text: None) -> Result:
    """Run one; `told` hears of each fault."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        platform = SoakedPlatform(
            Path(folder), cassandra=settings.cassandra, durability=settings.durability
        )
        stack.enter_context(platform.running())
        clients = [
            stack.enter_context(GatewayClient(address, platform.admin_token, read_seconds=_CLIENT_SECONDS))
            for address in platform.gateways
        ]
        store = open_store(platform.address)
        stack.callback(store.close)
        ledger, champions = Ledger(), ChampionWatcher(store)
        applications = [
            [Application(client, ledger, settings.seed + number) for number in range(_APPLICATIONS)]
            for client in clients
        ]
        administrators = [
            Administrator(client, who) for client, who in zip(clients, ("Ana", "Luis"), strict=True)
        ]
        lights = [
            LightWatcher(client, asking) for client, asking in zip(clients, applications, strict=True)
        ]
        workers = [
            *(Worker(f"application {number}", one.step, 0.01)
              for number, one in enumerate(one for some in applications for one in some)),
            *(Worker("administrator", one.step, 1.0) for one in administrators),
            Worker("champions", champions.step, 0.05),
            *(Worker("lights", one.step, 0.5) for one in lights),
        ]  # fmt: skip
        for worker in workers:
            worker.start()
        try:
            eventually(lambda: len(ledger.rows) > _APPLICATIONS)
            faults = _hurt(platform.parts(), settings, told)
        finally:
            for worker in workers:
                worker.end()
        wait_until_shipped(clients)
        for text, count in Counter(text for one in lights for text in one.green).items():
            told(f"green {count} times while applications were told: {text}")
        return Result(
            {
                "faults": faults,
                "rows acknowledged": len(ledger.rows),
                "labels acknowledged": len(ledger.labels),
                "requests refused meanwhile": ledger.refusals,
                "changes of champion": sum(one.changes for one in administrators),
                "looks at the champion": champions.looks,
            },
            {
                **_compared(store, ledger),
                "moments without exactly one champion": champions.bad,
                "green lights over a blind gateway": sum(len(one.green) for one in lights),
            },
        )


def _hurt(parts: list[Part], settings: Settings, told: Callable[[str], None]) -> int:
    """Kill or pause one part after another, or two at once; how many faults that were."""
    chance = random.Random(settings.seed)
    began, faults = time.monotonic(), 0
    while time.monotonic() - began < settings.seconds:
        time.sleep(chance.uniform(0.5, 3.0))
        hit = chance.sample(parts, chance.choice((1, 1, 2)))
        killed = [part for part in hit if chance.random() < 0.6]
        told(
            f"{time.monotonic() - began:6.1f} s  "
            + ", ".join(f"{part.name} {'killed' if part in killed else 'paused'}" for part in hit)
        )
        for part in hit:
            (part.kill if part in killed else part.pause)()
        time.sleep(chance.uniform(0.2, 4.0))
        for part in hit:
            (part.start if part in killed else part.resume)()
        faults += len(hit)
    return faults


def _compared(store: Store, ledger: Ledger) -> dict[str, int]:
    """The ledger against log, live tables, labels and metrics."""
    logged = logged_rows(store, PROJECT)
    live = {name: _live_rows(store, ledger, name) for name in FACTORS}
    labels = store.labels(PROJECT, ids_of(ledger.labels))
    view = ProjectReader(store, PROJECT).refresh(Span.ALL)
    return {
        "rows lost from the log": sum((row.version, key) not in logged for key, row in ledger.rows.items()),
        "rows twice in the log": sum(count > 1 for count in logged.values()),
        "rows lost from the live tables": sum(
            key not in live[row.version] for key, row in ledger.rows.items()
        ),
        "wrong answers": len(ledger.wrong_answers),
        "rows of another prediction in the live tables": sum(
            live[row.version].get(key, row.prediction) != row.prediction for key, row in ledger.rows.items()
        ),
        "labels lost or wrong": sum(
            not entries or entries[-1].label != value
            for entries, value in zip(labels, ledger.labels.values(), strict=True)
        ),
        "rows that the metrics lack or count twice": sum(
            abs(view.live[name].predictions - sum(version == name for version, _ in logged))
            for name in FACTORS
        ),
    }


def _live_rows(store: Store, ledger: Ledger, version: str) -> dict[str, float]:
    """Id to prediction in a version's live table, of what was acknowledged as answered by it."""
    asked = [key for key, row in ledger.rows.items() if row.version == version]
    found = store.predictions(PROJECT, version, ids_of(asked)) if asked else None
    if found is None:
        return {}
    predictions = np.asarray(found.predicted, dtype=float)
    keys = (format_id(high, low) for high, low in found.ids.tolist())
    return dict(zip(keys, predictions.tolist(), strict=True))
