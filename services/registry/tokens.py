"""Bearer tokens: random ones kept as digests, and those of services, derived from the platform's secret."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from services.registry.model import Token, TokenRole

_PREFIX = {TokenRole.CLIENT: "relevo_c_", TokenRole.ADMIN: "relevo_a_"}
_SERVICE_PREFIX = "relevo_s"


def digest(token: str) -> str:
    """What the store keeps of a token: its sha256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token(role: TokenRole, *, label: str, project: str = "") -> tuple[str, Token]:
    """A fresh token to show once, and the row to store."""
    token = _PREFIX[role] + secrets.token_urlsafe(24)
    return token, Token(digest(token), label, role, project, datetime.now(UTC))


def new_secret() -> str:
    """A platform secret, from which the tokens of services are derived."""
    return secrets.token_urlsafe(32)


def service_token(secret: str, project: str, version: str) -> str:
    """The token of one version's service; any holder of the platform's secret can derive it."""
    code = hmac.new(secret.encode(), f"{project}/{version}".encode(), hashlib.sha256).hexdigest()
    return f"{_SERVICE_PREFIX}.{project}.{version}.{code}"


def verify_service_token(secret: str, token: str) -> tuple[str, str] | None:
    """The (project, version) that a service's token names, or None if it is not genuine."""
    parts = token.split(".")
    if len(parts) != 4 or parts[0] != _SERVICE_PREFIX:
        return None
    _, project, version, _ = parts
    expected = service_token(secret, project, version)
    return (project, version) if hmac.compare_digest(expected.encode(), token.encode()) else None
