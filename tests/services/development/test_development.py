"""Development containers on a real engine: from a template to a page, and files of the right owner."""

import os
import secrets
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.containers.addresses import LocalEngine, SshEngine, TlsEngine
from services.containers.engine.engine import Engine
from services.containers.model import Container, ContainerState, ResourceLimits
from services.development.access import development_page, docker_context, interpreter_settings
from services.development.containers import (
    DevelopmentRequest,
    development_containers,
    start_development_container,
)
from services.development.templates import Template, read_template, templates
from services.errors import Conflict, InvalidInput, NotFound, Unavailable
from tests.waiting import eventually

docker = pytest.mark.docker
SMALL = """
title = "Small pages"
image = "{image}"
port = 8080
mount = "/work"
command = ["httpd", "-f", "-p", "8080", "-h", "/work"]
[environment]
PAGE_TOKEN = "{{secret}}"
[open]
kind = "browser"
path = "/index.html?token={{secret}}"
[limits]
memory_megabytes = 64
"""


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@pytest.fixture
def template(tmp_path: Path, small_image: str) -> Template:
    file = tmp_path / "small.toml"
    file.write_text(SMALL.format(image=small_image))
    return read_template(file)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project folder that belongs to somebody who is not root."""
    made = tmp_path / "project"
    made.mkdir()
    (made / "index.html").write_text("the notebook")
    os.chown(made, 4321, 4322)
    for above in (tmp_path, *tmp_path.parents[:3]):
        above.chmod(above.stat().st_mode | 0o111)  # passable, and else as it was: /tmp may be among them
    return made


@pytest.fixture
def start(engine: Engine) -> Iterator[Callable[[Template, DevelopmentRequest], Container]]:
    made: list[str] = []

    def run(template: Template, request: DevelopmentRequest) -> Container:
        container = start_development_container(engine, template, request, silent)
        made.append(container.identifier)
        return container

    yield run
    for identifier in made:
        engine.remove(identifier, force=True)


def request_for(project: Path, **changes: object) -> DevelopmentRequest:
    named = {"name": f"relevo-test-{secrets.token_hex(4)}", "folder": str(project), **changes}
    return DevelopmentRequest(**named)  # type: ignore[arg-type]


@docker
def test_a_page_opens_with_its_own_secret(
    engine: Engine,
    template: Template,
    folder: Path,
    start: Callable[[Template, DevelopmentRequest], Container],
) -> None:
    container = start(template, request_for(folder))
    page = development_page(engine, container)
    secret = engine.environment(container.identifier)["PAGE_TOKEN"]
    assert page.url.endswith(f"/index.html?token={secret}")
    assert len(secret) >= 24
    assert secret not in repr(page)
    assert secret not in str(engine.inspect(container.identifier))
    assert _read(page.url) == "the notebook"
    assert container.identifier in {each.identifier for each in development_containers(engine)}


def _read(url: str) -> str:
    def read() -> str:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())

    return eventually(read, not_yet=OSError)


@docker
def test_what_is_written_inside_is_on_the_host_and_belongs_to_the_folders_owner(
    engine: Engine,
    template: Template,
    folder: Path,
    start: Callable[[Template, DevelopmentRequest], Container],
) -> None:
    container = start(template, request_for(folder))
    code, output = engine.execute(container.identifier, ("sh", "-c", "echo 1 > /work/model.py; id -u"))
    assert (code, output.strip()) == (0, "4321")
    written = folder / "model.py"
    assert written.read_text() == "1\n"
    assert (written.stat().st_uid, written.stat().st_gid) == (4321, 4322)


@docker
def test_limits_come_from_the_template_unless_others_are_chosen(
    engine: Engine,
    template: Template,
    folder: Path,
    start: Callable[[Template, DevelopmentRequest], Container],
) -> None:
    assert _memory(engine, start(template, request_for(folder))) == 64 << 20
    assert (
        _memory(engine, start(template, request_for(folder, limits=ResourceLimits(32 << 20)))) == 32 << 20
    )


def _memory(engine: Engine, container: Container) -> int:
    return int(engine.inspect(container.identifier)["HostConfig"]["Memory"])


@docker
def test_a_page_of_a_stopped_container_says_to_start_it(
    engine: Engine,
    template: Template,
    folder: Path,
    start: Callable[[Template, DevelopmentRequest], Container],
) -> None:
    container = start(template, request_for(folder))
    engine.kill(container.identifier)
    with pytest.raises(Unavailable, match="does not run"):
        development_page(engine, engine.container(container.identifier))


@docker
def test_a_name_that_is_taken_and_a_folder_that_is_not_there_are_told(
    engine: Engine,
    template: Template,
    folder: Path,
    start: Callable[[Template, DevelopmentRequest], Container],
) -> None:
    first = start(template, request_for(folder))
    with pytest.raises(Conflict, match="exists already"):
        start(template, request_for(folder, name=first.name))
    with pytest.raises(NotFound, match="there is no folder"):
        start(template, request_for(folder / "nowhere"))
    assert engine.container(first.identifier).state is ContainerState.RUNNING


@docker
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "Ümlaut"}, "cannot name a container"),
        ({"name": ""}, "cannot name a container"),
        ({"port": 70_000}, "is not a port"),
        ({"folder": " "}, "Choose the project folder"),
    ],
)
def test_a_wrong_field_is_told_before_anything_is_made(
    template: Template,
    folder: Path,
    start: Callable[[Template, DevelopmentRequest], Container],
    changes: dict[str, object],
    words: str,
) -> None:
    with pytest.raises(InvalidInput, match=words):
        start(template, request_for(folder, **changes))


def test_the_programs_own_templates_can_all_be_used() -> None:
    found, damaged = templates()
    assert damaged == []
    assert {template.key for template in found} == {"jupyter", "rstudio", "pycharm"}


def test_a_teams_template_stands_in_for_the_programs_own_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "jupyter.toml").write_text(SMALL.format(image="registry.plant:5000/notebooks:3"))
    (tmp_path / "broken.toml").write_text("title = ")
    (tmp_path / "portless.toml").write_text(SMALL.format(image="x:1").replace("port = 8080", ""))
    found, damaged = templates(tmp_path)
    assert [t.image for t in found if t.key == "jupyter"] == ["registry.plant:5000/notebooks:3"]
    assert [(d.file.name, d.reason.split(": ")[0]) for d in damaged] == [
        ("broken.toml", "broken.toml"),
        ("portless.toml", "portless.toml"),
    ]
    assert "needs its `port`" in damaged[1].reason


def test_pycharm_is_told_how_to_reach_each_kind_of_engine() -> None:
    template = next(template for template in templates()[0] if template.key == "pycharm")
    far = interpreter_settings(SshEngine("models.plant", "ana"), template, "/home/ana/wine")
    assert far.server == "ssh://ana@models.plant"
    assert far.mapping == ("/home/ana/wine", "/work")
    assert "docker context create models-plant --docker host=ssh://ana@models.plant" in far.text()
    assert interpreter_settings(LocalEngine(), template, "/home/ana/wine").context == ""
    assert "tcp://models.plant:2376" in docker_context(TlsEngine("models.plant"))
