"""Errors as sentences, for the places where the window tells them."""

from services.errors import RelevoError


def as_sentence(text: str) -> str:
    """A text as a sentence: a capital first (but for an address), a full stop last; empty stays empty."""
    text = text.strip()
    if not text:
        return ""
    ended = text if text[-1] in ".!?…" else f"{text}."
    return ended if "://" in ended.split()[0] else ended[0].upper() + ended[1:]


def describe_error(error: RelevoError) -> str:
    """What happened and what to do about it."""
    return f"{as_sentence(error.message)} {as_sentence(error.remedy)}".strip()
