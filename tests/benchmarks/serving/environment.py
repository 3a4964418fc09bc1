"""The peers' own virtual environment, made when it is first needed."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.row import NotHere

PEERS = Path(__file__).parents[1] / "peers"
FOLDER = Path(__file__).parents[3] / ".bench-venv"
# The models are pickled here and loaded there, so these must be the same.
_SHARED = ("scikit-learn", "numpy", "pandas", "joblib", "scipy")


def peer_program(name: str) -> str:
    """The path of a program of the peers' environment, which is made or brought up to date first."""
    requirements = PEERS / "requirements.txt"
    wanted = requirements.read_text() + "".join(f"{name}=={version(name)}\n" for name in _SHARED)
    installed = FOLDER / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted:
        _install(wanted.split())
        installed.write_text(wanted)
    return str(FOLDER / "bin" / name)


def _install(wanted: list[str]) -> None:
    print("installing the peers into .bench-venv …", end=" ", file=sys.stderr, flush=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", str(FOLDER)], check=True)
        subprocess.run([FOLDER / "bin" / "python", "-m", "pip", "install", "--quiet", *wanted], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotHere(f"the peers cannot be installed: {error}") from error
