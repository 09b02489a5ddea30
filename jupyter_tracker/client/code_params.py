"""The params that code takes, read off its text. The code is never run and nothing of it is imported."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.common.code.codecheck import ENTRY_POINTS, is_python
from jupyter_tracker.client.code_types import (
    NOTHING,
    Schema,
    last_name,
    literal,
    schema_of_annotation,
    schema_of_value,
)
from jupyter_tracker.models import Code, CodeKind

LARGEST = 2_000_000
"""Characters of code that are read."""
_CONVERSIONS = {"int": "integer", "float": "number", "str": "string", "bool": "boolean", "Path": "string"}
_TAKERS = {"cli", "CLI", "auto_cli", "HfArgumentParser", "add_arguments", "add_class_arguments", "parse", "wrap"}
_TAKERS |= {"add_dataclass_arguments", "from_dict", "structured"}
"""What makes an object of a dataclass from arguments: of tyro, transformers, simple_parsing, jsonargparse, dacite, …"""


def schema_of_code(code: Code) -> Schema:
    """JSON Schema of the params of code that lies here; empty where none can be found or read."""
    try:
        if code.kind is CodeKind.CELL:
            return schema_of_text(code.text)
        path = Path(code.path)
        if code.kind is CodeKind.NOTEBOOK:
            return _schema_of_notebook(path.read_text("utf-8"))
        if code.kind is CodeKind.FOLDER:
            names = [code.entry_point] if code.entry_point else ENTRY_POINTS
            path = next((path / name for name in names if (path / name).is_file()), path)
        return schema_of_text(path.read_text("utf-8")) if is_python(path) else {}
    except (OSError, UnicodeDecodeError):
        return {}  # submitting it says what is wrong


def schema_of_text(text: str) -> Schema:
    """JSON Schema of the params of a script: what its argument parser, its config classes and its run are asked for.

    Found are the options of `add_argument` calls, the fields of dataclasses that are made from arguments, and
    `params["lr"]` and `params.get("lr", 0.1)` of a script that uses `jupyter_tracker.current_run()`.
    """
    tree = _parsed(text)
    if tree is None:
        return {}
    names = _constants(tree)
    properties: dict[str, Schema] = {}
    required: list[str] = []
    for found in (_options(tree, names), _fields(tree, names), _asked(tree, names)):
        for name, schema, needed in found:
            if name not in properties:
                properties[name] = schema
                required += [name] if needed else []
    return _object(properties, required)


def _schema_of_notebook(text: str) -> Schema:
    """The same of a notebook: what the cell that is tagged `parameters` assigns."""
    try:
        cells = json.loads(text)["cells"]
        sources = [
            "".join(cell["source"])
            for cell in cells
            if cell["cell_type"] == "code" and "parameters" in cell.get("metadata", {}).get("tags", ())
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
    tree = _parsed("\n".join(sources))
    properties: dict[str, Schema] = {}
    for node in tree.body if tree is not None else ():
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = literal(node.value, {})
        for target in targets:
            if isinstance(target, ast.Name) and value is not NOTHING:
                kind = schema_of_annotation(getattr(node, "annotation", None), {}) or schema_of_value(value)
                properties[target.id] = {**kind, "default": value}
    return _object(properties, [])


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text) if len(text) <= LARGEST else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _object(properties: Mapping[str, Schema], required: list[str]) -> Schema:
    if not properties:
        return {}
    return {"type": "object", "properties": dict(properties), **({"required": required} if required else {})}


def _constants(tree: ast.Module) -> dict[str, ast.expr]:
    """What names of the module stand for, as far as they are assigned once and plainly."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
    return found


Found = Iterator[tuple[str, Schema, bool]]
"""Name, schema, and whether it must be given."""


