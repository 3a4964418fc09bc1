"""Clients that ask one project all the while, as an application's do: the load that a test works under."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Self

import numpy as np

from services.client import GatewayClient
from services.errors import RelevoError
from services.model_server.deploy import Deploy
from services.publish.csv_rows import Row
from services.store.batches import PredictionBatch
from services.store.identifiers import Ids, format_id, new_ids, parse_id, uuids
from services.store.interface import Store
from tests.waiting import eventually


class Load:
    """Clients that ask for one project until it is left.

    Args:
        gateway: is asked.
        deploy: whose project it is, and which column is the target.
        rows: asked for again and again.
        clients: how many ask at once.
        labels: whether they label what they were told.
        patient: whether they bring their ids and ask again, as clients should, until they are answered.

    Attributes:
        answered: prediction id to the version that answered: what was acknowledged.
        labelled: prediction id to the true value that the gateway said it had accepted.
        failures: of requests for predictions, in words.
    """

    def __init__(
        self,
        gateway: GatewayClient,
        deploy: Deploy,
        rows: list[Row],
        *,
        clients: int = 2,
        labels: bool = True,
        patient: bool = False,
    ) -> None:
        self._gateway, self._project = gateway, deploy.project
        self._target = deploy.signature.target.name
        self._rows, self._labels, self._patient = rows, labels, patient
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(first,), name=f"load-{self._project}-{first}")
            for first in range(clients)
        ]
        self.answered: dict[str, str] = {}
        self.labelled: dict[str, Any] = {}
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def goes_on(self, answers: int = 20) -> None:
        """Wait for so many further answers."""
        enough = len(self.answered) + answers
        eventually_despite_faults(lambda: len(self.answered) >= enough, seen=lambda: self.failures[-1:])

    def _ask(self, first: int) -> None:
        for row in itertools.islice(itertools.cycle(self._rows), first, None):
            if self._stop.is_set():
                return
            ids = [format_id(*new_ids(1).tolist()[0])] if self._patient else None
            while not self._one(row, ids):
                time.sleep(0.1)
                if not self._patient:
                    break
            time.sleep(0.01)

    def _one(self, row: Row, ids: list[str] | None) -> bool:
        """Whether it was answered."""
        instance = {name: value for name, value in row.items() if name != self._target}
        try:
            answer = self._gateway.predict(self._project, [instance], ids=ids)[0]
        except RelevoError as error:
            self.failures.append(f"{type(error).__name__}: {error.message} {error.details}")
            return False
        self.answered[answer.id] = answer.version
        if self._labels:
            self._label(answer.id, row[self._target])
        return True

    def _label(self, identifier: str, label: Any) -> None:
        try:
            self._gateway.label(self._project, [(identifier, label)])
        except RelevoError:
            return  # was not acknowledged
        self.labelled[identifier] = label


def logged_rows(store: Store, project: str) -> Counter[tuple[str, str]]:
    """How often each version's row stands in a project's log: version and prediction id to count."""
    return Counter(
        (batch.version, str(identifier))
        for entry in store.read(project, {})
        if isinstance(batch := entry.batch, PredictionBatch)
        for identifier in uuids(batch.ids)
    )


def ids_of(texts: Iterable[str]) -> Ids:
    """Prediction ids as stores take them, shape (n, 2)."""
    return np.array([parse_id(text) for text in texts], dtype=np.uint64).reshape(-1, 2)


def eventually_despite_faults(
    condition: Callable[[], object], *, seen: Callable[[], object] = lambda: ""
) -> None:
    """Wait until it holds on a platform of which parts are down: an answer that is an error is none yet."""
    eventually(condition, 300, not_yet=RelevoError, seen=seen)
