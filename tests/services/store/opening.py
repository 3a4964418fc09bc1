"""A process of its own that opens a store at once with others and registers a version there.

Run as `python opening.py ADDRESS PROJECT VERSION`; waits for a line on stdin before it begins.
"""

import sys
from datetime import UTC, datetime

import msgspec

from services.registry.model import Field, Mode, Signature, Task, Version
from services.store.addresses import StoreAddress
from services.store.connect import open_store


def main() -> None:
    """Open, register, close."""
    address, project, name = sys.argv[1:]
    signature = Signature((Field("x", "x"),), Field("y", "y"), Task.REGRESSION)
    print("ready", flush=True)
    sys.stdin.readline()
    store = open_store(msgspec.json.decode(address, type=StoreAddress))
    try:
        version = Version(project, name, Mode.CHALLENGER, signature, "a" * 64, datetime.now(UTC))
        store.register(version, who=name)
    finally:
        store.close()


if __name__ == "__main__":
    main()
