"""An embedded workspace's own secrets: one file that only its owner can read."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from services.errors import Corrupt, StorageError
from services.registry.model import Token, TokenRole
from services.registry.tokens import digest, new_secret, new_token

FILE_NAME = "tokens.json"


class WorkspaceTokens(msgspec.Struct, frozen=True):
    """The platform's secret and the tokens of the window (admin) and of clients.

    The representation leaves the values out, so that no log or trace can show them.
    """

    secret: str
    admin: str
    client: str

    def __repr__(self) -> str:
        """Name the fields, not their values."""
        return "WorkspaceTokens(secret=…, admin=…, client=…)"

    def rows(self) -> list[Token]:
        """What a store must know to honour the two tokens."""
        return [
            Token(digest(token), f"this workspace's {role}", role, "", datetime.now(UTC))
            for token, role in ((self.admin, TokenRole.ADMIN), (self.client, TokenRole.CLIENT))
        ]


def read_or_make_tokens(folder: Path) -> WorkspaceTokens:
    """The workspace's secrets, made on first use.

    Raises:
        StorageError: the file cannot be written.
        Corrupt: the file is not a token file.
    """
    file = folder / FILE_NAME
    if file.exists():
        return _read(file)
    tokens = WorkspaceTokens(
        new_secret(),
        new_token(TokenRole.ADMIN, label="")[0],
        new_token(TokenRole.CLIENT, label="")[0],
    )
    _write(file, tokens)
    return tokens


def _read(file: Path) -> WorkspaceTokens:
    try:
        return msgspec.json.decode(file.read_bytes(), type=WorkspaceTokens)
    except msgspec.DecodeError:
        # The cause is left out: it may quote the file.
        raise Corrupt(
            f"{file} cannot be read as a token file",
            remedy="Delete it: new tokens are made at the next start.",
        ) from None


def _write(file: Path, tokens: WorkspaceTokens) -> None:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(tokens)))
