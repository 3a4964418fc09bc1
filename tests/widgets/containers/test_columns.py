"""What a container's line says, in words with colours."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from services.containers.model import ContainerHealth, ContainerState, Port
from widgets.containers.columns import COLUMNS, Note, row_for
from widgets.tables.cells import Cell
from widgets.theme import State


def cells(made: SimpleNamespace, note: Note | None = None, **named: object) -> dict[str, Cell]:
    row = row_for(made.container(**named), {}, note, made.NOW)
    return dict(zip((column.key for column in COLUMNS), row.cells, strict=True))


@pytest.mark.parametrize(
    ("state", "code", "word", "colour"),
    [
        (ContainerState.RUNNING, None, "running", State.GOOD),
        (ContainerState.EXITED, 0, "exited", State.NEUTRAL),
        (ContainerState.EXITED, 1, "exited: 1", State.BAD),
        (ContainerState.EXITED, 137, "exited: killed", State.BAD),
        (ContainerState.EXITED, 143, "exited: stopped", State.NEUTRAL),
        (ContainerState.PAUSED, None, "paused", State.WARNING),
        (ContainerState.DEAD, None, "dead", State.BAD),
    ],
)
def test_a_state_has_a_word_and_a_colour_and_a_failure_says_how_it_ended(
    made: SimpleNamespace, state: ContainerState, code: int | None, word: str, colour: State
) -> None:
    cell = cells(made, state=state, exit_code=code)["state"]
    assert (cell.text, cell.state) == (word, colour)


def test_health_is_told_only_while_it_runs(made: SimpleNamespace) -> None:
    assert cells(made, health=ContainerHealth.UNHEALTHY)["health"].state is State.BAD
    ended = cells(made, health=ContainerHealth.UNHEALTHY, state=ContainerState.EXITED, exit_code=1)
    assert ended["health"].text == "–"


def test_age_counts_from_the_start_while_it_runs_and_from_the_end_after(made: SimpleNamespace) -> None:
    assert cells(made)["age"].text == "up 1 h"
    ended = cells(made, state=ContainerState.EXITED, exit_code=0, finished=made.NOW - timedelta(minutes=5))
    assert ended["age"].text == "5 min ago"
    assert cells(made, state=ContainerState.CREATED, started=None)["age"].text == "2 h ago"


def test_published_ports_come_first(made: SimpleNamespace) -> None:
    ports = (Port(9000), Port(8000, 18000, "0.0.0.0"), Port(53, 1053, protocol="udp"))
    assert cells(made, ports=ports)["ports"].text == "1053→53/udp, 18000→8000, 9000"


def test_what_is_not_relevos_is_said_to_be_so(made: SimpleNamespace) -> None:
    assert cells(made)["role"].text == "not Relevo’s"
    assert cells(made, labels={"relevo.role": "gateway"})["role"].text == "gateway"
    assert cells(made, labels={"relevo.platform": "relevo"})["role"].text == "other"


def test_a_note_goes_before_the_engines_own_words(made: SimpleNamespace) -> None:
    assert cells(made, error="port is taken")["note"].state is State.BAD
    assert cells(made, restarts=1)["note"].text == "restarted 1 time"
    assert cells(made, Note("stopping…"), error="port is taken")["note"].text == "stopping…"
