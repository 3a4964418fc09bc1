"""OpenAPI 3.1: the gateway's own API from its operations, a project's from its signature."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from services.gateway import messages
from services.gateway.operations import Operation
from services.gateway.protocols.registry import BY_VERSION
from services.gateway.request_limits import (
    BODY_BYTES,
    LARGEST_INTEGER,
    LONGEST_TEXT,
    MOST_ROWS,
    ROW_TEXT_BYTES,
)
from services.gateway.schema_rules import apply_rules
from services.gateway.validation import request_fields
from services.registry.model import Field, FieldType, Listener, Mode, Project, Task, Version
from services.routing import make_policy

Document = dict[str, Any]
_JSON = "application/json"
_ERRORS = {
    400: "The body is not JSON.",
    401: "No token, or one that is not known.",
    403: "The token does not allow this.",
    404: "There is no such thing.",
    409: "It changed since it was looked at, or an id stands for another row.",
    413: "The body is too large.",
    415: "A body of this kind is not taken.",
    422: "A value breaks a rule; `error.field` says where.",
    503: "Try again after the seconds of Retry-After.",
}
_REF = "#/components/schemas/{name}"
_PATHS: dict[str, Document] = {
    "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
}
_TYPES: dict[FieldType, Document] = {
    FieldType.NUMBER: {"type": "number"},
    FieldType.INTEGER: {"type": "integer", "minimum": -LARGEST_INTEGER, "maximum": LARGEST_INTEGER},
    FieldType.STRING: {"type": "string", "maxLength": LONGEST_TEXT},
    FieldType.BOOLEAN: {"type": "boolean"},
}


def describe_gateway(operations: Sequence[Operation]) -> Document:
    """All operations, and the shape of predictions without any project's signature."""
    found, components = _schemas(operations)
    paths: Document = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, found)
    return _document("Relevo gateway", paths, components)


