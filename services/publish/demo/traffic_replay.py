"""Real rows sent as live traffic through the gateway, their true values told later."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from services.client import GatewayClient
from services.errors import Unavailable
from services.publish.csv_rows import Row

_RETRY_SECONDS = 1.0


class ReplayPace(Struct, frozen=True):
    """How quickly rows are asked and their labels told.

    Attributes:
        rows_per_second: rows asked a second; 0 asks as quickly as answers come.
        rows_per_request: rows in one request.
        label_delay: seconds from an answer to its label.
    """

    rows_per_second: float = 4.0
    rows_per_request: int = 2
    label_delay: float = 10.0


class _Progress(Struct):
    """What has been asked (an id a row, in order) and how many of these labels were told."""

    ids: list[str] = []
    labelled: int = 0


class Replay:
    """One project's rows as traffic; goes on where an earlier one of the same file stopped.

    Args:
        gateway: with a client's token.
        rows: inputs and target by name.
        target: the target's name.
        progress_file: remembers ids and told labels between starts.
    """

    def __init__(
        self,
        gateway: GatewayClient,
        project: str,
        rows: Sequence[Row],
        *,
        target: str,
        progress_file: Path,
        pace: ReplayPace,
    ) -> None:
        self._gateway = gateway
        self._project = project
        self._rows = rows
        self._target = target
        self._file = progress_file
        self._pace = pace
        self._done = _read(progress_file)
        self._due: deque[float] = deque([0.0] * (len(self._done.ids) - self._done.labelled))

    @property
    def finished(self) -> bool:
        """Whether every row was asked and every label told."""
        return self._done.labelled == len(self._rows)

    def run(self, stopped: threading.Event) -> None:
        """Ask and tell until everything is done or `stopped` is set; waits for a gateway that is away."""
        while not self.finished and not stopped.is_set():
            began = time.monotonic()
            try:
                asked = self._send_rows()
                labelled = self._send_labels()
            except Unavailable as error:
                stopped.wait(max(error.retry_after, _RETRY_SECONDS))
                continue
            if asked or labelled:
                self._save_progress()
            stopped.wait(self._pause(asked, time.monotonic() - began))

    def _pause(self, asked: int, spent: float) -> float:
        if asked and self._pace.rows_per_second:
            return max(0.0, asked / self._pace.rows_per_second - spent)
        if asked or not self._due:
            return 0.0
        return max(0.0, self._due[0] - time.monotonic())

    def _send_rows(self) -> int:
        first = len(self._done.ids)
        part = self._rows[first : first + self._pace.rows_per_request]
        if not part:
            return 0
        instances = [{name: value for name, value in row.items() if name != self._target} for row in part]
        answers = self._gateway.predict(self._project, instances)
        self._done.ids += [answer.id for answer in answers]
        self._due += [time.monotonic() + self._pace.label_delay] * len(answers)
        return len(answers)

    def _send_labels(self) -> int:
        now = time.monotonic()
        count = sum(1 for due in self._due if due <= now)
        first = self._done.labelled
        labels = [
            (self._done.ids[number], self._rows[number][self._target])
            for number in range(first, first + count)
        ]
        if labels:
            self._gateway.label(
                self._project, [(identifier, label) for identifier, label in labels if label is not None]
            )
        for _ in range(count):
            self._due.popleft()
        self._done.labelled += count
        return count

    def _save_progress(self) -> None:
        draft = self._file.with_suffix(".draft")
        draft.write_bytes(msgspec.json.encode(self._done))
        draft.replace(self._file)


def _read(file: Path) -> _Progress:
    if not file.exists():
        return _Progress()
    return msgspec.json.decode(file.read_bytes(), type=_Progress)
