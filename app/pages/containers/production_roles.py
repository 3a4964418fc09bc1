"""Which part the selected containers have in production; asked of the registry, off the GUI thread."""

from collections.abc import Iterable, Sequence

from app.connection.platform import Platform
from app.pages.containers.action_rules import ProductionRole
from services.containers.model import Container, ContainerRole
from services.errors import RelevoError
from services.registry.model import Mode

_ROLES = {
    Mode.CHAMPION: ProductionRole.CHAMPION,
    Mode.CHALLENGER: ProductionRole.CHALLENGER,
    Mode.RETIRED: ProductionRole.NONE,
}


def production_roles(
    containers: Sequence[Container], platform: Platform | None
) -> dict[str, ProductionRole]:
    """Each container's part by identifier; unknown for models of projects that this platform lacks."""
    models = [one for one in containers if one.role is ContainerRole.MODEL and one.project]
    modes = _modes({one.project for one in models}, platform)
    found = {one.identifier: ProductionRole.NONE for one in containers}
    for one in models:
        found[one.identifier] = modes.get((one.project, one.version), ProductionRole.UNKNOWN)
    return found


def _modes(projects: Iterable[str], platform: Platform | None) -> dict[tuple[str, str], ProductionRole]:
    if platform is None:
        return {}
    found: dict[tuple[str, str], ProductionRole] = {}
    for name in projects:
        try:
            project = platform.store.project(name)
        except RelevoError:
            continue  # then it is unknown, which is said and counts as vital
        for version in project.versions if project else ():
            found[name, version.name] = _ROLES[version.mode]
    return found


def orders_of(platform: Platform) -> dict[tuple[str, str], int]:
    """Every version's order of registration, for its colour."""
    return {
        (name, version.name): version.order
        for name in platform.store.projects()
        if (project := platform.store.project(name)) is not None
        for version in project.versions
    }
