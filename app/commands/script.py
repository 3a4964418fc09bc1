"""`relevo script FILE …`: runs a project's Python script with this program's own interpreter.

A packaged program has no `python` beside it; this word is how it runs the example projects' scripts.
"""

import runpy
import sys
from pathlib import Path

from services.errors import NotFound


def main(arguments: list[str]) -> int:
    """Run the script as `python FILE …` would, with its folder first on the import path."""
    if not arguments or not Path(arguments[0]).is_file():
        raise NotFound(f"there is no script {arguments[0] if arguments else ''!r}")
    sys.argv = arguments
    sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
    runpy.run_path(arguments[0], run_name="__main__")
    return 0
