"""`relevo alerts test`: send a test by alert channels, as the supervisor would send an alert."""

import argparse
import sys
from datetime import UTC, datetime

from app.commands.options import add_alert_options, alert_channels
from services.alerts.model import Alert, AlertState, Severity
from services.errors import RelevoError


def main(arguments: list[str]) -> int:
    """Send one test by each channel and tell what became of it; 1 if one was not taken."""
    parser = argparse.ArgumentParser(prog="relevo alerts", description=__doc__)
    parser.add_argument("deed", choices=["test"])
    add_alert_options(parser)
    channels = alert_channels(parser.parse_args(arguments))
    alert = Alert(
        rule="test",
        severity=Severity.WARNING,
        state=AlertState.TEST,
        title="A test of Relevo's alerts",
        message="Nothing is wrong: somebody tests whether alerts arrive.",
        since=datetime.now(UTC),
    )
    failed = 0
    for name, channel in channels.items():
        try:
            channel.send(alert)
        except RelevoError as error:
            failed += 1
            print(f"{name}: not taken: {error.message} {error.details}".rstrip(), file=sys.stderr)
        else:
            print(f"{name}: taken, key {alert.key}")
    return 1 if failed else 0
