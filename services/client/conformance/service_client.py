"""Asks a service and gives its answer back as it is, whatever its status."""

import json
import re
from typing import Any

import requests

from services.client.session import fresh_session, unreachable
from services.closing import Closing

_TIMEOUT = (3.0, 60.0)
_TRACES = re.compile(
    r"Traceback \(most recent call last\)"  # Python
    r'|File "[^"]+", line \d+'
    r"|\bat [^\n]{1,200}:\d+"  # Java, JavaScript
    r"|\bat [\w.`<>]+ ?\([^\n]*\) in "  # .NET
    r"|Execution halted|Calls: "  # R
)


class ServiceAnswer:
    """Status, body, and the body as JSON.

    Attributes:
        body: the JSON value; None where the body is no JSON.
    """

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        self.body: Any = None
        try:
            self.body = json.loads(text)
        except (ValueError, RecursionError):
            self.body = None

    @property
    def error(self) -> dict[str, Any]:
        """The error of the body, in the contract's shape; empty if it has none."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}

    def shows_trace(self) -> bool:
        """Whether the body tells the inside of the program."""
        # Within JSON, line ends and quotes are escaped.
        return bool(_TRACES.search(self.text) or _TRACES.search(self.text.replace('\\"', '"')))


class ServiceClient(Closing):
    """A connection to one service, with its token.

    Args:
        address: such as `http://127.0.0.1:5000`.
        authority: PEM file that vouches for the service's certificate; empty means the well-known ones.
    """

    def __init__(self, address: str, token: str, *, authority: str = "") -> None:
        self._address = address.rstrip("/")
        self._token = token
        self._session = fresh_session(authority)

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def get(self, path: str, *, token: str | None = None) -> ServiceAnswer:
        """Ask; `token` in place of the service's own, empty for none."""
        return self._ask("GET", path, None, token)

    def post(self, path: str, body: Any, *, token: str | None = None) -> ServiceAnswer:
        """Ask with a body: bytes as they are, all else as JSON.

        Raises:
            Unavailable: no answer came.
        """
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self._ask("POST", path, content, token)

    def predict(self, rows: Any) -> ServiceAnswer:
        """Ask for predictions of these rows."""
        return self.post("/predict", {"instances": rows})

    def _ask(self, method: str, path: str, content: bytes | None, token: str | None) -> ServiceAnswer:
        used = self._token if token is None else token
        headers = {"Authorization": f"Bearer {used}"} if used else {}
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            response = self._session.request(
                method,
                self._address + path,
                data=content,
                headers=headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise unreachable(self._address, error) from error
        return ServiceAnswer(response.status_code, response.content.decode("utf-8", "replace"))
