"""Files the program carries: icons, help pages, example projects, templates; found alike from anywhere.

A checkout, an installed wheel and the packaged bundle all keep these files beside this module, so
`path` is the only way anything here is located. No code but this function lives here.
"""

from pathlib import Path


def path(*parts: str) -> Path:
    """The path of a carried file or folder; FileNotFoundError names what is missing."""
    found = Path(__file__).parent.joinpath(*parts)
    if not found.exists():
        raise FileNotFoundError(f"resources/{'/'.join(parts)} is missing from this installation")
    return found
