"""The image of one version: its recipe, and the context of which an engine builds it.

What the model needs is installed in stages that are not the last (`images/common/settings.sh`), so that the
image has the files and no trace of how this machine reaches package registries. Stages go from what many
versions share to what one has alone: a host holds a shared one once.
"""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

import images
from services.errors import InvalidInput
from services.images.contexts import archive
from services.model_server.deploy import Deploy, check_inside
from services.publish.image_dependencies import JAVA, ImageDependencies, dependencies_of

_LEFT_OUT = frozenset({"__pycache__", ".git", ".ipynb_checkpoints", ".Rproj.user", ".DS_Store"})
_MOST_BYTES = 4 << 30
_APT = "ARG RELEVO_APT_SOURCES\nARG RELEVO_APT_CONFIGURATION\nARG RELEVO_CERTIFICATES"
_PIP = "ARG RELEVO_CERTIFICATES\nARG RELEVO_PIP_CONFIGURATION"
_KIND, _SERVICES, _OWN = "kind.txt", "services.txt", "requirements"


class VersionImage(Struct, frozen=True):
    """What a version's image is built of.

    Attributes:
        context: a tar archive with the Dockerfile at its root.
        needs: what is installed; nothing, if the folder's own Dockerfile is used.
    """

    context: bytes
    needs: ImageDependencies

    @property
    def installs(self) -> bool:
        """Whether its stages ask package registries, and so take this machine's settings."""
        return self.needs != ImageDependencies()


def version_image(folder: Path, deploy: Deploy, model_image: str) -> VersionImage:
    """The image of a deploy folder: the same bytes for the same files, so that builds are cached.

    Args:
        folder: the deploy folder; a Dockerfile in it is used as it is.
        deploy: what its `model.json` says.
        model_image: the image of Relevo's service on which it is built.

    Raises:
        InvalidInput, NotFound: its `requirements.txt` cannot be; or it holds more than an image should.
    """
    needs = dependencies_of(folder, deploy)
    contents = {f"deploy/{place}": content for place, content in _deploy_files(folder)}
    own = folder / "Dockerfile"
    contents["Dockerfile"] = own.read_bytes() if own.is_file() else recipe(model_image, needs).encode()
    for place in needs.requirements.files:
        contents[f"{_OWN}/{place}"] = (folder / place).read_bytes()
    if needs.kind:
        contents[_KIND] = "\n".join([*needs.kind, ""]).encode()
    for shared in _shared(needs):
        contents[f"common/{shared}"] = images.path("common", shared).read_bytes()
    return VersionImage(archive(contents), needs)


def recipe(model_image: str, needs: ImageDependencies) -> str:
    """The Dockerfile of a version on the image of Relevo's service."""
    stages = dict(_stages(needs))
    base = {"own": "kind"} if "kind" in stages else {}
    texts = [
        f"FROM {base.get(name, model_image)} AS {name}\nUSER root\n{text}\n"
        for name, text in stages.items()
    ]
    last = [f"FROM {model_image}", *_environment(needs)]
    last += [f"COPY --from={name} /layer/ /" for name in stages]
    return "\n".join([*texts, *last, "COPY deploy /deploy", ""])


def _stages(needs: ImageDependencies) -> Iterator[tuple[str, str]]:
    """Name and commands of each stage that installs something."""
    if needs.debian:
        packages = " ".join(f"'{package}'" for package in needs.debian)
        yield "debian", f"{_APT}\n{_copy('packages.sh')}\nRUN sh /build/packages.sh {packages}"
    if needs.java:
        package, modules = JAVA
        yield "java", f"{_APT}\n{_copy('java.sh')}\nRUN sh /build/java.sh '{package}' {modules}"
    install = "sh /build/requirements.sh"
    if needs.kind:
        copied = f"{_copy('requirements.sh')}\nCOPY {_KIND} /build/"
        yield "kind", f"{_PIP}\n{copied}\nRUN {install} --no-deps --requirement /build/{_KIND}"
    if needs.requirements.files:
        kept = [f"--constraint /build/{name}" for name in (_SERVICES, *([_KIND] if needs.kind else []))]
        copied = f"{_copy('requirements.sh', _SERVICES)}\nCOPY {_OWN} /build/{_OWN}"
        run = f"cd /build/{_OWN} && {install} {' '.join(kept)} --requirement requirements.txt"
        yield "own", f"{_PIP}\n{copied}\nRUN {run}"


def _environment(needs: ImageDependencies) -> Iterator[str]:
    if needs.kind or needs.requirements.files:
        yield "ENV PATH=/opt/relevo/version/bin:$PATH"
    if needs.java:
        yield "ENV JAVA_HOME=/opt/relevo/java PATH=/opt/relevo/java/bin:$PATH"


def _copy(*shared: str) -> str:
    return f"COPY {' '.join(f'common/{name}' for name in ('settings.sh', *shared))} /build/"


def _shared(needs: ImageDependencies) -> Iterator[str]:
    """Files of `images/common` that the recipe copies."""
    if needs != ImageDependencies():
        yield "settings.sh"
    if needs.debian:
        yield "packages.sh"
    if needs.java:
        yield "java.sh"
    if needs.kind or needs.requirements.files:
        yield "requirements.sh"
    if needs.requirements.files:
        yield _SERVICES


def _deploy_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    total = 0
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        check_inside(folder, file)
        if not file.is_file() or _LEFT_OUT.intersection(parts) or parts == ("Dockerfile",):
            continue
        total += file.stat().st_size
        if total > _MOST_BYTES:
            raise InvalidInput(
                f"{folder} holds more than {_MOST_BYTES >> 30} GB",
                remedy="Keep data out of the deploy folder; a service fetches it from the gateway.",
            )
        yield file.relative_to(folder).as_posix(), file.read_bytes()