def _schemas(operations: Sequence[Operation]) -> tuple[dict[str, Document], Document]:
    """The schemas of what operations take and give, by type, and the components that they refer to."""
    kinds = [
        kind
        for operation in operations
        for kind in (operation.takes, operation.gives, operation.form.body)
        if _is_json(kind)
    ]
    schemas, components = msgspec.json.schema_components(kinds, ref_template=_REF)
    apply_rules(components)
    return {_key(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}, components


def describe_project(project: Project) -> Document:
    """What clients of a project ask: predictions, by the policy and by version, and labels."""
    return _document(f"Relevo: {project.name}", *_of_project(project, None))


def describe_listener(project: Project, listener: Listener, operations: Sequence[Operation]) -> Document:
    """All routes of a listener, which stand at the root: the project's as it takes them, then the others.

    Args:
        project: as the registry has it.
        listener: what is described.
        operations: all that stand there.
    """
    paths, components = _of_project(project, listener.version)
    others = [one for one in operations if one.path not in paths and one.path != BY_VERSION]
    found, further = _schemas(others)
    components |= further
    for operation in others:
        described = _operation(operation, found)
        for parameter in described["parameters"]:
            if parameter["in"] == "path":
                parameter["schema"] = {
                    "type": "string",
                    "enum": _named(project, listener, parameter["name"]),
                }
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    if listener.networks:
        for operations_there in paths.values():
            for described in operations_there.values():
                if described["security"]:
                    described["security"].append({})
    return _document(f"Relevo: {project.name}", paths, components)


def _named(project: Project, listener: Listener, parameter: str) -> list[str]:
    """What may stand for a part of a listener's path."""
    if parameter == "project":
        return [project.name]
    return [listener.version] if listener.version else [version.name for version in project.versions]


def _of_project(project: Project, listener: str | None) -> tuple[Document, Document]:
    """Paths and components of predictions and labels.

    Args:
        project: as the registry has it.
        listener: for a listener, the version it stands for, or empty for the policy; its routes stand at
            the root. None describes the API's own routes.
    """
    _, components = msgspec.json.schema_components(
        [messages.LabelCounts, messages.ErrorAnswer], ref_template=_REF
    )
    base = "" if listener is not None else f"/v1/projects/{project.name}"
    paths: Document = {}
    answering = [listener] if listener else _answering(project)
    versions = [version for version in map(project.version, answering) if version is not None]
    if versions:
        words = f"by version {listener}" if listener else "by the project's policy"
        paths[f"{base}/predict"] = _predict(project, versions, "predict", words, components)
        if listener is not None:
            _take_plain_rows(paths[f"{base}/predict"]["post"], components, "Predict")
    for version in project.versions if not listener else ():
        if version.mode is not Mode.RETIRED:
            name = f"predict{version.name}"
            path = f"{base}/versions/{version.name}/predict"
            paths[path] = _predict(project, [version], name, f"by version {version.name}", components)
            if listener is not None:
                _take_plain_rows(paths[path]["post"], components, f"P{name[1:]}")
    components["LabelItem"] = _label_item(project)
    taken = {"type": "array", "maxItems": MOST_ROWS, "items": {"$ref": _REF.format(name="LabelItem")}}
    paths[f"{base}/labels"] = {
        "post": {
            "operationId": "label",
            "summary": "Tell the true values of predictions",
            "requestBody": _body(taken),
            "responses": {
                "200": _answer("What became of them.", _reference("LabelCounts")),
                **_error_answers((400, 401, 403, 404, 413, 415, 422, 503)),
            },
            "security": [{"token": []}],
        }
    }
    return paths, components


def _answering(project: Project) -> list[str]:
    """The versions that may answer a request to the project's policy."""
    arms = make_policy(project).probabilities()
    return [
        name for name, share in zip(arms.versions, arms.probabilities.tolist(), strict=True) if share > 0
    ]


def _predict(
    project: Project, versions: Sequence[Version], name: str, words: str, components: Document
) -> Document:
    asked, given = f"{name[0].upper()}{name[1:]}Request", f"{name[0].upper()}{name[1:]}Answer"
    instance = f"{asked}Instance"
    # Nobody knows beforehand which of them answers a row, so it has what each of them needs.
    components[instance] = _joined(
        [instance_schema(request_fields(project, version)) for version in versions], "allOf"
    )
    components[asked] = {
        "type": "object",
        "properties": {
            "instances": _rows_of(_reference(instance)),
            "ids": {
                "description": "Time-based UUIDs (version 1 or 7), one an instance: a retry is safe.",
                "type": ["array", "null"],
                "minItems": 1,
                "maxItems": MOST_ROWS,
                "items": _prediction_id(),
            },
        },
        "required": ["instances"],
        "additionalProperties": False,
    }
    components[given] = _predictions(versions)
    return {
        "post": {
            "operationId": name,
            "summary": f"Predictions {words}",
            "requestBody": _body(_reference(asked)),
            "responses": {
                "200": _answer("One prediction for each instance.", _reference(given)),
                **_error_answers((400, 401, 403, 404, 409, 413, 415, 422, 503)),
            },
            "security": [{"token": []}],
        }
    }


def _take_plain_rows(predict: Document, components: Document, name: str) -> None:
    """What a listener takes and gives beside the gateway's own form."""
    row = _reference(f"{name}RequestInstance")
    rows = _rows_of(row)
    answers = components[f"{name}Answer"]["properties"]["predictions"]["items"]
    prediction = answers["properties"]["prediction"]
    predictions = {"type": "array", "items": prediction}
    predict["requestBody"] = _body({"anyOf": [_reference(f"{name}Request"), row, rows]})
    predict["responses"]["200"] = _answer(
        "One prediction for each row.", {"anyOf": [_reference(f"{name}Answer"), prediction, predictions]}
    )


def _rows_of(instance: Document) -> Document:
    return {"type": "array", "minItems": 1, "maxItems": MOST_ROWS, "items": instance}


def instance_schema(fields: Sequence[Field]) -> Document:
    """The JSON schema of one instance."""
    texts = [field for field in fields if field.type is FieldType.STRING]
    told = f"Its texts have at most {ROW_TEXT_BYTES:,} bytes together." if texts else ""
    return {
        **({"description": told} if told else {}),
        "type": "object",
        "properties": {field.name: _field(field) for field in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }


def _field(field: Field) -> Document:
    schema = dict(_TYPES[field.type])
    if field.nullable:
        schema["type"] = [schema["type"], "null"]
    if field.unit:
        schema["description"] = f"Unit: {field.unit}"
    return schema


def _joined(schemas: Sequence[Document], word: str) -> Document:
    """One schema; several that differ are joined by the word."""
    different = [schema for place, schema in enumerate(schemas) if schema not in schemas[:place]]
    return different[0] if len(different) == 1 else {word: different}


def _prediction(version: Version) -> Document:
    signature = version.signature
    if signature.task is Task.CLASSIFICATION:
        return {"type": "string", "enum": list(signature.classes)}
    return {"type": "number"}


def _probabilities(version: Version) -> Document:
    signature = version.signature
    if signature.task is Task.CLASSIFICATION:
        properties = {name: {"type": "number"} for name in signature.classes}
        return {"type": ["object", "null"], "properties": properties}
    return {"type": "null"}


def _predictions(versions: Sequence[Version]) -> Document:
    prediction = _joined([_prediction(version) for version in versions], "anyOf")
    probabilities = _joined([_probabilities(version) for version in versions], "anyOf")
    row = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "prediction": prediction,
            "probabilities": probabilities,
            "version": {"type": "string"},
            "revision": {"type": "string"},
        },
        "required": ["id", "prediction", "probabilities", "version", "revision"],
    }
    return {
        "type": "object",
        "properties": {"predictions": {"type": "array", "items": row}},
        "required": ["predictions"],
    }


