"""Why a version's packages could not be installed: pip's words in one sentence, with what to do."""

import re
from typing import NamedTuple

from services.errors import InvalidInput

_CONFLICT = re.compile(r"The conflict is caused by:\n((?:[ \t]+\S.*\n?)+)")
_MISSING = re.compile(r"No matching distribution found for (?P<wanted>.+)")
_UNREACHED = re.compile(r"connection broken|Could not fetch URL|Temporary failure in name resolution")
_UNBUILT = re.compile(r"(?:Failed building wheel for|Failed to build(?: '?|ERROR: )) ?(?P<name>[\w.-]+)")
_METADATA = re.compile(
    r"Collecting (?P<name>\S+)(?!.*Collecting )(?=.*subprocess-exited-with-error)", re.DOTALL
)
_BROKEN = re.compile(
    r"^(?P<whose>\S+ \S+) (?:requires (?P<lacks>.+), which is not installed"
    r"|has requirement (?P<wants>.+), but you have (?P<has>.+))\.$",
    re.MULTILINE,
)
_ANY = re.compile(r"^(?:ERROR|E): (?P<words>.+)$", re.MULTILINE)
_ASKED = "The user requested "
_KEPT = "The user requested (constraint) "
_TOGETHER = "Ask in requirements.txt for versions that go together."
_AROUND = (
    "Ask for versions that go together; pip’s words under Details name them. What Relevo keeps is needed "
    "by its service, or comes with the model’s kind and may then be named in requirements.txt."
)
_LOOK = "Look at pip’s configuration on this machine, which the build follows, and try again."
_CORRECT = (
    "Correct its name or version in requirements.txt; Details tell which versions there are. A package of "
    "your own can come as a wheel in the deploy folder, named as ./FILE.whl."
)
_BUILD = (
    "Choose a version that has a wheel for Python 3.11 on Linux, or build one (pip wheel), put it into the "
    "deploy folder and name it as ./FILE.whl."
)


class _Explanation(NamedTuple):
    message: str
    remedy: str


def explain_build_failure(error: InvalidInput, who: str) -> InvalidInput:
    """The failure of a build in words on packages, where pip or apt told why; else the failure as it is.

    Args:
        error: of the build; its details are what the failed step printed.
        who: whose image it is, such as `wine B`.
    """
    for read in (_conflict, _missing, _unbuilt, _broken, _other):
        if found := read(error.details):
            message = f"What {who} needs cannot be installed: {found.message}"
            return InvalidInput(message, remedy=found.remedy, details=error.details)
    return error


def _conflict(printed: str) -> _Explanation | None:
    found = _CONFLICT.search(printed)
    if not found:
        return None
    lines = list(dict.fromkeys(line.strip() for line in found[1].splitlines() if line.strip()))
    kept = [line.removeprefix(_KEPT).replace("==", " ") for line in lines if line.startswith(_KEPT)]
    words = [
        line.replace(_ASKED, "requirements.txt asks for ") for line in lines if not line.startswith(_KEPT)
    ]
    if kept:
        words.append(f"Relevo keeps {', '.join(kept)}")
    return _Explanation("; ".join(words), _AROUND if kept else _TOGETHER)


def _missing(printed: str) -> _Explanation | None:
    found = _MISSING.search(printed)
    if not found:
        return None
    if _UNREACHED.search(printed):
        return _Explanation(
            f"the package index did not answer when {found['wanted']} was looked for", _LOOK
        )
    return _Explanation(f"the package index has no {found['wanted']} for Python 3.11 on Linux", _CORRECT)


def _unbuilt(printed: str) -> _Explanation | None:
    found = _UNBUILT.search(printed) or _METADATA.search(printed)
    if not found:
        return None
    return _Explanation(
        f"{found['name']} comes as sources only, and they cannot be built: the image has no compiler",
        _BUILD,
    )


def _broken(printed: str) -> _Explanation | None:
    found = [
        f"{one['whose']} needs {one['lacks'] or one['wants']}"
        + (f", and there would be {one['has']}" if one["has"] else "")
        for one in _BROKEN.finditer(printed)
    ]
    return _Explanation("; ".join(found), _TOGETHER) if found else None


def _other(printed: str) -> _Explanation | None:
    found = _ANY.findall(printed)
    return _Explanation(found[-1], "What the step printed is under Details.") if found else None
