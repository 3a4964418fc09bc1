"""The images that Relevo is made of, and how they are called."""

from importlib.metadata import PackageNotFoundError, version

from msgspec import Struct

from services.containers.model import ContainerRole
from services.errors import NotFound

REPOSITORY = "relevo"


class OwnImage(Struct, frozen=True):
    """One of Relevo's images.

    Attributes:
        name: also its folder in `images/`.
        role: what its containers are for.
        shared: files of `images/common` that its Dockerfile copies.
        program: whether the program's sources are in it.
        helpers: files of `resources/helpers`, for data scientists, that its Dockerfile copies.
    """

    name: str
    role: ContainerRole
    text: str
    shared: tuple[str, ...] = ()
    program: bool = False
    helpers: tuple[str, ...] = ()


_LIBRARIES = ("settings.sh", "libraries.sh")
_PACKAGES = ("settings.sh", "packages.sh")
_ANSWERS = (*_PACKAGES, "answers.sh")
_SERVICE = (*_LIBRARIES, "services.txt", "health.py")
_MODEL = (*_SERVICE, "models.txt")
_NOTEBOOKS = (*_LIBRARIES, "packages.sh", "services.txt", "models.txt", "answers.sh")
_HELPERS = ("relevo.R", "relevo.py")

CATALOGUE = {
    image.name: image
    for image in (
        OwnImage("gateway", ContainerRole.GATEWAY, "what client applications call", _SERVICE, program=True),
        OwnImage(
            "supervisor",
            ContainerRole.SUPERVISOR,
            "keeps rollups, carries rules out",
            _SERVICE,
            program=True,
        ),
        OwnImage("balancer", ContainerRole.BALANCER, "one address for several gateways", _ANSWERS),
        OwnImage(
            "model-python", ContainerRole.MODEL, "serves versions trained in Python", _MODEL, program=True
        ),
        OwnImage("model-r", ContainerRole.MODEL, "serves versions trained in R", _ANSWERS),
        OwnImage("cassandra", ContainerRole.STORE, "the store of a platform"),
        OwnImage("registry", ContainerRole.REGISTRY, "the team's own image registry", _ANSWERS),
        OwnImage("datalake", ContainerRole.DATALAKE, "a small MariaDB for historical data", _PACKAGES),
        OwnImage(
            "dev-python",
            ContainerRole.DEVELOPMENT,
            "JupyterLab with Python and R",
            _NOTEBOOKS,
            helpers=_HELPERS,
        ),
        OwnImage(
            "dev-r", ContainerRole.DEVELOPMENT, "RStudio Server", ("answers.sh",), helpers=("relevo.R",)
        ),
    )
}


def own_image(name: str) -> OwnImage:
    """The image of that name; NotFound lists those that exist."""
    if name not in CATALOGUE:
        raise NotFound(f"Relevo has no image {name!r}", remedy=f"Choose one of: {', '.join(CATALOGUE)}.")
    return CATALOGUE[name]


def program_version() -> str:
    """The version of this program, which is the tag of its images."""
    try:
        return version("relevo")
    except PackageNotFoundError as error:
        raise NotFound(
            "the version of this program is not known",
            remedy="Install it (pip install --editable . in a checkout), so that its images get their tag.",
        ) from error


def reference(name: str, prefix: str = "") -> str:
    """`relevo/<name>:<version of the program>`.

    Args:
        name: of the catalogue.
        prefix: a registry's host, port and path, such as `registry.plant:5000`; put before it.
    """
    repository = f"{REPOSITORY}/{own_image(name).name}:{program_version()}"
    return f"{prefix.rstrip('/')}/{repository}" if prefix else repository
