"""`relevo prepare disk|store`: what a platform's set-up does from inside its network; not for people.

Prints one JSON line. Passwords come by environment.
"""

import argparse

import msgspec

from app.commands.options import add_store_options, log_to_standard_error, store_address
from services.platform.store_bootstrap import measure_disk, prepare_store


def main(arguments: list[str]) -> int:
    """Do it and say what came of it."""
    parser = argparse.ArgumentParser(prog="relevo prepare", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("disk", help="measure the disk that this container lies on")
    store = tasks.add_parser("store", help="make tables and roles, add an administrator's token")
    store.add_argument("--add-token", action="store_true", help="also if there is an administrator's")
    add_store_options(store)
    options = parser.parse_args(arguments)
    log_to_standard_error()
    if options.task == "disk":
        result = msgspec.json.encode(measure_disk())
    else:
        result = msgspec.json.encode(prepare_store(store_address(options), always=options.add_token))
    print(result.decode())
    return 0
