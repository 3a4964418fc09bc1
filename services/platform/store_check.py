"""Whether a platform's store fits together, compared on its own network."""

from services.containers.interface import ContainerHost, Progress
from services.platform.discovery import not_up, require_platform
from services.platform.one_off_containers import one_off_container, run_to_end
from services.platform.parts import MEGABYTE
from services.platform.specification import store_options

_CHECK_SECONDS = 24 * 3600.0
_CHECK_MEMORY = 1024 * MEGABYTE


def check_store(engine: ContainerHost, platform: str, *, repair: bool, progress: Progress) -> str:
    """Compare what the store has of each project; the JSON that `relevo prepare check` printed.

    Args:
        engine: where.
        platform: whose store.
        repair: whether what can be repaired is.
        progress: told what goes on; may raise Cancelled.

    Raises:
        NotFound: there is no such platform on the engine, or it is taken down.
        Unavailable: it did not come to its end; the message says why.
    """
    discovered = require_platform(engine, platform)
    supervisor = discovered.parts.get("supervisor")
    if supervisor is None or discovered.secrets is None:
        raise not_up(discovered)
    words = ("prepare", "check", *store_options(platform), *(("--repair",) if repair else ()))
    spec = one_off_container(
        platform,
        supervisor.image,
        words,
        environment={"RELEVO_CASSANDRA_PASSWORD": discovered.secrets.services},
        network=platform,
        memory=_CHECK_MEMORY,
    )
    return run_to_end(engine, spec, progress, "Comparing log, live tables and rollups", _CHECK_SECONDS)
