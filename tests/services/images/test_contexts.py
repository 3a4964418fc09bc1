"""Build contexts: what is in them, and that they are the same wherever they are assembled."""

import ast
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath

import pytest

import images
from services.errors import NotFound
from services.images.catalogue import CATALOGUE
from services.images.contexts import archive, context_of, program_sources

ROOT = Path(__file__).parents[3]
COMMANDS = ("gateway", "supervisor", "serve", "train", "prepare")


def files_of(context: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(context)) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_context_holds_exactly_what_its_dockerfile_copies(name: str) -> None:
    files = files_of(context_of(name))
    text = files.pop("Dockerfile").decode()
    copied: set[str] = set()
    for words in re.findall(r"^COPY (?!--from)(.*)", text, re.MULTILINE):
        for source in words.split()[:-1]:
            copied |= {place for place in files if PurePosixPath(place).is_relative_to(source)}
            assert any(PurePosixPath(place).is_relative_to(source) for place in files), source
    assert set(files) == copied


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_context_is_the_same_each_time(name: str) -> None:
    assert context_of(name) == context_of(name)


def test_an_archive_does_not_depend_on_order_time_or_owner() -> None:
    one, other = archive({"a": b"1", "b/c": b"2"}), archive({"b/c": b"2", "a": b"1"})
    assert one == other
    with tarfile.open(fileobj=io.BytesIO(one)) as tar:
        assert [(entry.name, entry.mtime, entry.uid, entry.mode) for entry in tar] == [
            ("a", 0, 0, 0o644),
            ("b/c", 0, 0, 0o644),
        ]


def test_an_image_that_does_not_exist_is_not_found() -> None:
    with pytest.raises(NotFound, match="no image 'toaster'") as error:
        context_of("toaster")
    assert "gateway" in error.value.remedy


def test_no_window_goes_into_a_container() -> None:
    places = program_sources()
    assert not [place for place in places if place.startswith(("widgets", "resources", "app/pages"))]
    texts = [file.read_text(encoding="utf-8") for file in places.values()]
    assert not [text for text in texts if "import PySide6" in text or "from PySide6" in text]


def test_all_that_a_containers_commands_import_is_in_it() -> None:
    """Follows imports, also those inside functions, from the commands on."""
    sources = program_sources()
    waiting = [f"app.commands.{command}" for command in COMMANDS]
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        place = module.replace(".", "/")
        file = sources.get(f"{place}.py") or sources.get(f"{place}/__init__.py")
        assert file is not None, f"{module} is imported, and missing in containers"
        waiting += own_imports(file)
    assert "services.gateway.process" in seen
    assert "services.model_server.service" in seen


def own_imports(file: Path) -> list[str]:
    """Modules of the program that a file imports."""
    found: list[str] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [node.module, *filter(is_module, inside)]
    return [
        name
        for name in found
        if name.split(".")[0] in {"app", "services", "widgets", "resources", "images"}
    ]


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_installed_wheel_assembles_the_same_bytes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("app", "widgets", "services", "resources", "images"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    wanted = {name: hashlib.sha256(context_of(name)).hexdigest() for name in CATALOGUE}

    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, source], check=True)
    wheel = next(tmp_path.glob("*.whl"))
    subprocess.run([*pip, "install", "--no-deps", "--target", tmp_path / "installed", wheel], check=True)
    shutil.rmtree(source)

    code = (
        "import hashlib, json, services\n"
        "from services.images.catalogue import CATALOGUE, reference\n"
        "from services.images.contexts import context_of\n"
        "hashes = {name: hashlib.sha256(context_of(name)).hexdigest() for name in CATALOGUE}\n"
        "print(json.dumps([services.__file__, hashes, reference('gateway')]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
    )
    place, hashes, reference = json.loads(told.stdout)
    assert Path(place).is_relative_to(tmp_path)
    assert hashes == wanted
    assert re.fullmatch(r"relevo/gateway:\d+\.\d+\.\d+", reference)


def test_what_an_installation_lacks_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(images, "__file__", str(tmp_path / "images" / "__init__.py"))
    with pytest.raises(FileNotFoundError, match="images/gateway is missing"):
        context_of("gateway")
    with pytest.raises(NotFound, match="sources"):
        program_sources()
