"""The API's own description: of the gateway, and of one project from its signature."""

from typing import Any

from services.gateway.openapi import describe_gateway, describe_project
from services.gateway.operations import ANYONE, Call, Operation


async def _gateway(call: Call) -> dict[str, Any]:
    del call
    from services.gateway.routes import OPERATIONS

    return describe_gateway(OPERATIONS)


async def _project(call: Call) -> dict[str, Any]:
    return describe_project(call.dependencies.routing_table.project(call.path["project"]).project)


OPERATIONS = (
    Operation(
        "GET", "/v1/openapi.json", "This API, described", ANYONE, _gateway, gives=dict[str, Any]
    ),
    Operation(
        "GET", "/v1/projects/{project}/openapi.json", "A project's API, described", ANYONE, _project,
        gives=dict[str, Any], errors=(404,),
    ),
)  # fmt: skip
