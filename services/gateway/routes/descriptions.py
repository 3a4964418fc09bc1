"""The API's own description: of the gateway, and of one project from its signature."""

from collections.abc import Sequence
from typing import Any

from services.gateway.openapi import describe_gateway, describe_project
from services.gateway.operations import ANYONE, Call, Operation


async def _project(call: Call) -> dict[str, Any]:
    return describe_project(call.dependencies.routing_table.project(call.path["project"]).project)


def descriptions_of(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """The operations that describe these operations and themselves."""

    async def gateway(call: Call) -> dict[str, Any]:
        del call
        return describe_gateway([*operations, *described])

    described = (
        Operation(
            "GET", "/v1/openapi.json", "This API, described", ANYONE, gateway, gives=dict[str, Any]
        ),
        Operation(
            "GET", "/v1/projects/{project}/openapi.json", "A project's API, described", ANYONE, _project,
            gives=dict[str, Any], errors=(404,),
        ),
    )  # fmt: skip
    return described
