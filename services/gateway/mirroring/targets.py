"""Whom mirroring asks, as the gateway's snapshot of the registry tells it."""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from services.registry.model import Project, Signature


class Challenger(Struct, frozen=True):
    """A version that sees the traffic in the shadow.

    Attributes:
        endpoint: its service's address; empty while none has registered.
        token: its service token.
        revision: the desired one.
    """

    project: str
    version: str
    endpoint: str
    token: str
    revision: str
    signature: Signature


class Directory(Protocol):
    """The gateway's snapshot; called on the loop, must not block."""

    def projects(self) -> Sequence[Project]:
        """All projects as last seen."""

    def challengers(self, project: str) -> Sequence[Challenger]:
        """The versions in mode `challenger`; the same tuple as long as nothing changed."""
