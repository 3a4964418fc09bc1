"""All rows: every module under `rows/` names its own in `ROWS`."""

import importlib
from pathlib import Path

from tests.benchmarks.row import Row


def all_rows() -> list[Row]:
    """The rows of all modules, by module name."""
    names = sorted(path.stem for path in (Path(__file__).parent / "rows").glob("[a-z]*.py"))
    modules = [importlib.import_module(f"tests.benchmarks.rows.{name}") for name in names]
    return [row for module in modules for row in module.ROWS]
