"""`relevo conformance URL`: whether a model service fulfils the contract, and what it lacks."""

import argparse
import json
from pathlib import Path
from typing import Any

from app.commands.options import secret_of
from services.client.conformance import Finding, RuleOutcome, check_service
from services.client.conformance.service_client import ServiceClient
from services.errors import InvalidInput

TOKEN_VARIABLE = "RELEVO_TOKEN"  # noqa: S105 - the variable's name, not a token
_MARKS = {RuleOutcome.MET: "ok", RuleOutcome.MISSING: "MISSING", RuleOutcome.NOT_CHECKED: "-"}


def main(arguments: list[str]) -> int:
    """Print what becomes of each rule; exit code 1 when something is missing."""
    options = _parser().parse_args(arguments)
    token = secret_of(TOKEN_VARIABLE)
    if not token:
        raise InvalidInput(f"set {TOKEN_VARIABLE} to the service's own token")
    rows = _rows(options.instances) if options.instances else []
    findings = []
    with ServiceClient(options.url, token, authority=options.authority) as client:
        for finding in check_service(
            client, rows=rows, gateway=options.gateway, retrain_seconds=options.retrain_seconds
        ):
            print(_line(finding), flush=True)
            findings.append(finding)
    counts = {outcome: sum(one.outcome is outcome for one in findings) for outcome in RuleOutcome}
    print(", ".join(f"{count} {outcome.value}" for outcome, count in counts.items()))
    return 1 if counts[RuleOutcome.MISSING] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="relevo conformance",
        description=__doc__,
        epilog=f"The service's token is read from {TOKEN_VARIABLE}.",
    )
    parser.add_argument("url", help="the service's own address, such as http://127.0.0.1:5000")
    parser.add_argument("--authority", default="", help="PEM file that vouches for its certificate")
    parser.add_argument("--instances", type=Path, help="JSON file with a list of rows to ask for")
    parser.add_argument(
        "--gateway", default="", help="its gateway: retraining is tried out too, and stores a revision"
    )
    parser.add_argument("--retrain-seconds", type=float, default=300.0, help="how long that may take")
    return parser


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} cannot be read as JSON", details=str(error)) from error
    if not isinstance(rows, list) or len(rows) < 2 or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput(f"{file} is not a list of at least two rows (objects)")
    return rows


def _line(finding: Finding) -> str:
    line = f"{_MARKS[finding.outcome]:<8} {finding.rule}"
    return f"{line}\n         {finding.words}" if finding.words else line
