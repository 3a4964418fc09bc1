"""What the driver's errors are told as."""

import pytest
from cassandra.protocol import ServerError

from services.errors import NotFound, Unavailable
from services.store.cassandra.errors import translate


@pytest.mark.parametrize("write", [False, True])
def test_a_table_that_its_maker_has_not_opened_yet_is_not_there_rather_than_an_outage(write: bool) -> None:
    unopened = ServerError(
        0, "java.lang.IllegalArgumentException: Unknown CF 1b255f4d-ef25-40a6-0000-000000000009", None
    )

    assert isinstance(translate(unopened, write=write), NotFound)


def test_other_faults_of_the_server_are_an_outage() -> None:
    fault = ServerError(0, "java.lang.NullPointerException", None)

    assert isinstance(translate(fault, write=False), Unavailable)
