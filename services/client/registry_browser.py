"""A team's image registry by repository and tag (the registry's HTTP API, version 2)."""

import base64
import hashlib
import ipaddress
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from msgspec import Struct

from services.client.session import fresh_session, unreachable
from services.closing import Closing
from services.errors import Conflict, NotFound, Refused, RelevoError, SignInNeeded, Unavailable

_TIMEOUT = (3.0, 20.0)
_PAGE = 200
_PLAIN = ("wrong version number", "record layer failure", "packet length too long")
"""What OpenSSL says of an answer that is not encrypted."""
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)


class TaggedImage(Struct, frozen=True):
    """What a tag of a repository stands for.

    Attributes:
        digest: `sha256:…` of what the tag points at; deleting goes by it.
        size: bytes of all layers as they are kept, compressed; for several platforms of the first.
        created: when the image was built; None if it does not say.
        platforms: such as `linux/amd64`.
    """

    repository: str
    tag: str
    digest: str
    size: int
    created: datetime | None
    platforms: tuple[str, ...]


class _Blob(Struct):
    digest: str
    size: int


class _Manifest(Struct):
    config: _Blob
    layers: list[_Blob] = []


class _Platform(Struct, frozen=True):
    os: str = ""
    architecture: str = ""


class _Entry(Struct):
    digest: str
    platform: _Platform = _Platform()


class _Index(Struct):
    manifests: list[_Entry]


class _Configuration(Struct):
    created: datetime | None = None
    os: str = ""
    architecture: str = ""


class _Repositories(Struct):
    repositories: list[str] | None = None


class _Tags(Struct):
    tags: list[str] | None = None


class RegistryBrowser(Closing):
    """One registry; may be used from several threads.

    Args:
        address: as image names begin, such as `localhost:5000` or `registry.plant`, or a whole address.
            Other machines are asked over HTTPS unless the address says `http://`, as Docker does it.
        user, password: empty if it asks for none; lives as long as this object.
        authority: PEM file that vouches for the registry's certificate; empty means the one that Docker
            uses on this machine, or the well-known ones.
    """

    def __init__(self, address: str, user: str = "", password: str = "", *, authority: str = "") -> None:
        self.address = web_address(address)
        self._user = user
        self._session = fresh_session(authority or known_authority(registry_name(address)))
        if user:
            # The library's own way is limited to Latin-1.
            told = base64.b64encode(f"{user}:{password}".encode()).decode()
            self._session.headers["Authorization"] = f"Basic {told}"

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def repositories(self) -> list[str]:
        """All repositories, sorted; also those whose last tag was deleted."""
        pages = self._pages(f"/v2/_catalog?n={_PAGE}")
        return sorted(name for page in pages for name in _read(page, _Repositories).repositories or ())

    def tags(self, repository: str) -> list[str]:
        """All tags of a repository, sorted; NotFound if there is no such repository."""
        pages = self._pages(f"/v2/{repository}/tags/list?n={_PAGE}")
        return sorted(tag for page in pages for tag in _read(page, _Tags).tags or ())

    def describe(self, repository: str, tag: str) -> TaggedImage:
        """What a tag stands for; NotFound if there is none of that name."""
        answer = self._manifest(repository, tag)
        digest = _digest(answer)
        platforms: tuple[str, ...] = ()
        if answer.headers.get("Content-Type") in _INDEXES:
            entries = _read(answer, _Index).manifests
            platforms = tuple(f"{entry.platform.os}/{entry.platform.architecture}" for entry in entries)
            if not entries:
                return TaggedImage(repository, tag, digest, 0, None, ())
            answer = self._manifest(repository, entries[0].digest)
        manifest = _read(answer, _Manifest)
        found = self._send("GET", f"/v2/{repository}/blobs/{manifest.config.digest}")
        configuration = _read(found, _Configuration)
        return TaggedImage(
            repository,
            tag,
            digest,
            manifest.config.size + sum(layer.size for layer in manifest.layers),
            configuration.created,
            platforms or (f"{configuration.os}/{configuration.architecture}",),
        )

    def tags_of(self, repository: str, digest: str) -> list[str]:
        """All tags that point at a digest: they go together when it is deleted."""
        return [tag for tag in self.tags(repository) if self._digest_of(repository, tag) == digest]

    def delete(self, repository: str, tag: str, *, expected: str) -> None:
        """Delete what a tag points at, with every other tag that points at it (see `tags_of`).

        Args:
            repository: where.
            tag: which.
            expected: the digest that was seen.

        Raises:
            Conflict: the tag points at something else by now.
            NotFound: there is none of that name.
            Refused: the registry allows no deletion.
        """
        if self._digest_of(repository, tag) != expected:
            raise Conflict(
                f"{repository}:{tag} was pushed anew meanwhile", remedy="Look at it again, then decide."
            )
        self._send("DELETE", f"/v2/{repository}/manifests/{expected}")

    def _digest_of(self, repository: str, tag: str) -> str:
        return _digest(self._manifest(repository, tag, method="HEAD"))

    def _manifest(self, repository: str, reference: str, method: str = "GET") -> requests.Response:
        accepted = ", ".join((*_INDEXES, *_MANIFESTS))
        return self._send(method, f"/v2/{repository}/manifests/{reference}", {"Accept": accepted})

    def _pages(self, path: str) -> Iterator[requests.Response]:
        while path:
            answer = self._send("GET", path)
            yield answer
            # The next page is told as a path or whole address; never follow it to another server.
            following = urlsplit(urljoin(self.address, answer.links.get("next", {}).get("url", "")))
            path = f"{following.path}?{following.query}" if following.query else ""

    def _send(self, method: str, path: str, headers: dict[str, str] | None = None) -> requests.Response:
        try:
            answer = self._session.request(method, self.address + path, headers=headers, timeout=_TIMEOUT)
        except requests.RequestException as error:
            raise _not_reached(self.address, error) from error
        if answer.status_code == 401 and not _by_token(answer):
            raise SignInNeeded(registry_name(self.address), self._user, details=answer.text[:2000])
        if answer.status_code >= 300:
            raise _refusal(self.address, answer)
        return answer


