"""`relevo champion PROJECT VERSION`: make a version the champion of a project."""

import argparse
import getpass

from app.commands.publish import add_gateway_options, gateway_client
from app.commands.status import change_lines
from services.errors import Unanswered
from services.gateway.messages import ChampionRequest
from services.registry.model import Mode


def main(arguments: list[str]) -> int:
    """Change the champion and print what the registry says after; 1 if it does not answer after all."""
    parser = argparse.ArgumentParser(prog="relevo champion", description=__doc__)
    parser.add_argument("project")
    parser.add_argument("version", help="which is to be the champion")
    parser.add_argument("--reason", required=True, help="why, for the history")
    parser.add_argument(
        "--who", default="", help="whose decision it is (default: the user of this machine)"
    )
    parser.add_argument("--force", action="store_true", help="also if the version does not answer")
    add_gateway_options(parser)
    options = parser.parse_args(arguments)
    with gateway_client(options) as gateway:
        before = gateway.project(options.project)
        who = options.who or getpass.getuser()
        asked = ChampionRequest(
            options.version, before.champion, before.generation, options.reason, who, options.force
        )
        try:
            after = gateway.change_champion(options.project, asked)
        except Unanswered as error:
            remedy = "Start its service, or say --force to make it the champion all the same."
            raise Unanswered(error.message, remedy=remedy) from error
        if after.last_change is not None:
            print("\n".join(change_lines(after.last_change)))
        told = gateway.answering(options.project, options.version)
    if told.mode is Mode.CHAMPION and told.answers:
        print("The gateway answers with it.")
        return 0
    print(f"The gateway does not answer with it: {told.reason or 'another is champion by now'}.")
    return 1
