"""What a person is told of a store that syncs only after it answers."""

from services.gateway.messages import Health


def store_sync_words(health: Health) -> str:
    """How the store syncs and what the gateway does about it; empty where nothing need be told."""
    if health.store_sync not in {"periodic", "unknown"}:
        return ""
    told = (
        f"the store syncs its commit log every {health.store_sync_seconds:g} s, after it answers"
        if health.store_sync == "periodic"
        else "the store does not tell how it syncs its commit log; perhaps only every "
        f"{health.store_sync_seconds:g} s, after it answers"
    )
    return f"{told}; the gateway keeps what it shipped until then"
