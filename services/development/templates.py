"""Kinds of development containers, a short TOML file each: the program's own, and those a team adds."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, field

from resources import path
from services.containers.model import ResourceLimits
from services.errors import InvalidInput
from services.images.catalogue import own_image, reference


class TemplateAccess(Struct, frozen=True, forbid_unknown_fields=True):
    """How a person gets in.

    Attributes:
        kind: a page in the browser, or an interpreter that PyCharm runs from the image.
        path: of the page; `{secret}` stands for the container's own secret.
        sign_in: the user name that the page asks for; its password is the secret.
        interpreter: path of Python inside.
    """

    kind: Literal["browser", "interpreter"]
    path: str = "/"
    sign_in: str = ""
    interpreter: str = ""


class _Limits(Struct, frozen=True, forbid_unknown_fields=True):
    memory_megabytes: int = 0
    processors: float = 0.0


class _Written(Struct, frozen=True, forbid_unknown_fields=True):
    """The file as people write it."""

    title: str
    open: TemplateAccess
    mount: str
    description: str = ""
    own_image: str = ""
    image: str = ""
    port: int = 0
    user: Literal["owner", "variables", "image"] = "owner"
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    limits: _Limits = field(default_factory=_Limits)


class Template(Struct, frozen=True):
    """A kind of development container.

    Attributes:
        key: the file's name without its ending.
        own_image: of Relevo's catalogue; empty if `image` names another.
        port: that its page listens on inside; 0 if it has none.
        user: who it runs as: the folder's `owner`, as its `variables` say, or as the `image` says.
        environment: `{secret}`, `{user}` and `{group}` stand for what is known at the start.
    """

    key: str
    title: str
    description: str
    own_image: str
    image: str
    port: int
    mount: str
    user: Literal["owner", "variables", "image"]
    command: tuple[str, ...]
    environment: Mapping[str, str]
    access: TemplateAccess
    limits: ResourceLimits


class DamagedTemplate(Struct, frozen=True):
    """A template file that cannot be used, and why."""

    file: Path
    reason: str


def read_template(file: Path) -> Template:
    """Read one file.

    Raises:
        InvalidInput: it is not what a template must be; the message says what.
    """
    try:
        written = msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8")), _Written)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise InvalidInput(f"{file.name}: {error}") from error
    if bool(written.own_image) == bool(written.image):
        raise InvalidInput(f"{file.name}: name either `own_image` or `image`")
    if written.own_image:
        own_image(written.own_image)
    if not written.mount.startswith("/"):
        raise InvalidInput(f"{file.name}: `mount` must be a path inside the container, such as /work")
    if written.open.kind == "browser" and not 0 < written.port < 65536:
        raise InvalidInput(f"{file.name}: a page in the browser needs its `port`")
    if written.open.kind == "interpreter" and not written.open.interpreter:
        raise InvalidInput(f"{file.name}: `open.interpreter` must say where Python is inside")
    return Template(
        key=file.stem,
        title=written.title,
        description=written.description,
        own_image=written.own_image,
        image=written.image or reference(written.own_image),
        port=written.port,
        mount=written.mount,
        user=written.user,
        command=written.command,
        environment=written.environment,
        access=written.open,
        limits=ResourceLimits(written.limits.memory_megabytes << 20, written.limits.processors),
    )


def templates(team: Path | None = None) -> tuple[list[Template], list[DamagedTemplate]]:
    """All templates by title, and those that cannot be used.

    Args:
        team: the team's folder; its files stand in for the program's own of the same name.
    """
    files = {file.stem: file for file in sorted(path("templates", "development").glob("*.toml"))}
    if team is not None and team.is_dir():
        files |= {file.stem: file for file in sorted(team.glob("*.toml"))}
    readable: list[Template] = []
    damaged: list[DamagedTemplate] = []
    for file in files.values():
        try:
            readable.append(read_template(file))
        except InvalidInput as error:
            damaged.append(DamagedTemplate(file, error.message))
    return sorted(readable, key=lambda template: template.title.casefold()), damaged
