"""Rules of what is sent that types alone do not say, as keywords of JSON schema; handlers enforce them."""

from typing import Any

from services.gateway.protocols.mlflow import FORMATS
from services.gateway.protocols.tensors import KNOWN_DATATYPES, MOST_DIMENSIONS
from services.gateway.request_limits import LONGEST_REVISION
from services.routing import known_policies

Document = dict[str, Any]

_MOMENT = {
    "format": "date-time",
    # Whether a month has a thirty-first day is left to whoever reads it.
    "pattern": r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?"
    r"([Zz]|[+-]([01]\d|2[0-3]):?[0-5]\d)?$",
}
_FILLED = {"type": ["object", "array"]}
_RULES: dict[str, Document] = {
    "Revision": {"properties": {"sha256": {"maxLength": LONGEST_REVISION}}},
    "Version": {"properties": {"revision": {"maxLength": LONGEST_REVISION}}},
    "Signature": {
        "properties": {"inputs": {"minItems": 1}, "classes": {"uniqueItems": True}},
        "if": {"properties": {"task": {"const": "classification"}}},
        "then": {"properties": {"classes": {"minItems": 2}}, "required": ["classes"]},
    },
    "Window": {
        "oneOf": [
            {"properties": {"kind": {"const": "expanding"}, "rows": {"type": "null"}}},
            {
                "properties": {"kind": {"const": "sliding"}, "rows": {"type": "integer"}},
                "required": ["kind", "rows"],
            },
        ]
    },
    "PolicyRequest": {
        "properties": {"policy": {"properties": {"name": {"enum": list(known_policies())}}}},
    },
    "TokenRequest": {
        "properties": {"role": {"enum": ["client", "admin"]}},
        "if": {"properties": {"role": {"const": "admin"}}},
        "then": {"properties": {"project": {"maxLength": 0}}},
    },
    "Tensor": {
        "properties": {
            "datatype": {"enum": list(KNOWN_DATATYPES)},
            "shape": {"minItems": 1, "maxItems": MOST_DIMENSIONS},
        }
    },
    "Invocation": {
        "oneOf": [{"properties": {name: _FILLED}, "required": [name]} for name in FORMATS],
    },
}


def apply_rules(components: Document) -> None:
    """Write the rules into the components of that name, and what a moment looks like into all."""
    for name, rules in _RULES.items():
        if name in components:
            _merge(components[name], rules)
    for component in components.values():
        for name, schema in component.get("properties", {}).items():
            if name == "at" or name.endswith("_at"):
                _merge_moment(schema)


def _merge(schema: Document, rules: Document) -> None:
    for key, value in rules.items():
        if isinstance(value, dict) and isinstance(schema.get(key), dict):
            _merge(schema[key], value)
        else:
            schema[key] = value


def _merge_moment(schema: Document) -> None:
    for each in (schema, *schema.get("anyOf", ())):
        if each.get("type") == "string":
            each.update(_MOMENT)
