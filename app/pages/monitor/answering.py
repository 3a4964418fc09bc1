"""Whether a version answers, as the gateway sees it: asked before and after a change of champion."""

import time

from app.connection.platform import Platform
from app.tasks import Work
from services.errors import RelevoError
from services.registry.model import Mode

_FOLLOW_SECONDS = 10.0
"""So long may the gateway and the version take to answer after a change; a second is usual."""
_LOOK_SECONDS = 0.25


def why_unanswered(platform: Platform, project: str, version: str) -> str:
    """Why a version does not answer, in words; empty if it does."""
    try:
        return platform.gateway.answering(project, version).reason
    except RelevoError as error:
        return f"the gateway cannot be asked: {error.message}"


def wait_until_it_answers(platform: Platform, project: str, champion: str, work: Work) -> str:
    """Wait until the gateway answers with a new champion; why it does not, empty if it does."""
    deadline = time.monotonic() + _FOLLOW_SECONDS
    while True:
        try:
            told = platform.gateway.answering(project, champion)
        except RelevoError as error:
            return f"the gateway cannot be asked: {error.message}"
        if told.mode is Mode.CHAMPION and told.answers:
            return ""
        if time.monotonic() > deadline:
            return told.reason or "the gateway still answers with another version"
        work.check()
        time.sleep(_LOOK_SECONDS)