def web_address(address: str) -> str:
    """Where a registry is asked: HTTPS, but for this machine's own, which Docker asks plainly."""
    if "://" in address:
        return address.rstrip("/")
    host = urlsplit(f"//{address}").hostname or ""
    return f"{'http' if _is_loopback(host) else 'https'}://{address.rstrip('/')}"


def registry_name(address: str) -> str:
    """`host:port` of a registry's address: what names of its images begin with."""
    return urlsplit(web_address(address)).netloc


def is_readable(address: str) -> bool:
    """Whether a password on the way to a registry can be read by others: plain HTTP to another machine."""
    parts = urlsplit(web_address(address))
    return parts.scheme == "http" and not _is_loopback(parts.hostname or "")


def known_authority(registry: str) -> str:
    """The certificate of a registry's own authority where Docker looks for it; empty if there is none."""
    folders = (Path("/etc/docker/certs.d"), Path.home() / ".docker" / "certs.d")
    found = (folder / registry / "ca.crt" for folder in folders)
    return next((str(file) for file in found if file.is_file()), "")


def _not_reached(address: str, error: requests.RequestException) -> RelevoError:
    """As elsewhere, but what to do about a certificate is the registry's own matter."""
    told = unreachable(address, error)
    if not isinstance(error, requests.exceptions.SSLError):
        return told
    name = registry_name(address)
    if any(said in str(error).lower() for said in _PLAIN):
        return Refused(
            f"The registry {name} speaks plain HTTP.",
            remedy=f"Write http://{name} to use it so: a password can then be read on the way.",
            details=told.details,
        )
    told.remedy = (
        f"Put its authority's certificate where Docker looks for it: /etc/docker/certs.d/{name}/ca.crt."
    )
    return told


def _by_token(answer: requests.Response) -> bool:
    return answer.headers.get("WWW-Authenticate", "").lower().startswith("bearer")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _digest(answer: requests.Response) -> str:
    told = answer.headers.get("Docker-Content-Digest", "")
    return told or f"sha256:{hashlib.sha256(answer.content).hexdigest()}"


def _read(answer: requests.Response, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        place = answer.url.split("?")[0]
        raise RelevoError(
            f"{place} does not answer as an image registry does.", details=str(error)
        ) from error


def _refusal(address: str, answer: requests.Response) -> RelevoError:
    """The registry's error as a kind of ours; its own words are details."""
    details = answer.text[:2000]
    match answer.status_code:
        case 401 | 403:
            if _by_token(answer):
                remedy = "It wants tokens of another server, which Relevo does not ask for."
            else:
                remedy = "Give the user and password of the registry."
            return Refused(f"The registry {address} refuses this user.", remedy=remedy, details=details)
        case 404:
            place = urlsplit(answer.url).path.removeprefix("/v2/")
            return NotFound(f"The registry {address} has no {place}.", details=details)
        case 405:
            return Refused(
                f"The registry {address} allows no deletion.",
                remedy="Its administrator can allow it (storage.delete.enabled).",
                details=details,
            )
        case _:
            return Unavailable(
                f"The registry {address} answered with status {answer.status_code}.", details=details
            )
