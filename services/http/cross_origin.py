"""Cross-origin calls: web pages of listed origins may call and read, those of others may not."""

from collections.abc import Callable, Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from services.errors import Refused
from services.http.origin import origin_of
from services.http.request import HotRequest

_METHODS = ("GET", "POST")
_SENT = ("Authorization", "Content-Type", "Inference-Header-Content-Length")
_SHOWN = ("Retry-After", "Prediction-Id", "Inference-Header-Content-Length")
_PREFLIGHT_SECONDS = 600


class AllowedOrigins:
    """The origins whose pages may call: scheme, host and port, nothing else.

    Args:
        listed: such as `https://shop.example.com`; none allows no cross-origin call.

    Raises:
        InvalidInput: one is no origin; `*` and `null` are none either.
    """

    def __init__(self, listed: Sequence[str] = ()) -> None:
        self._listed = frozenset(origin_of(text) for text in listed)

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

    def mark(self) -> Callable[[HotRequest], None] | None:
        """For `HotRoutes(…)`: lets listed origins read each answer; None where none is listed."""
        if not self._listed:
            return None
        shown = ", ".join(_SHOWN)

        def mark(request: HotRequest) -> None:
            origin = request.header("origin")
            if origin in self._listed:
                request.allowances = (
                    ("access-control-allow-origin", origin or ""),
                    ("access-control-expose-headers", shown),
                    ("vary", "Origin"),
                )

        return mark

    def check(self, origin: str | None) -> None:
        """Refuse a call that a page of another origin makes where no token keeps it out.

        A browser asks no leave for a POST of plain text: without this, any page that a user inside an
        allowed network opens could have rows recorded.

        Raises:
            Refused: the call comes from a page, and its origin is not listed.
        """
        if origin is not None and origin not in self._listed:
            raise Refused("pages of this origin may not call without a token")


NO_ORIGINS = AllowedOrigins()