def _options(tree: ast.Module, names: Mapping[str, ast.expr]) -> Found:
    """The options of argparse. Params come as `--name value`, so that what has no long name cannot be given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and last_name(node.func) == "add_argument":
            words = [literal(each, names) for each in node.args]
            long = [word[2:] for word in words if isinstance(word, str) and word.startswith("--")]
            given = {each.arg: each.value for each in node.keywords if each.arg}
            if long and last_name(given.get("action")) not in ("help", "version"):
                yield from _option(long[0], given, names)


def _option(name: str, given: Mapping[str, ast.expr], names: Mapping[str, ast.expr]) -> Found:
    action = literal(given.get("action"), names)
    default = literal(given.get("default"), names)
    schema: Schema
    if action in ("help", "version"):
        return
    if last_name(given.get("action")) == "BooleanOptionalAction":
        # A truth value comes as the bare name or not at all, so that one that is true is turned off by its other name.
        name = f"no-{name}" if default is True else name
        schema = {"type": "boolean", "default": False}
    elif action in ("store_true", "store_false", "store_const", "append_const", "count"):
        schema = {"type": "boolean", "default": False}
    else:
        kind = _CONVERSIONS.get(last_name(given.get("type")))
        schema = {"type": kind} if kind else schema_of_value("" if default is NOTHING else default)
        choices = literal(given.get("choices"), names)
        if isinstance(choices, list):
            schema = {"enum": choices}
        if literal(given.get("nargs"), names) in ("+", "*") or isinstance(literal(given.get("nargs"), names), int):
            schema = schema if schema.get("type") == "array" else {"type": "array", "items": schema}
        if default is not NOTHING and default is not None:
            schema["default"] = default
    told = literal(given.get("help"), names)
    if isinstance(told, str):
        schema["description"] = told.replace("%%", "%")
    yield name, schema, literal(given.get("required"), names) is True


def _fields(tree: ast.Module, names: Mapping[str, ast.expr]) -> Found:
    """The fields of dataclasses that something makes from arguments."""
    schemas: dict[str, Schema] = {}
    for node in tree.body:  # a class is written before one that has a field of it
        if isinstance(node, ast.ClassDef) and any(_is_dataclass(each) for each in node.decorator_list):
            schemas[node.name] = _schema_of_class(node, names, schemas)
    for taken in _taken(tree):
        schema = schemas.get(taken, {})
        for name, field in schema.get("properties", {}).items():
            yield name, field, name in schema.get("required", ())


def _is_dataclass(decorator: ast.expr) -> bool:
    return last_name(decorator.func if isinstance(decorator, ast.Call) else decorator) == "dataclass"


def _taken(tree: ast.Module) -> Iterator[str]:
    """Names that are handed to what makes objects from arguments, or called with `**`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and any(each.arg is None for each in node.keywords):
            yield node.func.id
        if last_name(node.func) in _TAKERS:
            for given in [*node.args, *(each.value for each in node.keywords)]:
                parts = given.elts if isinstance(given, ast.Tuple | ast.List) else [given]
                yield from (part.id for part in parts if isinstance(part, ast.Name))


def _schema_of_class(node: ast.ClassDef, names: Mapping[str, ast.expr], known: Mapping[str, Schema]) -> Schema:
    inherited = [known[last_name(base)] for base in node.bases if last_name(base) in known]
    properties = {name: field for each in inherited for name, field in each.get("properties", {}).items()}
    required = [name for each in inherited for name in each.get("required", ())]
    for each in node.body:
        if not (isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)):
            continue
        annotation = each.annotation
        if isinstance(annotation, ast.Subscript) and last_name(annotation.value) == "ClassVar":
            continue
        schema = schema_of_annotation(annotation, known)
        default, needed = _default(each.value, names)
        name = each.target.id
        if default is not NOTHING:
            schema = {**(schema or schema_of_value(default)), "default": default}
        properties[name] = schema
        required = [other for other in required if other != name] + ([name] if needed else [])
    return _object(properties, required) or {"type": "object"}


def _default(node: ast.expr | None, names: Mapping[str, ast.expr]) -> tuple[Any, bool]:
    """The default of a field, and whether it must be given."""
    if isinstance(node, ast.Call) and last_name(node.func) == "field":
        given = {each.arg: each.value for each in node.keywords}
        factory = given.get("default_factory")
        if isinstance(factory, ast.Lambda):
            return literal(factory.body, names), False
        if factory is not None:
            return {"list": [], "dict": {}}.get(last_name(factory), NOTHING), False
        node = given.get("default")
    return literal(node, names), node is None


def _asked(tree: ast.Module, names: Mapping[str, ast.expr]) -> Found:
    """What a script asks the params of its run for."""
    if not any(last_name(node) == "current_run" for node in ast.walk(tree)):
        return
    aliases = {name for name, value in _assigned(tree) if isinstance(value, ast.Attribute) and value.attr == "params"}
    converted = {
        id(node.args[0]): _CONVERSIONS[last_name(node.func)]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and len(node.args) == 1 and last_name(node.func) in _CONVERSIONS
    }
    found: dict[str, Schema] = {}
    required: dict[str, bool] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and _is_params(node.value, aliases):
            name, default = literal(node.slice, names), NOTHING
        elif isinstance(node, ast.Call) and last_name(node.func) == "get" and node.args:
            if not (isinstance(node.func, ast.Attribute) and _is_params(node.func.value, aliases)):
                continue
            name = literal(node.args[0], names)
            default = literal(node.args[1], names) if len(node.args) > 1 else None
        else:
            continue
        if isinstance(name, str):
            kind = {"type": converted[id(node)]} if id(node) in converted else {}
            schema = found.setdefault(name, {})
            for key, value in (kind or ({} if default in (NOTHING, None) else schema_of_value(default))).items():
                schema.setdefault(key, value)
            if default is not NOTHING and default is not None:
                schema["default"] = default
            required[name] = required.get(name, True) and default is NOTHING
    for name, schema in found.items():
        yield name, schema, required[name]


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))


def _is_params(node: ast.expr, aliases: set[str]) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "params") or (
        isinstance(node, ast.Name) and node.id in aliases
    )
