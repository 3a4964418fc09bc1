"""Who may do what: bearer tokens, found by their digest, and the roles they carry."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.errors import Refused, Unavailable
from services.http.errors import Unauthorized
from services.registry.model import Token, TokenRole
from services.registry.tokens import digest, verify_service_token

_CACHE_SIZE = 10_000
_SCHEME = "bearer "
_RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows.

    Attributes:
        project: the only project it is good for; empty for all.
        version: the only version, for a service's token; else empty.
        digest: of the token; empty for a service's.
    """

    role: TokenRole
    project: str = ""
    version: str = ""
    digest: str = ""

    def require(self, roles: Iterable[TokenRole], project: str | None = None, version: str = "") -> None:
        """Refused unless the role is one of `roles`, and its scope holds project and version."""
        if self.role not in roles:
            names = " or ".join(role.value for role in roles)
            raise Refused(f"this needs a token of role {names}; yours is of role {self.role.value}")
        if self.project and project is not None and project != self.project:
            raise Refused(f"your token is good for project {self.project} only")
        if self.version and version and version != self.version:
            raise Refused(f"your token is good for version {self.version} of {self.project} only")


def registry_unknown() -> Unavailable:
    """Neither the store nor the snapshot has told yet what there is: nobody is turned away for good."""
    return Unavailable(
        "the store is not reached and there is no readable snapshot: tokens and projects are not known yet",
        remedy="Try again; the gateway answers as soon as it reaches the store.",
        retry_after=_RETRY_SECONDS,
    )


class Access:
    """The tokens in force; used on the loop.

    Args:
        secret: the platform's, by which services' tokens are verified.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._known = False
        self._grants: dict[str, Grant] = {}
        self._cache: dict[str, Grant] = {}

    def update(self, tokens: Iterable[Token]) -> None:
        """Take the tokens as they are now; revoked ones are worthless from here on."""
        self._known = True
        self._grants = {
            token.digest: Grant(token.role, token.project, digest=token.digest)
            for token in tokens
            if token.revoked_at is None
        }
        self._cache.clear()

    def knows(self, authorization: str | None) -> bool:
        """Whether the value of an `Authorization` header allows anything at all."""
        try:
            self.grant(authorization)
        except (Unauthorized, Unavailable):
            return False
        return True

    def grant(self, authorization: str | None) -> Grant:
        """What the value of an `Authorization` header allows.

        Raises:
            Unauthorized: nothing.
            Unavailable: neither the store nor the snapshot has told yet which tokens are in force.
        """
        if authorization is None:
            raise Unauthorized("send a token: Authorization: Bearer …")
        found = self._cache.get(authorization)
        if found is None:
            found = self._find(authorization)
            if len(self._cache) >= _CACHE_SIZE:
                self._cache.clear()
            self._cache[authorization] = found
        return found

    def _find(self, authorization: str) -> Grant:
        if authorization[: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthorized("send a bearer token: Authorization: Bearer …")
        token = authorization[len(_SCHEME) :].strip()
        service = verify_service_token(self._secret, token) if self._secret else None
        if service is not None:
            return Grant(TokenRole.SERVICE, *service)
        if not self._known:
            raise registry_unknown()
        found = self._grants.get(digest(token))
        if found is None:
            raise Unauthorized("this token is not known, or was revoked")
        return found
