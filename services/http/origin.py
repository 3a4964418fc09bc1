"""What an origin is: the scheme, host and port that a browser says a page comes from."""

from urllib.parse import urlsplit

from services.errors import InvalidInput

_PORTS = {"http": 80, "https": 443}


def origin_of(text: str) -> str:
    """An origin as browsers write it, without its scheme's own port; InvalidInput if a text is none."""
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
