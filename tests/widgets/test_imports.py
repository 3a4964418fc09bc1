"""What the first paint may import: neither pyqtgraph nor numpy."""

import subprocess
import sys
from pathlib import Path

import widgets

ROOT = Path(widgets.__file__).parent
HEAVY = ("pyqtgraph", "numpy")


def test_only_the_plots_load_pyqtgraph_and_numpy() -> None:
    files = [file for file in ROOT.rglob("*.py") if "plots" not in file.parts]
    names = {".".join(file.relative_to(ROOT.parent).with_suffix("").parts) for file in files}
    imports = "\n".join(f"import {name.removesuffix('.__init__')}" for name in sorted(names))
    told = subprocess.run(
        [sys.executable, "-c", f"import sys\n{imports}\nprint(*(n in sys.modules for n in {HEAVY}))"],
        capture_output=True, text=True, check=True, cwd=ROOT.parent,
    ).stdout  # fmt: skip
    assert told.split() == ["False", "False"]
