"""`relevo prepare disk|store|check`: what is done from inside a platform's network; not for people.

Prints one JSON line. Passwords come by environment.
"""

import argparse

import msgspec

from app.commands.options import (
    PASSWORD_VARIABLE,
    add_store_options,
    log_to_standard_error,
    secret_of,
    store_address,
)
from services.platform.store_bootstrap import measure_disk, prepare_store
from services.store.connect import open_store
from services.supervisor.consistency import Consistency, check_projects


def main(arguments: list[str]) -> int:
    """Do it and say what came of it."""
    parser = argparse.ArgumentParser(prog="relevo prepare", description=__doc__)
    tasks = parser.add_subparsers(dest="task", required=True)
    tasks.add_parser("disk", help="measure the disk that this container lies on")
    store = tasks.add_parser("store", help="make tables and roles, add an administrator's token")
    store.add_argument("--add-token", action="store_true", help="also if there is an administrator's")
    add_store_options(store)
    check = tasks.add_parser("check", help="compare what the store has of each project")
    check.add_argument("--repair", action="store_true", help="bring what is lacking")
    add_store_options(check)
    options = parser.parse_args(arguments)
    log_to_standard_error()
    if options.task == "disk":
        result = msgspec.json.encode(measure_disk())
    elif options.task == "check":
        result = msgspec.json.encode(_check(options))
    else:
        result = msgspec.json.encode(prepare_store(store_address(options), always=options.add_token))
    print(result.decode())
    return 0


def _check(options: argparse.Namespace) -> list[Consistency]:
    store = open_store(store_address(options), password=secret_of(PASSWORD_VARIABLE))
    try:
        return check_projects(store, repair=options.repair)
    finally:
        store.close()
