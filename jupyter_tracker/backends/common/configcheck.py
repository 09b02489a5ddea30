"""Configs against JSON Schema: all mistakes at once, each with its path. Nothing is fetched from anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_tracker.backends.common.values import plain_data
from jupyter_tracker.errors import InvalidInput, did_you_mean
from jupyter_tracker.models import ConfigMistake, JsonValue

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

LARGEST_SCHEMA = 1_000_000
"""Characters of a schema."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_LONGEST_MESSAGE = 300


def checked_schema(schema: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """A schema that configs can be held against.

    Raises:
        InvalidInput: it is no JSON Schema, with all mistakes and their paths, or refers to something outside.
    """
    if not isinstance(schema, Mapping):
        raise InvalidInput(f"The schema must be a JSON Schema as a dict, not {type(schema).__name__}.")
    plain = plain_data(schema, "schema")
    if len(json.dumps(plain)) > LARGEST_SCHEMA:
        raise InvalidInput(f"The schema is longer than {LARGEST_SCHEMA:,} characters.")
    kind = _kind(plain)
    wrong = [
        f"{_path(error.absolute_path)}: {_short(error.message)}" for error in kind(kind.META_SCHEMA).iter_errors(plain)
    ]
    if wrong:
        raise InvalidInput("The schema is no JSON Schema:\n  " + "\n  ".join(sorted(wrong)))
    for path, reference in _references(plain, ""):
        if not reference.startswith("#"):
            raise InvalidInput(
                f"The schema refers to {reference!r} at {path}; it can refer to its own parts only (#…)."
            )
    _check_parts(plain)
    mistakes(plain, {})
    return plain


def mistakes(schema: Mapping[str, JsonValue], config: Mapping[str, JsonValue]) -> tuple[ConfigMistake, ...]:
    """All that is wrong with a config, by path.

    Raises:
        InvalidInput: the schema refers to a part that is not there, or to itself without end.
    """
    from referencing.exceptions import Unresolvable

    if not schema:
        return ()
    try:
        found = {mistake for error in _validator(schema).iter_errors(dict(config)) for mistake in _mistakes(error)}
    except Unresolvable as error:
        raise InvalidInput(f"The schema refers to {error.ref!r}, which is none of its parts.") from None
    except RecursionError:
        raise InvalidInput("The schema refers to itself without end.") from None
    return tuple(sorted(found, key=lambda mistake: (mistake.path, mistake.rule, mistake.message)))


def _validator(schema: Mapping[str, JsonValue]) -> Validator:
    from referencing import Registry

    kind = _kind(schema)
    # Without a registry of our own, unknown references would be looked up on the network.
    validator: Validator = kind(schema, registry=Registry(), format_checker=kind.FORMAT_CHECKER)
    return validator


def _kind(schema: Mapping[str, JsonValue]) -> Any:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import validator_for

    if not isinstance(schema.get("$schema", ""), str):
        raise InvalidInput("The schema names its dialect under '$schema', which must be text.")
    return validator_for(schema, default=Draft202012Validator)


def _check_parts(schema: dict[str, JsonValue]) -> None:
    """Raise `InvalidInput` where a schema refers to a part that it does not have."""
    from referencing import Registry, Resource
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    if '"$id"' in json.dumps(schema):
        return  # what "#" means depends on where it stands; a config that leads there will tell
    resource = Resource.from_contents(schema, default_specification=DRAFT202012)
    resolver = Registry().with_resource("", resource).resolver()
    for path, reference in _references(schema, ""):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            raise InvalidInput(f"The schema refers to {reference!r} at {path}, which is none of its parts.") from None


def _mistakes(error: ValidationError) -> Iterator[ConfigMistake]:
    path, rule = _path(error.absolute_path), str(error.validator)
    wanted: Any = error.validator_value
    given: Any = error.instance
    if rule == "required":
        # One error for each missing name; the same mistake from several is told once.
        missing = [name for name in wanted if name not in given]
        yield from (ConfigMistake(_inside(path, name), "is missing", rule) for name in missing)
    elif rule == "additionalProperties" and wanted is False and isinstance(error.schema, dict):
        known = list(error.schema.get("properties", {}))
        unknown = [name for name in given if name not in known and repr(name) in error.message]
        for name in unknown:
            yield ConfigMistake(_inside(path, name), f"is not known.{did_you_mean(name, known)}", rule)
        if not unknown:
            yield ConfigMistake(path, _short(error.message), rule)
    elif error.context:
        from jsonschema.exceptions import best_match

        closest = best_match(error.context)
        where = "" if closest is None else f"; the closest: {_path(closest.absolute_path) or 'it'}: {closest.message}"
        yield ConfigMistake(path, _short(error.message) + _short(where), rule)
    else:
        yield ConfigMistake(path, _short(error.message), rule)


def _path(parts: Any) -> str:
    path = ""
    for part in parts:
        path = f"{path}[{part}]" if isinstance(part, int) else _inside(path, str(part))
    return path


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _short(text: str) -> str:
    return (
        text if len(text) <= _LONGEST_MESSAGE else f"{text[: _LONGEST_MESSAGE // 2]} … {text[-_LONGEST_MESSAGE // 2 :]}"
    )


def _references(schema: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            inside = _inside(path, key)
            if key in _REFERENCES and isinstance(value, str):
                yield inside, value
            yield from _references(value, inside)
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _references(value, f"{path}[{index}]")
