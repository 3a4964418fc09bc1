"""`relevo script FILE …`: runs a project's Python script with this program's own interpreter.

A packaged program has no `python` beside it; this word is how it runs the example projects' scripts.
"""

import argparse
import runpy
import sys
from pathlib import Path

from services.errors import NotFound


def main(arguments: list[str]) -> int:
    """Run the script as `python FILE …` would, with its folder first on the import path."""
    parser = argparse.ArgumentParser(prog="relevo script", description=__doc__)
    parser.add_argument("file", help="the script")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="what it is given")
    options = parser.parse_args(arguments)
    if not Path(options.file).is_file():
        raise NotFound(f"there is no script {options.file!r}")
    sys.argv = [options.file, *options.arguments]
    sys.path.insert(0, str(Path(options.file).resolve().parent))
    runpy.run_path(options.file, run_name="__main__")
    return 0
