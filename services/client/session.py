"""HTTP with time-outs, a bearer token, and errors as `services.errors`."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import TypeVar

import msgspec
import requests

from services.errors import InvalidInput, Refused, RelevoError, Unavailable, Uncertain
from services.http.errors import error_from

Kind = TypeVar("Kind")

_CONNECT_SECONDS = 3.0
_READ_SECONDS = 30.0


class Session:
    """Connections to one service; may be used from several threads (its pool is safe, it keeps no cookies).

    Args:
        address: such as `http://127.0.0.1:8000`.
        token: the bearer token; empty sends none.
        authority: path of the PEM file that vouches for a TLS certificate; empty means the well-known ones.
        read_seconds: how long to wait for an answer.
    """

    def __init__(
        self, address: str, token: str = "", *, authority: str = "", read_seconds: float = _READ_SECONDS
    ) -> None:
        self.address = address.rstrip("/")
        self._timeout = (_CONNECT_SECONDS, read_seconds)
        self._session = fresh_session(authority)
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def send(
        self, method: str, path: str, body: bytes | None = None, *, query: dict[str, str] | None = None
    ) -> bytes:
        """The body of a successful answer; any other answer is raised as a kind of `services.errors`."""
        with self._open(method, path, body, query, stream=False) as response:
            content: bytes = response.content
            return content

    @contextmanager
    def stream(self, path: str, *, query: dict[str, str] | None = None) -> Iterator[Iterator[bytes]]:
        """The lines of a long answer, as they come."""
        with self._open("GET", path, None, query, stream=True) as response:
            yield _lines(response)

    @contextmanager
    def _open(
        self, method: str, path: str, body: bytes | None, query: dict[str, str] | None, *, stream: bool
    ) -> Iterator[requests.Response]:
        headers = {"Content-Type": "application/json"} if body is not None else None
        try:
            response = self._session.request(
                method,
                self.address + path,
                data=body,
                params=query,
                headers=headers,
                timeout=self._timeout,
                stream=stream,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise unreachable(self.address, error) from error
        with response:
            if response.status_code >= 300:
                raise _refusal(response)
            yield response


def fresh_session(authority: str) -> requests.Session:
    """Connections that keep no cookies; `authority` as for `Session`."""
    session = requests.Session()
    # Proxies and credentials of the environment are meant for the internet, not for our own services.
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    if authority:
        session.verify = authority
    return session


def _lines(response: requests.Response) -> Iterator[bytes]:
    """The lines of a stream; a stream that breaks off is Unavailable."""
    try:
        yield from response.iter_lines(chunk_size=64 * 1024)
    except requests.RequestException as error:
        raise unreachable(response.url.split("?")[0], error) from error


def unreachable(address: str, error: requests.RequestException) -> RelevoError:
    """The error kind of a call that got no answer."""
    details = f"{type(error).__name__}: {error}"
    if isinstance(error, requests.exceptions.SSLError):
        return Refused(f"The certificate of {address} is not trusted.", details=details)
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return InvalidInput(f"{address!r} is not an address such as http://127.0.0.1:8000.")
    if isinstance(error, requests.exceptions.ReadTimeout):
        return Uncertain(f"{address} did not answer in time.", details=details)
    return Unavailable(f"{address} cannot be reached.", remedy="Is it running?", details=details)


def _refusal(response: requests.Response) -> RelevoError:
    """The error kind of an answer that is not a success."""
    error = error_from(response.status_code, response.content, who=response.url.split("?")[0])
    if isinstance(error, Unavailable):
        seconds = response.headers.get("Retry-After", "")
        error.retry_after = float(seconds) if seconds.isdigit() else error.retry_after
    return error


def decode(content: bytes, kind: type[Kind]) -> Kind:
    """An answer's body as the type the API promises; RelevoError if it is not."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise RelevoError("The gateway's answer cannot be read.", details=str(error)) from error
