"""What model services say of themselves, and what they should have loaded."""

from datetime import UTC, datetime

from services.errors import InvalidInput
from services.gateway import messages
from services.gateway.operations import SERVICE, Call, Operation
from services.gateway.request_limits import ENTRY_BYTES
from services.gateway.routes.signatures import check_revision, check_signature, version_url
from services.registry.model import Mode, Version
from services.store.registry_rules import check_registration


def _register(call: Call) -> messages.Desired:
    request: messages.RegisterRequest = call.body
    if call.grant is not None:
        call.grant.require(SERVICE, request.project, request.version)
    if (request.revision.project, request.revision.version) != (request.project, request.version):
        raise InvalidInput("the revision belongs to another project or version")
    check_revision(request.revision, "revision.")
    check_signature(request.signature)
    store, registry = call.dependencies.store(), call.dependencies.registry()
    version = Version(
        project=request.project,
        name=request.version,
        mode=Mode.CHALLENGER,
        signature=request.signature,
        revision=request.revision.sha256,
        created_at=datetime.now(UTC),
        url=version_url(call.dependencies, store.listeners(), request.project, request.version),
        endpoint=request.endpoint,
        image=request.image,
    )
    check_registration(store.project(version.project), version)
    store.prepare_live(request.project, request.version, request.signature)
    store.add_revision(request.revision)
    project = registry.register(version, who=f"service of version {request.version}")
    call.dependencies.registry_watcher.refresh()
    registered = registry.version(project.name, request.version)
    return messages.Desired(registered.revision, registered.mode, registered.url)


async def _desired(call: Call) -> messages.Desired:
    """From the snapshot: every replica asks each second, also while the store is down."""
    version = (
        call.dependencies.routing_table.project(call.path["project"]).version(call.path["version"]).version
    )
    return messages.Desired(version.revision, version.mode, version.url)


OPERATIONS = (
    Operation(
        "POST", "/v1/register", "A model service says where it is", SERVICE, _register,
        takes=messages.RegisterRequest, gives=messages.Desired, limit=ENTRY_BYTES, errors=(409,),
    ),
    Operation(
        "GET", "/v1/projects/{project}/versions/{version}/desired",
        "What a version's replicas should have loaded", SERVICE, _desired,
        gives=messages.Desired, errors=(404,),
    ),
)  # fmt: skip
