"""From the literals and annotations of Python code to JSON and JSON Schema, read off the syntax tree."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

from jupyter_tracker.models import JsonValue

Schema = dict[str, Any]
NOTHING = object()
"""Where no literal stands."""
_DEEPEST = 8
_PLAIN: Mapping[str, Schema] = {
    "bool": {"type": "boolean"},
    "dict": {"type": "object"},
    "float": {"type": "number"},
    "int": {"type": "integer"},
    "list": {"type": "array"},
    "str": {"type": "string"},
    "Path": {"type": "string"},
    "PurePath": {"type": "string"},
}
_OF_MANY = {"list", "List", "Sequence", "Iterable", "Collection", "tuple", "Tuple", "set", "Set"}
_TRANSPARENT = {"Final", "Annotated", "ClassVar", "Required", "NotRequired"}


def literal(node: ast.expr | None, names: Mapping[str, ast.expr]) -> Any:
    """The JSON value of a literal, or of a constant of the module; `NOTHING` for anything else."""
    for _ in range(_DEEPEST):
        if not isinstance(node, ast.Name):
            break
        node = names.get(node.id)
    if node is None:
        return NOTHING
    try:
        value = ast.literal_eval(node)
        value = sorted(value) if isinstance(value, set) else list(value) if isinstance(value, tuple) else value
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return NOTHING
    return value


def schema_of_value(value: JsonValue) -> Schema:
    """What a value of the same kind must be; anything for null."""
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int):
        return {"type": "integer"}
    if isinstance(value, float):
        return {"type": "number"}
    if isinstance(value, str):
        return {"type": "string"}
    if isinstance(value, list):
        kinds = [schema_of_value(item) for item in value]
        same = bool(kinds) and all(kind == kinds[0] for kind in kinds)
        return {"type": "array", **({"items": kinds[0]} if same else {})}
    return {"type": "object"} if isinstance(value, dict) else {}


def schema_of_annotation(node: ast.expr | None, classes: Mapping[str, Schema]) -> Schema:
    """What a value must be to fit an annotation; anything where that cannot be told.

    Args:
        node: The annotation.
        classes: Schemas of classes by name.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            node = ast.parse(node.value, mode="eval").body
        except SyntaxError:
            return {}
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _either([node.left, node.right], classes)
    if isinstance(node, ast.Subscript):
        inner = list(node.slice.elts) if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _subscripted(last_name(node.value), inner, classes)
    name = last_name(node)
    return dict(_PLAIN.get(name) or classes.get(name, {}))


def _subscripted(name: str, inner: list[ast.expr], classes: Mapping[str, Schema]) -> Schema:
    if name == "Literal":
        values = [literal(each, {}) for each in inner]
        return {} if any(value is NOTHING for value in values) else {"enum": values}
    if name == "Optional":
        return _either([*inner, ast.Constant(None)], classes)
    if name == "Union":
        return _either(inner, classes)
    if name in _TRANSPARENT:
        return schema_of_annotation(inner[0], classes)
    if name in _OF_MANY:
        items = schema_of_annotation(inner[0], classes)
        return {"type": "array", **({"items": items} if items else {})}
    return {"type": "object"} if name in ("dict", "Dict", "Mapping") else {}


def _either(parts: list[ast.expr], classes: Mapping[str, Schema]) -> Schema:
    """One of several; null beside one other is known as such, everything else as anything."""
    null = [isinstance(part, ast.Constant) and part.value is None for part in parts]
    others = [schema_of_annotation(part, classes) for part, none in zip(parts, null, strict=True) if not none]
    if len(others) != 1:
        return {}
    (one,) = others
    if not any(null):
        return one
    if "enum" in one:
        return {"enum": [*one["enum"], None]}
    return {**one, "type": [one["type"], "null"]} if isinstance(one.get("type"), str) else one


def last_name(node: ast.AST | None) -> str:
    """The last part of a dotted name; empty for anything else."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
