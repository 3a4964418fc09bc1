"""Clients that write down what was acknowledged, administrators that change the champion, watchers."""

import random
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from services.client import GatewayClient
from services.errors import RelevoError
from services.gateway import messages
from services.registry.model import Mode
from services.store.identifiers import format_id, new_ids
from services.store.interface import Store
from tests.soak.parts import FACTORS, PROJECT

SILENT_SECONDS = 20.0
"""A gateway whose applications got no answer for so long must have said so.

Fifteen seconds may a service take to start after its gateway, and five to be noticed.
"""


class Acknowledged(NamedTuple):
    """A row that a gateway answered with 200."""

    version: str
    x: float
    prediction: float


class Ledger:
    """What was acknowledged; used by many threads, each under ids of its own."""

    def __init__(self) -> None:
        self.rows: dict[str, Acknowledged] = {}
        self.labels: dict[str, float] = {}
        self.wrong_answers: list[str] = []
        self.refusals = 0

    def answered(self, identifier: str, version: str, x: float, prediction: float) -> None:
        """A row was answered."""
        self.rows[identifier] = Acknowledged(version, x, prediction)
        if prediction != FACTORS[version] * x:
            self.wrong_answers.append(f"{version} answered {prediction} for {x}")


class Worker(threading.Thread):
    """Does something again and again until it is told to stop; keeps what it did not expect.

    Args:
        step: what it does; errors of Relevo's kinds are part of the exercise.
        pause: seconds between two steps.
    """

    def __init__(self, name: str, step: Callable[[], None], pause: float) -> None:
        super().__init__(name=name)
        self._step, self._pause = step, pause
        self._stop_asked = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        """Until it is told to stop, or fails in a way that nobody expects."""
        while not self._stop_asked.is_set():
            try:
                self._step()
            except RelevoError:
                pass
            except BaseException as error:
                self.error = error
                raise
            self._stop_asked.wait(self._pause)

    def end(self) -> None:
        """Tell it to stop, and wait until it has; raises what ended it before."""
        self._stop_asked.set()
        self.join()
        if self.error is not None:
            raise self.error


class Application:
    """Asks one gateway with ids of its own, again until it is answered, and labels what it was told.

    Attributes:
        last_answer: when it was answered last (monotonic).
        asked: how often it has asked since.
        refusal: what it was told instead, last.
    """

    def __init__(self, gateway: GatewayClient, ledger: Ledger, seed: int) -> None:
        self._gateway, self._ledger, self._random = gateway, ledger, random.Random(seed)
        self._waiting: tuple[str, float] | None = None
        self._unlabelled: str | None = None
        self.last_answer, self.asked = time.monotonic(), 0
        self.refusal = ""

    def step(self) -> None:
        """Ask once; then tell the true value of what was answered."""
        if self._unlabelled is None:
            self._ask()
        self._label()

    def _ask(self) -> None:
        if self._waiting is None:
            self._waiting = format_id(*new_ids(1).tolist()[0]), float(self._random.randrange(1_000))
        identifier, x = self._waiting
        self.asked += 1
        try:
            (answer,) = self._gateway.predict(PROJECT, [{"x": x}], ids=[identifier])
        except RelevoError as error:
            self._ledger.refusals += 1
            self.refusal = error.message
            raise
        self._waiting, self.last_answer, self.asked = None, time.monotonic(), 0
        assert isinstance(answer.prediction, float)
        self._ledger.answered(identifier, answer.version, x, answer.prediction)
        self._unlabelled = identifier

    def _label(self) -> None:
        identifier = self._unlabelled
        if identifier is None:
            return
        value = self._ledger.rows[identifier].x
        self._gateway.label(PROJECT, [(identifier, value)])
        self._ledger.labels[identifier] = value
        self._unlabelled = None


class Administrator:
    """Makes the other version the champion, against what was seen last; two of them race.

    Attributes:
        changes: how many were applied.
    """

    def __init__(self, gateway: GatewayClient, who: str) -> None:
        self._gateway, self._who = gateway, who
        self.changes = 0

    def step(self) -> None:
        """One change, whether the new champion answers or not."""
        project = self._gateway.project(PROJECT)
        other = next(name for name in FACTORS if name != project.champion)
        self._gateway.change_champion(
            PROJECT,
            messages.ChampionRequest(
                other, project.champion, project.generation, "soak", self._who, force=True
            ),
        )
        self.changes += 1


class ChampionWatcher:
    """Looks at the registry in the store.

    Attributes:
        looks: how often it was read.
        bad: looks that found none, two, or another than the pointer names.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.looks = self.bad = 0

    def step(self) -> None:
        """One look."""
        project = self._store.project(PROJECT)
        assert project is not None
        champions = [version.name for version in project.versions if version.mode is Mode.CHAMPION]
        self.looks += 1
        self.bad += champions != [project.champion]


class LightWatcher:
    """Looks whether a gateway says that all is well while its applications get no answer.

    Attributes:
        green: what applications were told at moments of that kind.
    """

    def __init__(self, gateway: GatewayClient, applications: list[Application]) -> None:
        self._gateway, self._applications = gateway, applications
        self.green: list[str] = []

    def step(self) -> None:
        """One look; a gateway that does not answer is no green light."""
        health = self._gateway.health()
        silent = [
            one
            for one in self._applications
            if one.asked > 2 and time.monotonic() - one.last_answer > SILENT_SECONDS
        ]
        well = health.store == "reachable" and not health.outages and not health.shipping
        if well and silent and len(silent) == len(self._applications):
            self.green.append(silent[0].refusal)
