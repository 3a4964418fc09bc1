"""Relevo's container images: a folder each with its Dockerfile and what that copies; `common` is shared.

A checkout, an installed wheel and the packaged bundle all keep these files beside this module, so `path`
is the only way anything here is located. `services.images` makes build contexts of them. No code but this
function lives here; what the folders hold runs inside containers.
"""

from pathlib import Path


def path(*parts: str) -> Path:
    """The path of a carried file or folder; FileNotFoundError names what is missing."""
    found = Path(__file__).parent.joinpath(*parts)
    if not found.exists():
        raise FileNotFoundError(f"images/{'/'.join(parts)} is missing from this installation")
    return found
