"""Holds what is sent to Stripe, and what it answers, against the types of its own package (see README.md)."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

Json = dict[str, Any]
FOLDER = Path(__file__).parent
NAMES = {"item": "line_item"}  # "object": "item" is called line_item in the schema


@cache
def _schema() -> Json:
    loaded: Json = json.loads((FOLDER / "stripe-16.1.0-trimmed-schema.json").read_text(encoding="utf-8"))
    return loaded


@cache
def examples() -> Json:
    """Return Stripe's own examples, by the name of the object."""
    loaded: Json = json.loads((FOLDER / "openapi-fixtures-trimmed.json").read_text(encoding="utf-8"))["resources"]
    return loaded


def _plain(schema: Json) -> Json:
    """Return JSON Schema proper: what is `nullable` may be null."""
    made = {name: value for name, value in schema.items() if name not in ("nullable", "format")}
    if "properties" in schema:
        made["properties"] = {name: _plain(inner) for name, inner in schema["properties"].items()}
    if "anyOf" in schema:
        made["anyOf"] = [_plain(inner) for inner in schema["anyOf"]]
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            made[name] = _plain(schema[name])
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made


@cache
def _object_schema(name: str) -> Json:
    return {**_plain(_schema()["objects"][name]), "additionalProperties": False}


@cache
def _operations() -> list[tuple[str, re.Pattern[str], Json]]:
    found = []
    for name, operation in _schema()["operations"].items():
        method, _, path = name.partition(" ")
        found.append((method, re.compile(re.sub(r"\{\w+\}", r"\\w+", path) + "/?"), _plain(operation["request"])))
    return found


def _problems(schema: Json, given: Any) -> list[str]:
    return [f"{'.'.join(map(str, wrong.path))}: {wrong.message}"[:500] for wrong in Draft202012Validator(schema).iter_errors(given)]


def _typed(given: Any, schema: Json) -> Any:
    """Return a decoded form with the numbers and truth values that its texts stand for."""
    for choice in schema.get("anyOf", []):
        if Draft202012Validator(choice).is_valid(_typed(given, choice)):
            return _typed(given, choice)
    if isinstance(given, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        rest = others if isinstance(others, dict) else {}
        return {name: _typed(value, known.get(name, rest)) for name, value in given.items()}
    if isinstance(given, list):
        return [_typed(value, schema.get("items", {})) for value in given]
    if schema.get("type") == "integer" and re.fullmatch(r"-?[0-9]{1,18}", given):
        return int(given)
    return {"true": True, "false": False}.get(given, given) if schema.get("type") == "boolean" else given


def check_request(method: str, path: str, params: Json) -> None:
    """Fail where a call of the API, whose form was decoded to texts, is not what the API takes.

    Raises LookupError for an operation that the schema does not describe.
    """
    schema = next((schema for own, pattern, schema in _operations() if own == method and pattern.fullmatch(path)), None)
    if schema is None:
        raise LookupError(f"the schema does not describe {method} {path}")
    problems = _problems(schema, _typed(params, schema))
    assert not problems, f"{method} {path} is not what Stripe takes: {problems}"


def check_object(given: Any) -> None:
    """Fail where an object of the API, or one within it, is not what Stripe answers. Looks into lists and events."""
    kind = given["object"]
    if kind == "list":
        assert sorted(given) == ["data", "has_more", "object", "url"], f"a list has {sorted(given)}"
        assert isinstance(given["has_more"], bool)
        assert given["url"].startswith("/v1/")
    else:
        name = _name(given)
        assert name in _schema()["objects"], f"the schema does not describe the object {kind}"
        problems = _problems(_object_schema(name), given)
        assert not problems, f"{kind} {given.get('id')} is not what Stripe answers: {problems}"
    for inner in _inner(given):
        check_object(inner)


def _inner(given: Json) -> list[Json]:
    """Return the objects within an object: in a list, in an event, or where an id was expanded."""
    expanded = [value for value in given.values() if isinstance(value, dict) and isinstance(value.get("object"), str)]
    within = [value for value in expanded if value["object"] == "list" or _name(value) in _schema()["objects"]]
    if given["object"] == "list":
        within += given["data"]
    if given["object"] == "event":
        within.append(given["data"]["object"])
    return within


def _name(given: Json) -> str:
    name: str = given["object"]
    return NAMES.get(name, name)
