"""`relevo client csharp PROJECT`: a typed client of a project, for applications in .NET."""

import argparse
from pathlib import Path

from app.commands.publish import add_gateway_options, gateway_client
from services.client.csharp import csharp_client
from services.errors import StorageError


def main(arguments: list[str]) -> int:
    """Write the client's one source file, and print where it is."""
    parser = argparse.ArgumentParser(prog="relevo client", description=__doc__)
    parser.add_argument("language", choices=["csharp"])
    parser.add_argument("project")
    add_gateway_options(parser)
    parser.add_argument("--namespace", default="", help="by default Relevo. and the project's name")
    parser.add_argument("--output", type=Path, default=Path(), help="a folder (default: this one)")
    options = parser.parse_args(arguments)
    with gateway_client(options, whose="a client's") as gateway:
        made = csharp_client(gateway.project(options.project), namespace=options.namespace)
    file = options.output / made.name
    try:
        file.write_bytes(made.content)
    except OSError as error:
        raise StorageError(f"{file} could not be written: {error.strerror}") from error
    print(file)
    return 0
