"""What a person is told of a store that syncs after it answers."""

from app.commands.status import gateway_lines
from app.connection.store_sync import store_sync_words
from services.gateway.messages import Health, SpoolHealth


def test_a_store_that_syncs_first_needs_no_words() -> None:
    assert store_sync_words(Health(store_sync="first")) == ""
    assert store_sync_words(Health()) == ""
    assert len(gateway_lines(Health(store="reachable", store_sync="first"))) == 1


def test_a_late_sync_is_told_with_its_period_and_what_is_kept() -> None:
    health = Health(
        store="reachable", store_sync="periodic", store_sync_seconds=10.0, spool=SpoolHealth(kept_rows=1200)
    )
    told = gateway_lines(health)[1]
    assert "every 10 s, after it answers" in told
    assert "1,200 rows" in told


def test_a_store_that_does_not_tell_is_said_to_be_so() -> None:
    words = store_sync_words(Health(store_sync="unknown", store_sync_seconds=10.0))
    assert "does not tell" in words
