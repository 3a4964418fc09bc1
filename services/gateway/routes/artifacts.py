"""Artifacts by their sha256: whoever asks for one gets those bytes and no others."""

import hashlib
import re

from starlette.responses import Response

from services.errors import Conflict
from services.gateway.messages import ArtifactStored
from services.gateway.operations import SERVICE, Call, Operation
from services.http.errors import InvalidField

_LIMIT = 1 << 30
_BINARY = "application/octet-stream"


def _get(call: Call) -> Response:
    return Response(call.dependencies.store().artifact(_sha256(call)), media_type=_BINARY)


def _put(call: Call) -> ArtifactStored:
    content: bytes = call.body
    name = _sha256(call)
    found = hashlib.sha256(content).hexdigest()
    if found != name:
        raise Conflict(
            f"the sha256 of the body is {found}, not that of the path: it was damaged on its way"
        )
    call.dependencies.store().put_artifact(content)
    return ArtifactStored(name, len(content))


def _sha256(call: Call) -> str:
    name = call.path["sha256"]
    if not re.fullmatch(r"[0-9a-f]{64}", name):
        raise InvalidField("a sha256 is written as 64 digits 0-9 and a-f", field="sha256")
    return name


OPERATIONS = (
    Operation(
        "GET", "/v1/artifacts/{sha256}", "An artifact's bytes", SERVICE, _get,
        gives=bytes, errors=(404, 422), media_type=_BINARY,
    ),
    Operation(
        "PUT", "/v1/artifacts/{sha256}", "Store an artifact", SERVICE, _put,
        takes=bytes, gives=ArtifactStored, limit=_LIMIT, errors=(409,),
    ),
)  # fmt: skip
