"""Small things a person keeps on this machine by name: one JSON file each, in a folder of their own."""

from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote

import msgspec

from services.errors import Corrupt, InvalidInput, StorageError


class Named(Protocol):
    """Something with a name."""

    @property
    def name(self) -> str:
        """Unique within its folder, as it is shown."""


T = TypeVar("T", bound=Named)


class DocumentFolder(Generic[T]):
    """Documents of one type.

    Args:
        folder: made when the first document is saved.
        kind: the type to read them as; a msgspec struct, or a union of tagged ones.
        word: what one is called in messages, such as `profile`.
    """

    def __init__(self, folder: Path, kind: Any, word: str) -> None:
        self._folder = folder
        self._kind = kind
        self._word = word

    def names(self) -> list[str]:
        """Names of all readable documents, in the order shown."""
        return [document.name for document in self.all()]

    def all(self) -> list[T]:
        """All readable documents, by name; what cannot be read is told by `damaged`."""
        readable, _ = self._load()
        return sorted(readable, key=lambda document: document.name.casefold())

    def damaged(self) -> list[Path]:
        """Files in the folder that cannot be read."""
        _, broken = self._load()
        return broken

    def get(self, name: str) -> T | None:
        """The document of that name, or None."""
        return next((document for document in self.all() if document.name == name), None)

    def save(self, document: T) -> None:
        """Store or replace a document; a reader sees the old file or the new one, never half of one.

        Raises:
            InvalidInput: it has no name.
            StorageError: the folder cannot be written to.
        """
        path = self._path(document.name)
        fresh = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2))
            fresh.replace(path)
        except OSError as error:
            raise StorageError(
                f"The {self._word} could not be saved in {self._folder}",
                remedy="Free some space there, or make the folder writable.",
                details=str(error),
            ) from error

    def remove(self, name: str) -> None:
        """Forget a document; nothing happens if there is none of that name."""
        self._path(name).unlink(missing_ok=True)

    def _load(self) -> tuple[list[T], list[Path]]:
        readable: list[T] = []
        broken: list[Path] = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                readable.append(self._read(path))
            except Corrupt:
                broken.append(path)
        return readable, broken

    def _read(self, path: Path) -> T:
        try:
            document: T = msgspec.json.decode(path.read_bytes(), type=self._kind)
        except (OSError, msgspec.MsgspecError) as error:
            raise Corrupt(f"{path} is not a {self._word}", details=str(error)) from error
        return document

    def _path(self, name: str) -> Path:
        if not name.strip():
            raise InvalidInput(f"A {self._word} needs a name")
        return self._folder / f"{quote(name, safe=' ')}.json"
