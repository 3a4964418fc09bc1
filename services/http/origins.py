"""Cross-origin calls: web pages of listed origins may call and read, those of others may not."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from services.errors import InvalidInput, Refused
from services.http.request import HotRequest
from services.http.routes import HotHandler

_METHODS = ("GET", "POST")
_SENT = ("Authorization", "Content-Type", "Inference-Header-Content-Length")
_SHOWN = ("Retry-After", "Prediction-Id", "Inference-Header-Content-Length")
_PREFLIGHT_SECONDS = 600
_PORTS = {"http": 80, "https": 443}


class Origins:
    """The origins whose pages may call: scheme, host and port, nothing else.

    Args:
        listed: such as `https://shop.example.com`; none allows no cross-origin call.

    Raises:
        InvalidInput: one is no origin; `*` and `null` are none either.
    """

    def __init__(self, listed: Sequence[str] = ()) -> None:
        self._listed = frozenset(_origin(text) for text in listed)

    def middleware(self) -> list[Middleware]:
        """For `Starlette(middleware=…)`: answers preflights and marks answers for listed origins."""
        if not self._listed:
            return []
        return [
            Middleware(
                CORSMiddleware,
                allow_origins=sorted(self._listed),
                allow_methods=_METHODS,
                allow_headers=_SENT,
                expose_headers=_SHOWN,
                max_age=_PREFLIGHT_SECONDS,
            )
        ]

    def marked(self, handler: HotHandler) -> HotHandler:
        """A hot route's handler whose answers listed origins may read."""
        if not self._listed:
            return handler
        shown = ", ".join(_SHOWN)

        def handle(request: HotRequest) -> None:
            origin = request.header("origin")
            if origin in self._listed:
                request.allowances = (
                    ("access-control-allow-origin", origin or ""),
                    ("access-control-expose-headers", shown),
                    ("vary", "Origin"),
                )
            handler(request)

        return handle

    def check(self, origin: str | None) -> None:
        """Refuse a call that a page of another origin makes where no token keeps it out.

        A browser asks no leave for a POST of plain text: without this, any page that a user inside an
        allowed network opens could have rows recorded.

        Raises:
            Refused: the call comes from a page, and its origin is not listed.
        """
        if origin is not None and origin not in self._listed:
            raise Refused("pages of this origin may not call without a token")


NO_ORIGINS = Origins()


def _origin(text: str) -> str:
    """An origin as browsers write it: lower case, without its scheme's own port."""
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        port = parts.port
    except ValueError:
        raise _no_origin(text) from None
    host = parts.hostname
    if parts.scheme not in _PORTS or not host or parts.path or parts.query or parts.fragment:
        raise _no_origin(text)
    if "@" in parts.netloc or "*" in host or not host.isascii():
        raise _no_origin(text)
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}")


def _no_origin(text: str) -> InvalidInput:
    return InvalidInput(
        f"{text!r} is no origin",
        remedy="Write scheme, host and port only, such as https://shop.example.com.",
    )