def _prediction_id() -> Document:
    return msgspec.json.schema(messages.PredictionId)


def _label_item(project: Project) -> Document:
    known = sorted({name for version in project.versions for name in version.signature.classes})
    label: Document = {"type": "number"}
    if project.task is Task.CLASSIFICATION:
        kinds = ["string", "number", "boolean"]
        label = {"type": kinds, "maxLength": LONGEST_TEXT, "examples": known}
    return {
        "type": "object",
        "properties": {"id": _prediction_id(), "label": label},
        "required": ["id", "label"],
        "additionalProperties": False,
    }


def _operation(operation: Operation, schemas: dict[str, Document]) -> Document:
    described: Document = {
        "operationId": _identifier(operation),
        "summary": operation.summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _PATHS.get(name, {"type": "string"})}
            for name in re.findall(r"{(\w+)}", operation.path)
        ]
        + [
            {
                "name": one.name,
                "in": "query",
                "required": one.required,
                "description": one.description,
                "schema": dict(one.schema),
            }
            for one in operation.query
        ],
        "responses": _responses(operation, schemas),
        "security": _security(operation),
    }
    if operation.takes is not None:
        content = "application/octet-stream" if operation.takes is bytes else _JSON
        schema = {} if operation.takes is bytes else schemas[_key(operation.takes)]
        described["requestBody"] = {"required": True, "content": {content: {"schema": schema}}}
        described["requestBody"]["description"] = f"At most {operation.limit or BODY_BYTES:,} bytes."
    return described


def _security(operation: Operation) -> list[Document]:
    """Which tokens it asks for; an empty one beside means that none is needed."""
    if operation.roles:
        return [{"token": []}]
    return [{"token": []}, {}] if operation.more_with_token else []


def _responses(operation: Operation, schemas: dict[str, Document]) -> Document:
    if operation.gives is None:
        success: Document = {"204": {"description": "Done."}}
    elif _is_json(operation.gives):
        success = {str(operation.status): _answer(operation.summary, schemas[_key(operation.gives)])}
    else:
        content: Document = {operation.media_type.partition(";")[0]: {}}
        success = {str(operation.status): {"description": operation.summary, "content": content}}
    codes = set(operation.errors)
    if operation.roles:
        codes |= {401, 403, 503}
    elif operation.more_with_token:
        codes |= {401}
    if operation.takes is not None:
        invalid = operation.form.invalid
        codes |= {413, 415, invalid} if operation.takes is bytes else {400, 413, 415, invalid}
    return {**success, **_error_answers(sorted(codes), operation.form.body.__name__)}


def _error_answers(codes: Sequence[int], name: str = "ErrorAnswer") -> Document:
    return {str(code): _answer(_ERRORS[code], _reference(name)) for code in codes}


def _answer(description: str, schema: Document) -> Document:
    return {"description": description, "content": {_JSON: {"schema": schema}}}


def _body(schema: Document) -> Document:
    told = f"At most {BODY_BYTES:,} bytes, not compressed."
    return {"required": True, "description": told, "content": {_JSON: {"schema": schema}}}


def _reference(name: str) -> Document:
    return {"$ref": _REF.format(name=name)}


def _identifier(operation: Operation) -> str:
    words = re.findall(r"[a-z]+", operation.path.removeprefix("/v1").lower())
    return "_".join([operation.method.lower(), *words])


def _is_json(kind: object) -> bool:
    return kind is not None and kind is not bytes and kind is not str


def _key(kind: object) -> str:
    return repr(kind)


def _document(title: str, paths: Document, components: Document) -> Document:
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
