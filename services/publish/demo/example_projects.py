"""The example projects: trained by their own scripts into a workspace's deploy folders."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from resources import path
from services.containers.program import program_command
from services.errors import RelevoError
from services.model_server.deploy import DESCRIPTION

Progress = Callable[[float, str], None]
_TRAINING_SECONDS = 300


class Example(Struct, frozen=True):
    """One example project of the demo and its versions, in order of registration."""

    name: str
    versions: tuple[str, ...] = ("A", "B")

    @property
    def source(self) -> Path:
        """Its folder: data, analysis, training, deployA, deployB."""
        return path("projects", self.name)

    def deploy_folder(self, workspace: Path, version: str) -> Path:
        """Where a version's trained deploy folder lies in a workspace."""
        return workspace / "deploy" / self.name / version

    def historical(self, workspace: Path) -> Path:
        """The CSV file of the training set."""
        return workspace / "data" / self.name / "historical.csv"

    def live(self, workspace: Path) -> Path:
        """The CSV file of the rows that come later as traffic."""
        return workspace / "data" / self.name / "live.csv"


EXAMPLES = (Example("wine"), Example("iris"))


def train_examples(workspace: Path, progress: Progress) -> None:
    """Split each project's data and train its versions, where that has not been done yet.

    Raises:
        RelevoError: a script failed; its output is in the details.
    """
    steps = [(example, version) for example in EXAMPLES for version in example.versions]
    for number, (example, version) in enumerate(steps):
        folder = example.deploy_folder(workspace, version)
        if (folder / DESCRIPTION).exists():
            continue
        progress(number / len(steps), f"Training {example.name} {version}")
        _split(example, workspace)
        _run_script(example, f"train_{version.lower()}.py", "--output", str(folder))


def _split(example: Example, workspace: Path) -> None:
    historical, live = example.historical(workspace), example.live(workspace)
    if historical.exists() and live.exists():
        return
    historical.parent.mkdir(parents=True, exist_ok=True)
    _run_script(example, "split.py", "--historical", str(historical), "--live", str(live))


def _run_script(example: Example, name: str, *arguments: str) -> None:
    script = example.source / "training" / name
    result = subprocess.run(
        program_command("script", str(script), *arguments),
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=_TRAINING_SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    if result.returncode != 0:
        raise RelevoError(
            f"{example.name}'s script {name} failed", details=(result.stdout + result.stderr)[-4000:]
        )
