"""Names that a person may have typed, checked before they become part of a request's path."""

import re

from services.errors import InvalidInput

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_DIGEST = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-fA-F]{32,}")
_DOMAIN = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?/)?"
_PART = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_REFERENCE = re.compile(
    rf"(?P<repository>{_DOMAIN}{_PART}(?:/{_PART})*)(?::(?P<tag>[\w][\w.-]{{0,127}}))?(?P<digest>@{_DIGEST.pattern})?"
)
"""As github.com/distribution/reference writes it."""


def checked_name(name: str, what: str) -> str:
    """A container's, network's or volume's name, or an identifier, that the engine allows.

    Raises:
        InvalidInput: it is none; says which rule it breaks.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"“{name}” cannot be the name of a {what}",
            remedy="Use letters of a to z, digits, and . _ - after the first of them.",
        )
    return name


def split_reference(reference: str) -> tuple[str, str]:
    """`registry:5000/team/name:tag` as repository and tag; an identifier is a repository without a tag.

    Raises:
        InvalidInput: it is no name of an image.
    """
    if _DIGEST.fullmatch(reference):
        return reference, ""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise InvalidInput(
            f"“{reference}” cannot be the name of an image",
            remedy="Write it like registry:5000/team/name:tag, the name in small letters.",
        )
    if found["digest"]:
        return found["repository"], found["digest"].removeprefix("@")
    return found["repository"], found["tag"] or ""
