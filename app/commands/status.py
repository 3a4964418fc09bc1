"""`relevo status`: the gateway's health, each project's versions, and its last change of champion."""

import argparse

from app.commands.publish import add_gateway_options, gateway_client
from services.registry.model import ChampionChange
from widgets.evidence import evidence_details


def main(arguments: list[str]) -> int:
    """Print the state; 1 when the store cannot be reached, rows are set aside or a service is down."""
    parser = argparse.ArgumentParser(prog="relevo status", description=__doc__)
    add_gateway_options(parser)
    options = parser.parse_args(arguments)
    with gateway_client(options) as gateway:
        health = gateway.health()
        well = health.store == "reachable" and not health.spool.set_aside
        print(f"gateway  ok   store {health.store}   {health.spool.rows} rows waiting to be shipped")
        if health.spool.set_aside:
            print(
                f"  {health.spool.set_aside_rows} rows set aside that the store cannot take: kept in the "
                "gateway's spool, whose log says why"
            )
        for name in gateway.projects():
            project = gateway.project(name)
            print(f"{name} ({project.task}), change {project.generation}")
            if project.last_change is not None:
                print("\n".join(change_lines(project.last_change)))
            for version in project.versions:
                state = project.status.get(version.name)
                told = (
                    f"{state.health}, {state.skipped} skipped, {state.lag} behind" if state else "unknown"
                )
                well = well and (state is None or state.health != "down")
                print(f"  {version.name}  {version.mode:<10}  {version.revision[:12]}  {told}")
    return 0 if well else 1


def change_lines(change: ChampionChange) -> list[str]:
    """Who made which version champion, when, why and on what evidence."""
    instead = f" in place of {change.previous}" if change.previous else ""
    evidence = evidence_details(change.evidence, change.previous, change.champion)
    since = f"since {change.at:%Y-%m-%d %H:%M:%S} UTC"
    return [
        f"  champion {change.champion}{instead} {since}, by {change.who}: {change.reason}",
        *(f"    {line}" for line in evidence.splitlines()),
    ]
