"""Options that several commands share: where the store is, and logging to standard error."""

import argparse
import logging
import os
import sys
from pathlib import Path

from services.alerts.channels import Channel, ChannelSecrets, channel_name, make_channel
from services.errors import InvalidInput
from services.store.addresses import CassandraAddress, SqliteAddress, StoreAddress

ALERTS_VARIABLE = "RELEVO_ALERTS"
ALERT_SECRET_VARIABLE = "RELEVO_ALERT_SECRET"  # noqa: S105 - the variable's name, not a secret
ALERT_MAIL_PASSWORD_VARIABLE = "RELEVO_ALERT_MAIL_PASSWORD"  # noqa: S105 - the variable's name
PASSWORD_VARIABLE = "RELEVO_CASSANDRA_PASSWORD"  # noqa: S105 - the variable's name, not a password


def secret_of(variable: str) -> str:
    """A secret from the environment, or from the file that `<variable>_FILE` names; empty if not set.

    Raises:
        InvalidInput: the file cannot be read.
    """
    file = os.environ.get(f"{variable}_FILE", "")
    if not file:
        return os.environ.get(variable, "")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidInput(f"{variable}_FILE: {file} cannot be read", details=str(error)) from error


def add_store_options(parser: argparse.ArgumentParser) -> None:
    """Add `--store` and what a Cassandra address needs beside it."""
    group = parser.add_argument_group("store")
    group.add_argument("--store", required=True, help="sqlite:FOLDER or cassandra:HOST[,HOST][:PORT]")
    group.add_argument("--cassandra-user", default="", help=f"password from {PASSWORD_VARIABLE}")
    group.add_argument("--cassandra-data-centre", default="")
    group.add_argument("--cassandra-tls", action="store_true")
    group.add_argument("--cassandra-authority", default="", help="PEM file of the authority")
    group.add_argument("--cassandra-prefix", default="", help="put before both keyspaces' names")
    group.add_argument("--cassandra-replication", type=int, default=1)


def add_alert_options(parser: argparse.ArgumentParser) -> None:
    """Add `--alert`, which may stand several times."""
    parser.add_argument(
        "--alert", action="append", metavar="CHANNEL", default=[],
        help="log, webhook=https://… or email=smtps://user@host?from=…&to=…; may stand several times "
        f"(default: what {ALERTS_VARIABLE} holds, else log). "
        f"Secrets come from {ALERT_SECRET_VARIABLE} and {ALERT_MAIL_PASSWORD_VARIABLE}.",
    )  # fmt: skip


def alert_channels(options: argparse.Namespace) -> dict[str, Channel]:
    """The channels that the options name, by what they were named as.

    Raises:
        InvalidInput: one of them is none, or lacks its secret.
    """
    secrets = ChannelSecrets(secret_of(ALERT_SECRET_VARIABLE), secret_of(ALERT_MAIL_PASSWORD_VARIABLE))
    texts = options.alert or os.environ.get(ALERTS_VARIABLE, "").split() or ["log"]
    return {channel_name(text): make_channel(text, secrets) for text in texts}


def store_address(options: argparse.Namespace) -> StoreAddress:
    """The address that the options name; InvalidInput says how one is written."""
    kind, _, rest = options.store.partition(":")
    if kind == "sqlite" and rest:
        return SqliteAddress(rest)
    if kind != "cassandra" or not rest:
        raise InvalidInput(
            f"--store {options.store!r} is not an address",
            remedy="Write sqlite:FOLDER or cassandra:HOST[,HOST][:PORT].",
        )
    hosts, _, port = rest.partition(":")
    if port and not port.isdecimal():
        raise InvalidInput(f"--store {options.store!r}: {port!r} is not a port number")
    return CassandraAddress(
        contact_points=tuple(hosts.split(",")),
        port=int(port or 9042),
        user=options.cassandra_user,
        data_centre=options.cassandra_data_centre,
        tls=options.cassandra_tls,
        authority=options.cassandra_authority,
        keyspace_prefix=options.cassandra_prefix,
        replication=options.cassandra_replication,
    )


def log_to_standard_error(level: int = logging.INFO) -> None:
    """One line an event, with the time, to standard error."""
    logging.basicConfig(
        stream=sys.stderr, level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
