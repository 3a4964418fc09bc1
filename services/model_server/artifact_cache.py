"""The artifact that a service loaded last, kept beside it: for a start while the store is down."""

import logging
from pathlib import Path

import msgspec

from services.model_server.loading import sha256_of
from services.registry.model import Revision

_logger = logging.getLogger(__name__)


class ArtifactCache:
    """One artifact with its facts on this machine's disk; what is damaged or cannot be written is as none.

    Args:
        folder: of this service alone; made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._content, self._facts = folder / "artifact", folder / "facts.json"

    def read(self, revision: str) -> tuple[bytes, Revision | None] | None:
        """The artifact of that sha256 and its facts; None if it is another, or none."""
        try:
            content = self._content.read_bytes()
            facts = msgspec.json.decode(self._facts.read_bytes(), type=Revision | None)
        except (OSError, msgspec.MsgspecError):
            return None
        return (content, facts) if sha256_of(content) == revision else None

    def write(self, content: bytes, facts: Revision | None) -> None:
        """Keep this one in place of the one before."""
        try:
            self._content.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path, written in ((self._facts, msgspec.json.encode(facts)), (self._content, content)):
                draft = path.with_suffix(".new")
                draft.write_bytes(written)
                draft.replace(path)
        except OSError as error:
            _logger.warning("the artifact cannot be kept for a start without the store: %s", error)
