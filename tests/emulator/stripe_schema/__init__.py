"""Check Stripe requests and responses against the types of Stripe's package (see README.md)."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

Json = dict[str, Any]
FOLDER = Path(__file__).parent
NAMES = {"item": "line_item"}  # "object": "item" is called line_item in the schema


@cache
def _schema() -> Json:
    loaded: Json = json.loads((FOLDER / "stripe-16.1.0-trimmed-schema.json").read_text(encoding="utf-8"))
    return loaded


@cache
def get_examples() -> Json:
    """Return Stripe's own examples, by the name of the object."""
    loaded: Json = json.loads((FOLDER / "openapi-fixtures-trimmed.json").read_text(encoding="utf-8"))["resources"]
    return loaded


def _to_json_schema(schema: Json) -> Json:
    """Return standard JSON Schema: `nullable` becomes a null type."""
    converted = {name: value for name, value in schema.items() if name not in ("nullable", "format")}
    if "properties" in schema:
        converted["properties"] = {name: _to_json_schema(inner) for name, inner in schema["properties"].items()}
    if "anyOf" in schema:
        converted["anyOf"] = [_to_json_schema(inner) for inner in schema["anyOf"]]
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            converted[name] = _to_json_schema(schema[name])
    return {"anyOf": [converted, {"type": "null"}]} if schema.get("nullable") else converted


@cache
def _object_schema(name: str) -> Json:
    return {**_to_json_schema(_schema()["objects"][name]), "additionalProperties": False}


@cache
def _operations() -> list[tuple[str, re.Pattern[str], Json]]:
    operations = []
    for name, operation in _schema()["operations"].items():
        method, _, path = name.partition(" ")
        operations.append((method, re.compile(re.sub(r"\{\w+\}", r"\\w+", path) + "/?"), _to_json_schema(operation["request"])))
    return operations


def _find_problems(schema: Json, value: Any) -> list[str]:
    errors = Draft202012Validator(schema).iter_errors(value)
    return [f"{'.'.join(map(str, error.instance_path))}: {error.message}"[:500] for error in errors]


def _convert_types(form_value: Any, schema: Json) -> Any:
    """Return a decoded form with texts converted to the numbers and booleans of the schema."""
    for choice in schema.get("anyOf", []):
        if Draft202012Validator(choice).is_valid(_convert_types(form_value, choice)):
            return _convert_types(form_value, choice)
    if isinstance(form_value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        additional = others if isinstance(others, dict) else {}
        return {name: _convert_types(value, properties.get(name, additional)) for name, value in form_value.items()}
    if isinstance(form_value, list):
        return [_convert_types(value, schema.get("items", {})) for value in form_value]
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]{1,18}", form_value):
        return int(form_value)
    return {"true": True, "false": False}.get(form_value, form_value) if schema.get("type") == "boolean" else form_value


def check_request(method: str, path: str, params: Json) -> None:
    """Fail if the decoded form of an API call does not match the schema.

    Raises LookupError for an operation that the schema does not describe.
    """
    schema = next((schema for verb, pattern, schema in _operations() if verb == method and pattern.fullmatch(path)), None)
    if schema is None:
        raise LookupError(f"the schema does not describe {method} {path}")
    problems = _find_problems(schema, _convert_types(params, schema))
    assert not problems, f"{method} {path} does not match Stripe's schema: {problems}"


def check_object(obj: Any) -> None:
    """Fail if an API object, or one nested in it, does not match the schema. Looks into lists and events."""
    kind = obj["object"]
    if kind == "list":
        assert sorted(obj) == ["data", "has_more", "object", "url"], f"a list has {sorted(obj)}"
        assert isinstance(obj["has_more"], bool)
        assert obj["url"].startswith("/v1/")
    else:
        name = _get_schema_name(obj)
        assert name in _schema()["objects"], f"the schema does not describe the object {kind}"
        problems = _find_problems(_object_schema(name), obj)
        assert not problems, f"{kind} {obj.get('id')} does not match Stripe's schema: {problems}"
    for inner in _get_nested_objects(obj):
        check_object(inner)


def _get_nested_objects(obj: Json) -> list[Json]:
    """Return the objects nested in an object: in a list, in an event, or expanded ids."""
    expanded = [value for value in obj.values() if isinstance(value, dict) and isinstance(value.get("object"), str)]
    within = [value for value in expanded if value["object"] == "list" or _get_schema_name(value) in _schema()["objects"]]
    if obj["object"] == "list":
        within += obj["data"]
    if obj["object"] == "event":
        within.append(obj["data"]["object"])
    return within


def _get_schema_name(obj: Json) -> str:
    name: str = obj["object"]
    return NAMES.get(name, name)
