"""`relevo status`: the gateway's health, each project's versions, and its last change of champion."""

import argparse
import sys

from app.commands.publish import add_gateway_options, gateway_client
from app.connection.store_sync import store_sync_words
from services.gateway.messages import Health, Outage, ProjectStatus
from services.registry.model import ChampionChange
from widgets.evidence import evidence_details


def main(arguments: list[str]) -> int:
    """Print the state; 1 when the store is not reached, rows are set aside or a version is down."""
    parser = argparse.ArgumentParser(prog="relevo status", description=__doc__)
    add_gateway_options(parser)
    options = parser.parse_args(arguments)
    with gateway_client(options) as gateway:
        health = gateway.health()
        well = health.store == "reachable" and not (
            health.spool.set_aside or health.shipping or health.outages
        )
        print("\n".join(gateway_lines(health)))
        for name in gateway.projects():
            project = gateway.project(name)
            print("\n".join(project_lines(project)))
            well = well and all(state.health != "down" for state in project.status.values())
        for outage in health.past_outages:
            print(ended_line(outage))
        for outage in health.outages:
            print(outage_line(outage), file=sys.stderr)
    return 0 if well else 1


def gateway_lines(health: Health) -> list[str]:
    """How the gateway and its spool fare."""
    lines = [f"gateway  ok   store {health.store}   {health.spool.rows} rows waiting to be shipped"]
    if health.spool.set_aside:
        lines.append(
            f"  {health.spool.set_aside_rows} rows set aside that the store cannot take: kept in the "
            "gateway's spool, whose log says why"
        )
    if health.store_sync in {"periodic", "unknown"}:
        lines.append(f"  {store_sync_words(health)} ({health.spool.kept_rows:,} rows now)")
    if health.shipping:
        lines.append(f"  nothing can be brought to the store: {health.shipping}")
    return lines


def project_lines(project: ProjectStatus) -> list[str]:
    """A project with its last change, what is lost of its log, and its versions."""
    lines = [f"{project.name} ({project.task}), change {project.generation}"]
    if project.last_change is not None:
        lines += change_lines(project.last_change)
    if project.lost_batches:
        lines.append(f"  {project.lost_batches} batches of its log are lost: no figure counts their rows")
    for version in project.versions:
        state = project.status.get(version.name)
        told = f"{state.health}, {state.skipped} skipped, {state.lag} behind" if state else "unknown"
        lines.append(f"  {version.name}  {version.mode:<10}  {version.revision[:12]}  {told}")
    return lines


def outage_line(outage: Outage) -> str:
    """Who does not answer, why and since when."""
    return (
        f"{outage.mode} {outage.version} of {outage.project} does not answer: {outage.reason} "
        f"(since {outage.since:%Y-%m-%d %H:%M:%S} UTC)"
    )


def ended_line(outage: Outage) -> str:
    """Who did not answer for a while, from when to when, and why."""
    until = f"{outage.until:%Y-%m-%d %H:%M:%S}" if outage.until is not None else "now"
    return (
        f"{outage.version} of {outage.project} did not answer from {outage.since:%Y-%m-%d %H:%M:%S} "
        f"to {until} UTC: {outage.reason}"
    )


def change_lines(change: ChampionChange) -> list[str]:
    """Who made which version champion, when, why and on what evidence."""
    instead = f" in place of {change.previous}" if change.previous else ""
    evidence = evidence_details(change.evidence, change.previous, change.champion)
    since = f"since {change.at:%Y-%m-%d %H:%M:%S} UTC"
    return [
        f"  champion {change.champion}{instead} {since}, by {change.who}: {change.reason}",
        *(f"    {line}" for line in evidence.splitlines()),
    ]
