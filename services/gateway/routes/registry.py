"""Projects and versions: what they are, who was champion, and the changes an administrator makes."""

import time

from anyio import from_thread
from msgspec.structs import replace

from services.errors import Cancelled, Corrupt, InvalidInput, Unanswered, Unavailable
from services.evaluation.evidence import read_evidence
from services.evaluation.reader.reader import ProjectReader
from services.gateway import messages
from services.gateway.operations import ADMIN, ANYONE, SERVICE, Call, Operation
from services.gateway.request_limits import ENTRY_BYTES
from services.gateway.routes.signatures import (
    check_moment,
    check_revision,
    check_revision_name,
    check_signature,
    version_url,
)
from services.registry.model import (
    ChampionChange,
    Evidence,
    Mode,
    Project,
    Revision,
    RevisionChange,
    TokenRole,
    Version,
)
from services.registry.service import ChampionSeen, champion_seen
from services.routing import validate_policy
from services.store.interface import Store
from services.store.log.gaps import lost_batches
from services.store.registry_rules import check_registration

EVIDENCE_SECONDS = 5.0
"""So long may a change of champion wait until its evidence is measured."""
EVIDENCE_HELD_ROWS = 20_000
"""Predictions and labels held in memory for joining; others are looked up in the store."""
_PROJECT = "/v1/projects/{project}"
_VERSION = f"{_PROJECT}/versions/{{version}}"


async def _projects(call: Call) -> list[str]:
    scope = call.grant.project if call.grant else ""
    call.dependencies.routing_table.check()
    names = sorted(project.name for project in call.dependencies.routing_table.projects())
    return [name for name in names if not scope or name == scope]


def _project(call: Call) -> messages.ProjectStatus:
    project = call.dependencies.registry().project(call.path["project"])
    call.dependencies.registry_watcher.refresh()
    seen = project if call.grant and call.grant.role is TokenRole.ADMIN else _as_applications_see(project)
    fields = {name: getattr(seen, name) for name in Project.__struct_fields__}
    lost = lost_batches(call.dependencies.store()).get(project.name, 0)
    return messages.ProjectStatus(
        **fields,
        status=call.dependencies.status(project.name),
        lost_batches=lost,
    )


def _as_applications_see(project: Project) -> Project:
    """What clients are made from, without the platform's inside and without who changed what and why."""
    versions = tuple(replace(version, endpoint="", image="") for version in project.versions)
    return replace(project, versions=versions, last_change=None)


def _history(call: Call) -> list[ChampionChange]:
    return call.dependencies.registry().history(call.path["project"])


def _change_champion(call: Call) -> Project:
    request: messages.ChampionRequest = call.body
    name = call.path["project"]
    seen = ChampionSeen(request.expected, request.generation)
    if not request.force:
        _check_answering(call, request.champion, seen)
    project = call.dependencies.registry().change_champion(
        name,
        request.champion,
        who=request.who,
        reason=request.reason,
        seen=seen,
        evidence=_evidence(call.dependencies.store(), name, request.champion),
    )
    call.dependencies.registry_watcher.refresh()
    return project


def _check_answering(call: Call, name: str, seen: ChampionSeen) -> None:
    """Unanswered if a change that is possible would make a version champion that does not answer."""
    registry = call.dependencies.registry()
    project = registry.project(call.path["project"])
    version = registry.version(project.name, name)
    if champion_seen(project) != seen or version.mode is not Mode.CHALLENGER:
        return  # the registry's rules say more of it
    why = from_thread.run(call.dependencies.health_checker.ask, version)
    if why:
        raise Unanswered(
            f"version {name} of {project.name} does not answer: {why}",
            remedy="Start its service, or send force=true to make it the champion all the same.",
        )


async def _answering(call: Call) -> messages.Answering:
    parts = call.dependencies
    version = parts.routing_table.project(call.path["project"]).version(call.path["version"]).version
    why = await parts.health_checker.ask(version)
    return messages.Answering(version.mode, not why, why)


def _evidence(store: Store, project: str, challenger: str) -> Evidence:
    """What is measured now; a change of champion waits for it only so long, and never fails for it."""
    ends = time.monotonic() + EVIDENCE_SECONDS
    reader = ProjectReader(store, project, held_rows=EVIDENCE_HELD_ROWS)
    try:
        return read_evidence(reader, challenger, lambda: time.monotonic() > ends)
    except Cancelled:
        return Evidence(
            note=f"Not measured: the log could not be read within {EVIDENCE_SECONDS:.0f} seconds."
        )
    except (Unavailable, Corrupt) as error:
        return Evidence(note=f"Not measured: {error.message}")


