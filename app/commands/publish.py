"""`relevo publish DEPLOY`: register a deploy folder's version at a gateway."""

import argparse
from pathlib import Path

from app.commands.options import secret_of
from services.client import GatewayClient
from services.errors import InvalidInput
from services.model_server.deploy import read_deploy
from services.publish.csv_rows import read_rows
from services.publish.publisher import publish_training, publish_version

TOKEN_VARIABLE = "RELEVO_TOKEN"  # noqa: S105 - the variable's name, not a token


def main(arguments: list[str]) -> int:
    """Publish the folder, and the training set if one is given; prints what the registry says after."""
    parser = argparse.ArgumentParser(prog="relevo publish", description=__doc__)
    parser.add_argument("deploy", type=Path, help="the deploy folder, with its model.json")
    add_gateway_options(parser)
    parser.add_argument("--training", type=Path, help="CSV file of the training set, to store beside it")
    parser.add_argument("--delimiter", default=",", help="of that file (default: a comma)")
    options = parser.parse_args(arguments)
    deploy = read_deploy(options.deploy)
    with gateway_client(options) as gateway:
        project = publish_version(options.deploy, gateway)
        version = project.version(deploy.version)
        if version is None:
            raise InvalidInput(f"the gateway does not list {deploy.project} {deploy.version}")
        print(f"{project.name} {version.name}: {version.mode}, revision {version.revision[:12]}")
        if options.training:
            rows = read_rows(options.training, deploy.signature, delimiter=options.delimiter)
            count = publish_training(gateway, project.name, deploy.signature, rows)
            print(f"{count} training rows stored")
    return 0


def add_gateway_options(parser: argparse.ArgumentParser) -> None:
    """Add the gateway's address; the token comes by environment, never by command line."""
    parser.add_argument("--gateway", required=True, help="such as http://127.0.0.1:8000")
    parser.add_argument("--authority", default="", help="PEM file that vouches for its certificate")
    parser.epilog = f"The token is read from {TOKEN_VARIABLE}."


def gateway_client(options: argparse.Namespace, *, whose: str = "an administrator's") -> GatewayClient:
    """The gateway that the options name; InvalidInput if no token is set, saying whose it should be."""
    token = secret_of(TOKEN_VARIABLE)
    if not token:
        raise InvalidInput(f"set {TOKEN_VARIABLE} to {whose} token")
    return GatewayClient(options.gateway, token, authority=options.authority)
