"""Projects and versions: what they are, who was champion, and the changes an administrator makes."""

from datetime import UTC, datetime

from msgspec.structs import replace

from services.errors import Conflict, InvalidInput, NotFound
from services.gateway import messages
from services.gateway.operations import ADMIN, ANYONE, SERVICE, Call, Operation
from services.gateway.routes.signatures import check_signature, version_url
from services.registry.model import ChampionChange, Project, Revision, Version
from services.routing import validate_policy
from services.store.interface import Store

_PROJECT = "/v1/projects/{project}"
_VERSION = f"{_PROJECT}/versions/{{version}}"


async def _projects(call: Call) -> list[str]:
    scope = call.grant.project if call.grant else ""
    names = sorted(project.name for project in call.parts.directory.projects())
    return [name for name in names if not scope or name == scope]


def _project(call: Call) -> messages.ProjectStatus:
    project = known_project(call.parts.store(), call.path["project"])
    call.parts.follower.look()
    fields = {name: getattr(project, name) for name in Project.__struct_fields__}
    return messages.ProjectStatus(**fields, status=call.parts.status(project.name))


def _history(call: Call) -> list[ChampionChange]:
    store = call.parts.store()
    return store.history(known_project(store, call.path["project"]).name)


def _change_champion(call: Call) -> Project:
    request: messages.ChampionRequest = call.body
    store = call.parts.store()
    change = ChampionChange(
        project=call.path["project"],
        generation=request.generation + 1,
        at=datetime.now(UTC),
        previous=request.expected,
        champion=request.champion,
        who=request.who,
        reason=request.reason,
        evidence=request.evidence,
    )
    try:
        project = store.flip(change, seen_generation=request.generation)
    except Conflict as error:
        raise _told_by_whom(store, change.project, error) from error
    call.parts.follower.look()
    return project


def _told_by_whom(store: Store, project: str, error: Conflict) -> Conflict:
    """The same conflict, with who made the last change and when."""
    now = store.project(project)
    last = now.last_change if now else None
    if last is None:
        return error
    by = f"; the last change, to {last.champion}, was made by {last.who} at {last.at.isoformat()}"
    return Conflict(
        f"{error.message}{by} ({last.reason})", remedy="Look at the project again, then decide."
    )


def _change_policy(call: Call) -> Project:
    request: messages.PolicyRequest = call.body
    policy = validate_policy(request.policy)
    project = call.parts.store().set_policy(call.path["project"], policy, expected=request.expected)
    call.parts.follower.look()
    return project


def _put_version(call: Call) -> Project:
    version: Version = call.body
    if (version.project, version.name) != (call.path["project"], call.path["version"]):
        raise InvalidInput("the body's project and name are not those of the path")
    check_signature(version.signature)
    store = call.parts.store()
    url = version.url or version_url(call.parts, store.listeners(), version.project, version.name)
    store.prepare_live(version.project, version.name, version.signature)
    project = store.register(replace(version, url=url), who="publisher")
    call.parts.follower.look()
    return project


def _retire(call: Call) -> Project:
    request: messages.RetiredRequest = call.body
    project = call.parts.store().retire(call.path["project"], call.path["version"], retired=request.retired)
    call.parts.follower.look()
    return project


def _revisions(call: Call) -> list[Revision]:
    store = call.parts.store()
    version = known_version(store, call.path["project"], call.path["version"])
    return store.revisions(version.project, version.name)


def _add_revision(call: Call) -> messages.RevisionAdded:
    revision: Revision = call.body
    store = call.parts.store()
    version = known_version(store, call.path["project"], call.path["version"])
    if (revision.project, revision.version) != (version.project, version.name):
        raise InvalidInput("the body's project and version are not those of the path")
    store.add_revision(revision)
    return messages.RevisionAdded(revision.sha256)


def _change_revision(call: Call) -> Project:
    request: messages.RevisionRequest = call.body
    store = call.parts.store()
    version = known_version(store, call.path["project"], call.path["version"])
    if request.revision not in {one.sha256 for one in store.revisions(version.project, version.name)}:
        raise NotFound(f"version {version.name} has no revision {request.revision!r}")
    project = store.set_revision(version.project, version.name, request.revision, expected=request.expected)
    call.parts.follower.look()
    return project


def known_project(store: Store, name: str) -> Project:
    """The project as the store has it now; NotFound if there is none."""
    project = store.project(name)
    if project is None:
        raise NotFound(f"there is no project {name!r}")
    return project


def known_version(store: Store, project: str, name: str) -> Version:
    """The version as the store has it now; NotFound if there is none."""
    version = known_project(store, project).version(name)
    if version is None:
        raise NotFound(f"project {project} has no version {name!r}")
    return version


OPERATIONS = (
    Operation("GET", "/v1/projects", "List the projects", ANYONE, _projects, gives=list[str]),
    Operation(
        "GET", _PROJECT, "A project, its versions and how they fare", ANYONE, _project,
        gives=messages.ProjectStatus, errors=(404,),
    ),
    Operation(
        "GET", f"{_PROJECT}/history", "Every change of champion", ADMIN, _history,
        gives=list[ChampionChange], errors=(404,),
    ),
    Operation(
        "POST", f"{_PROJECT}/champion", "Change the champion", ADMIN, _change_champion,
        takes=messages.ChampionRequest, gives=Project, errors=(404, 409),
    ),
    Operation(
        "POST", f"{_PROJECT}/policy", "Change how requests are routed", ADMIN, _change_policy,
        takes=messages.PolicyRequest, gives=Project, errors=(404, 409),
    ),
    Operation(
        "PUT", _VERSION, "Register a version", ADMIN, _put_version,
        takes=Version, gives=Project, errors=(409,),
    ),
    Operation(
        "POST", f"{_VERSION}/retired", "Take a challenger out of the shadow, or back", ADMIN, _retire,
        takes=messages.RetiredRequest, gives=Project, errors=(404, 409),
    ),
    Operation(
        "GET", f"{_VERSION}/revisions", "The trained artifacts of a version", SERVICE, _revisions,
        gives=list[Revision], errors=(404,),
    ),
    Operation(
        "POST", f"{_VERSION}/revisions", "Record a trained artifact", SERVICE, _add_revision,
        takes=Revision, gives=messages.RevisionAdded, errors=(404,),
    ),
    Operation(
        "POST", f"{_VERSION}/revision", "Choose the revision that every replica loads", ADMIN,
        _change_revision, takes=messages.RevisionRequest, gives=Project, errors=(404, 409),
    ),
)  # fmt: skip
