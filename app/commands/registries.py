"""Who signs in to an image registry, for commands: from the environment, the keyring, or a prompt."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable
from typing import TypeVar

from app.commands.options import secret_of
from services.containers.model import Credentials
from services.errors import SignInNeeded
from services.profiles.registries import RegistrySignIns

REGISTRY = "RELEVO_REGISTRY"
USER = "RELEVO_REGISTRY_USER"
PASSWORD_VARIABLE = "RELEVO_REGISTRY_PASSWORD"  # noqa: S105 - the variable's name, not a password

T = TypeVar("T")


class CommandSignIns:
    """For one command.

    Args:
        kept: the keyring's.
    """

    def __init__(self, kept: RegistrySignIns) -> None:
        self._kept = kept

    def get(self, registry: str) -> Credentials | None:
        """Who the environment says for this very registry; else who the keyring knows."""
        if registry == os.environ.get(REGISTRY):
            return Credentials(os.environ.get(USER, ""), secret_of(PASSWORD_VARIABLE))
        return self._kept.get(registry)

    def asking(self, do: Callable[[], T]) -> T:
        """Do something; where a registry asks and there is a terminal, ask there, keep it, and do it again.

        Raises:
            SignInNeeded: there is no terminal, or the environment's password is not accepted.
        """
        while True:
            try:
                return do()
            except SignInNeeded as needed:
                if needed.registry == os.environ.get(REGISTRY) or not sys.stdin.isatty():
                    needed.remedy = f"Set {REGISTRY}={needed.registry}, {USER} and {PASSWORD_VARIABLE}."
                    raise
                print(f"{needed.message}.", file=sys.stderr)
                user = input(f"User{f' ({needed.user})' if needed.user else ''}: ") or needed.user
                # Without echo; kept in the keyring where the system has one.
                self._kept.put(needed.registry, Credentials(user, getpass.getpass("Password: ")))


def add_registry_words(parser: argparse.ArgumentParser) -> None:
    """Tell how a registry's password is given: never on the command line."""
    parser.epilog = (
        f"Where an image registry asks for a user and a password: {USER} and {PASSWORD_VARIABLE} (or the "
        f"file that {PASSWORD_VARIABLE}_FILE names) go to the registry that {REGISTRY} names, such as "
        "registry.plant:5000; for others the keyring's, which a prompt without echo fills."
    )
