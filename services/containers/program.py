"""How this program starts itself again: from a checkout, an installation or the packaged bundle."""

import sys


def program_command(word: str, *arguments: str) -> list[str]:
    """The command line that runs `relevo WORD ARGUMENTS…` with the same interpreter and code."""
    if getattr(sys, "frozen", False):
        return [sys.executable, word, *arguments]
    return [sys.executable, "-m", "app", word, *arguments]
