"""Which of the modules beside a training script it imports: they go with it into the deploy folder."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path


def local_modules(script: Path) -> dict[str, Path]:
    """The files beside a Python script that it imports, and those that they import in turn.

    They are parsed, not run. A package counts as a whole; what the standard library has is not looked for.

    Args:
        script: a file that is no Python, or is not there, imports none.

    Returns:
        From the path relative to the script's folder, with `/`, to the file.
    """
    found: dict[str, Path] = {}
    waiting = [script]
    while waiting:
        for file in _imported(waiting.pop(), script.parent):
            place = file.relative_to(script.parent).as_posix()
            if place not in found and file != script:
                found[place] = file
                waiting.append(file)
    return dict(sorted(found.items()))


def _imported(file: Path, folder: Path) -> Iterator[Path]:
    for name in sorted(_names(file) - sys.stdlib_module_names):
        module, package = folder / f"{name}.py", folder / name
        if (package / "__init__.py").is_file():
            yield from sorted(package.rglob("*.py"))
        elif module.is_file():
            yield module


def _names(file: Path) -> set[str]:
    """The first part of each module's name that a file imports, anywhere in it."""
    if file.suffix != ".py" or not file.is_file():
        return set()
    try:
        tree = ast.parse(file.read_bytes(), filename=file.name)
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
