"""Files of a container, carried in and out; it need not run."""

import io
import tarfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath

from services.containers.engine.connection import EngineConnection
from services.containers.engine.execution import ERROR_OUTPUT, execute_streaming
from services.containers.engine.names import checked_name
from services.errors import InvalidInput, NotFound, Unavailable


class Files:
    """What is done with files inside; see `Engine` for the words."""

    def __init__(self, connection: EngineConnection) -> None:
        self._connection = connection

    def put(
        self,
        identifier: str,
        folder: str,
        contents: Mapping[str, bytes],
        *,
        mode: int,
        user: int,
        group: int,
    ) -> None:
        """Write files into a folder that exists; subfolders in names are made."""
        checked_name(identifier, "container")
        archive = _packed(contents, mode, user, group)
        with self._connection.client() as client:
            client.put_archive(identifier, folder, archive)

    def read(self, identifier: str, path: str) -> bytes:
        """The content of one file."""
        checked_name(identifier, "container")
        with self._connection.client() as client:
            parts, _ = client.get_archive(identifier, path)
            packed = io.BytesIO(b"".join(parts))
        with tarfile.open(fileobj=packed) as archive:
            first = archive.next()
            content = archive.extractfile(first) if first is not None and first.isfile() else None
            if content is None:
                raise InvalidInput(f"{path} is not a file")
            return content.read()

    def copy_out(self, identifier: str, path: str, receive: Callable[[bytes], None]) -> None:
        """A folder as a tar archive, part by part."""
        inside = PurePosixPath(path)
        command = ("tar", "-C", str(inside.parent), "-cf", "-", inside.name)
        self._run_tar(identifier, command, receive, None)

    def copy_in(self, identifier: str, folder: str, archive: Iterable[bytes]) -> None:
        """Unpack a compressed tar archive, part by part, into a folder that exists."""
        command = ("tar", "-C", folder, "--numeric-owner", "-xpzf", "-")
        self._run_tar(identifier, command, lambda _part: None, archive)

    def _run_tar(
        self,
        identifier: str,
        command: tuple[str, ...],
        receive: Callable[[bytes], None],
        given: Iterable[bytes] | None,
    ) -> None:
        """Run `tar` inside: the engine's own way blocks the container meanwhile."""
        errors: list[bytes] = []

        def receive_output(kind: int, part: bytes) -> None:
            if kind == ERROR_OUTPUT:
                errors.append(part)
            else:
                receive(part)

        code = execute_streaming(self._connection, identifier, command, receive_output, given=given)
        if code:
            text = b"".join(errors).decode(errors="replace").strip()
            raise Unavailable(f"Copying {command[2]} ended with an error", details=text or f"code {code}")

    def find(self, identifier: str, path: str) -> bytes | None:
        """The content of one file; None if there is none."""
        try:
            return self.read(identifier, path)
        except NotFound:
            return None


def _packed(contents: Mapping[str, bytes], mode: int, user: int, group: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), mode, int(time.time())
            entry.uid, entry.gid = user, group
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
