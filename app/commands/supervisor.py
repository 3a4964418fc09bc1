"""`relevo supervisor`: the process that packs the log and keeps rollups; one of any number leads."""

import argparse
import os
import signal
from pathlib import Path

from app.commands.options import (
    PASSWORD_VARIABLE,
    add_alert_options,
    add_store_options,
    alert_channels,
    log_to_standard_error,
    secret_of,
    store_address,
)
from services.alerts.dispatcher import Dispatcher
from services.containers.parent_watch import watch_parent
from services.store.connect import open_store
from services.store.interface import Store
from services.supervisor.champion_watch import WatchChampions
from services.supervisor.leadership import LEASE_SECONDS
from services.supervisor.supervisor import PAUSE_SECONDS, Supervisor
from services.supervisor.tasks import PeriodicTask, leader_tasks

HEARTBEAT_VARIABLE = "RELEVO_HEARTBEAT"


def main(arguments: list[str]) -> int:
    """Supervise until told to stop."""
    options = _parser().parse_args(arguments)
    log_to_standard_error()
    address = store_address(options)
    password = secret_of(PASSWORD_VARIABLE)
    channels = alert_channels(options)

    def make_tasks(store: Store) -> list[PeriodicTask]:
        return [WatchChampions(store, Dispatcher(store, channels)), *leader_tasks(store)]

    supervisor = Supervisor(
        lambda: open_store(address, password=password),
        make_tasks=make_tasks,
        pause_seconds=options.pause_seconds,
        lease_seconds=options.lease_seconds,
        beat=Path(options.heartbeat).touch if options.heartbeat else lambda: None,
    )

    def end(*_: object) -> None:
        supervisor.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    if options.held:
        watch_parent(supervisor.stop)
    supervisor.run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="relevo supervisor",
        description="Packs the log, keeps rollups, and ends what nobody works on; one of many leads.",
    )
    add_store_options(parser)
    add_alert_options(parser)
    parser.add_argument(
        "--pause-seconds", type=float, default=PAUSE_SECONDS, help="between two rounds of work"
    )
    parser.add_argument(
        "--lease-seconds", type=float, default=LEASE_SECONDS,
        help="after which another supervisor takes over from one that is gone",
    )  # fmt: skip
    parser.add_argument(
        "--heartbeat",
        default=os.environ.get(HEARTBEAT_VARIABLE, ""),
        help=f"a file touched while it works, for health checks; by default {HEARTBEAT_VARIABLE} names it",
    )
    parser.add_argument("--held", action="store_true", help="end when standard input does")
    return parser
