"""The ground rules of the tree: docstrings, imports at start-up, portability."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.workers import group_of

ROOT = Path(__file__).parents[2]
PACKAGES = ("app", "widgets", "services")
SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))

# What the window, or a process of an embedded platform, must not call: it does not exist on Windows.
POSIX_ONLY = {
    "os": {"fork", "forkpty", "kill", "killpg", "getuid", "geteuid", "getgid", "setsid", "chown", "mkfifo",
           "WNOHANG", "waitpid", "uname", "sync", "O_CLOEXEC", "O_DIRECTORY", "pread", "pwrite"},
    "signal": {"SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGQUIT", "alarm", "pthread_kill",
               "setitimer", "sigwait"},
    "socket": {"AF_UNIX", "SO_REUSEPORT"},
    "asyncio": {"open_unix_connection", "start_unix_server"},
}  # fmt: skip
POSIX_MODULES = {"fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog", "posix"}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_folder_says_in_one_paragraph_what_lives_there(package: str) -> None:
    silent = [
        str(folder.relative_to(ROOT))
        for folder in [ROOT / package, *(ROOT / package).rglob("*")]
        if folder.is_dir() and any(folder.glob("*.py")) and not _docstring(folder / "__init__.py")
    ]
    assert silent == []


def test_every_module_says_what_it_is_for() -> None:
    assert [str(file) for file in SOURCES if not _docstring(file)] == []


def _docstring(file: Path) -> str | None:
    return ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) if file.exists() else None


def test_nothing_calls_what_windows_lacks_unless_guarded() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line} {name}" for file in SOURCES for line, name in _posix_calls(file)
    ]
    assert found == []


def _posix_calls(file: Path) -> list[tuple[int, str]]:
    """Uses of POSIX-only names; `getattr` and `hasattr` guards name them as texts and pass."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in POSIX_ONLY.get(node.value.id, set()):
                found.append((node.lineno, f"{node.value.id}.{node.attr}"))
        elif isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names if alias.name in POSIX_MODULES]
        elif isinstance(node, ast.ImportFrom) and node.module in POSIX_MODULES:
            found.append((node.lineno, node.module or ""))
    return found


def test_the_check_for_posix_calls_finds_one(tmp_path: Path) -> None:
    sample = tmp_path / "sample.py"
    sample.write_text("import os\nimport fcntl\nos.kill(1, 9)\n", encoding="utf-8")
    assert [name for _, name in _posix_calls(sample)] == ["fcntl", "os.kill"]


def test_the_window_starts_without_heavy_libraries() -> None:
    code = (
        "import sys, app.startup\n"
        "heavy = {'sklearn', 'pandas', 'scipy.stats', 'numpy', 'pyqtgraph', 'cassandra', 'docker'}\n"
        "print(*sorted(heavy & set(sys.modules)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert output.stdout.strip() == ""


def test_importing_a_layer_respects_the_contracts() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stdout


def test_no_text_of_the_project_names_a_machine_path() -> None:
    pattern = re.compile(r"(?<![\w.])/(?:home|root|work)/\w")
    texts = [
        file
        for suffix in ("py", "md", "toml", "spec", "html")
        for folder in ("app", "widgets", "services", "resources", ".")
        for file in ((ROOT / folder).rglob(f"*.{suffix}") if folder != "." else ROOT.glob(f"*.{suffix}"))
    ]
    assert [str(file) for file in texts if pattern.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(
    ("used", "group"), [(r"\bswarm_engine\b", "platforms"), (r"\btests\.machines\b", "machines")]
)
def test_what_only_one_test_may_use_at_a_time_is_in_the_group_that_one_worker_runs(
    used: str, group: str
) -> None:
    files = [
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "tests").rglob("test_*.py")
        if re.search(used, file.read_text(encoding="utf-8")) and file != Path(__file__)
    ]
    assert files
    assert [file for file in files if group_of(file) != group] == []


def test_every_package_has_its_floor_of_covered_lines() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = {f"services/{folder.parent.name}" for folder in (ROOT / "services").glob("*/__init__.py")}
    assert set(settings["tool"]["coverage-floors"]) == packages | {"app", "widgets"}