def _change_policy(call: Call) -> Project:
    request: messages.PolicyRequest = call.body
    policy = validate_policy(request.policy)
    project = call.dependencies.store().set_policy(call.path["project"], policy, expected=request.expected)
    call.dependencies.registry_watcher.refresh()
    return project


def _put_version(call: Call) -> Project:
    version: Version = call.body
    if (version.project, version.name) != (call.path["project"], call.path["version"]):
        raise InvalidInput("the body's project and name are not those of the path")
    check_revision_name(version.revision, "revision")
    check_moment(version.created_at, "created_at")
    check_signature(version.signature)
    store = call.dependencies.store()
    url = version.url or version_url(call.dependencies, store.listeners(), version.project, version.name)
    check_registration(store.project(version.project), version)
    store.prepare_live(version.project, version.name, version.signature)
    project = call.dependencies.registry().register(replace(version, url=url), who="publisher")
    call.dependencies.registry_watcher.refresh()
    return project


def _retire(call: Call) -> Project:
    request: messages.RetiredRequest = call.body
    registry = call.dependencies.registry()
    change = registry.retire if request.retired else registry.return_to_shadow
    project = change(call.path["project"], call.path["version"])
    call.dependencies.registry_watcher.refresh()
    return project


def _revisions(call: Call) -> list[Revision]:
    version = call.dependencies.registry().version(call.path["project"], call.path["version"])
    return call.dependencies.store().revisions(version.project, version.name)


def _add_revision(call: Call) -> messages.RevisionAdded:
    revision: Revision = call.body
    version = call.dependencies.registry().version(call.path["project"], call.path["version"])
    if (revision.project, revision.version) != (version.project, version.name):
        raise InvalidInput("the body's project and version are not those of the path")
    check_revision(revision)
    call.dependencies.store().add_revision(revision)
    return messages.RevisionAdded(revision.sha256)


def _change_revision(call: Call) -> Project:
    request: messages.RevisionRequest = call.body
    project = call.dependencies.registry().set_revision(
        call.path["project"],
        call.path["version"],
        request.revision,
        expected=request.expected,
        who=request.who,
        reason=request.reason,
    )
    call.dependencies.registry_watcher.refresh()
    return project


def _revision_history(call: Call) -> list[RevisionChange]:
    return call.dependencies.registry().revision_history(call.path["project"], call.path["version"])


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
        takes=messages.ChampionRequest, gives=Project, limit=ENTRY_BYTES,
        errors=(404, 409),
    ),
    Operation(
        "POST", f"{_PROJECT}/policy", "Change how requests are routed", ADMIN, _change_policy,
        takes=messages.PolicyRequest, gives=Project, limit=ENTRY_BYTES,
        errors=(404, 409),
    ),
    Operation(
        "PUT", _VERSION, "Register a version", ADMIN, _put_version,
        takes=Version, gives=Project, limit=ENTRY_BYTES, errors=(409,),
    ),
    Operation(
        "POST", f"{_VERSION}/retired", "Take a challenger out of the shadow, or back", ADMIN, _retire,
        takes=messages.RetiredRequest, gives=Project, errors=(404, 409),
    ),
    Operation(
        "GET", f"{_VERSION}/answering", "Whether a version answers now", ADMIN, _answering,
        gives=messages.Answering, errors=(404,),
    ),
    Operation(
        "GET", f"{_VERSION}/revisions", "The trained artifacts of a version", SERVICE, _revisions,
        gives=list[Revision], errors=(404,),
    ),
    Operation(
        "POST", f"{_VERSION}/revisions", "Record a trained artifact", SERVICE, _add_revision,
        takes=Revision, gives=messages.RevisionAdded, limit=ENTRY_BYTES, errors=(404,),
    ),
    Operation(
        "POST", f"{_VERSION}/revision", "Choose the revision that every replica loads", ADMIN,
        _change_revision, takes=messages.RevisionRequest, gives=Project, limit=ENTRY_BYTES,
        errors=(404, 409),
    ),
    Operation(
        "GET", f"{_VERSION}/revisions/history", "Every change of the desired revision", ADMIN,
        _revision_history, gives=list[RevisionChange], errors=(404,),
    ),
)  # fmt: skip
