"""The fields of a form: made from a JSON Schema, and read again from what was written into them.

A page writes text everywhere: a number as it was typed, a truth value as `true` or `false`, a choice by its place among
the choices; lists and objects hold further text. Only here it becomes numbers, so that no digit is lost on the way.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jupyter_tracker.feed.wire import Json
from jupyter_tracker.models import ConfigMistake, JsonValue

Schema = Mapping[str, Any]

ABSENT: Any = object()
"""Where there is no value."""
MOST_FIELDS = 500
"""Fields of a form; what is beyond is given as JSON."""
MOST_CHOICES = 1000
_DEEPEST = 6
_LONGEST = 100_000
"""Characters of one field."""


class Kind(StrEnum):
    """How a value is written."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    OBJECT = "object"
    LIST = "list"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Field:
    """One value that a form asks for."""

    name: str
    kind: Kind
    help: str = ""
    required: bool = False
    nullable: bool = False
    has_default: bool = False
    default: JsonValue = None
    choices: tuple[JsonValue, ...] = ()
    fields: tuple[Field, ...] = ()
    """Of an object."""
    item: Field | None = None
    """Of a list."""
    rules: Mapping[str, JsonValue] = field(default_factory=dict)
    """The keywords of the schema that a page can look after, too: bounds and lengths."""

    def data(self) -> Json:
        """As a page reads it."""
        return {
            "name": self.name,
            "kind": str(self.kind),
            "help": self.help,
            "hint": self.hint,
            "required": self.required,
            "optional": not self.required and not self.has_default,
            "default": shown(self.default) if self.has_default else "",
            "choices": [shown(choice) for choice in self.choices],
            "fields": [each.data() for each in self.fields],
            "item": None if self.item is None else self.item.data(),
            "rules": dict(self.rules),
        }

    @property
    def hint(self) -> str:
        """The rules in words."""
        words = [told.format(self.rules[rule]) for rule, told in _WORDS.items() if rule in self.rules]
        return ", ".join(words)

    def written(self, value: JsonValue) -> Any:
        """A value as a page writes it; None is nothing written."""
        if self.kind is Kind.OBJECT:
            inner = value if isinstance(value, Mapping) else {}
            return {each.name: each.written(inner.get(each.name, each.default)) for each in self.fields}
        if self.kind is Kind.LIST and self.item is not None:
            return [self.item.written(each) for each in value] if isinstance(value, list) else []
        if value is None:
            return ""
        if self.kind is Kind.CHOICE:
            return next((str(place) for place, each in enumerate(self.choices) if _same(each, value)), "")
        return json.dumps(value, ensure_ascii=False) if self.kind is Kind.JSON else shown(value)


_WORDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "{} characters or more",
    "maxLength": "at most {} characters",
    "minItems": "{} or more",
    "maxItems": "at most {}",
    "pattern": "fits {}",
    "format": "{}",
}


def shown(value: JsonValue) -> str:
    """A value as people read it: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _same(one: JsonValue, other: JsonValue) -> bool:
    """Equal, and of one kind: true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def fields_of(schema: Schema, defaults: Mapping[str, JsonValue]) -> tuple[Field, ...]:
    """The fields of the object that a schema describes; also of defaults that it does not name."""
    maker = _Maker(schema)
    made = list(maker.fields(schema, defaults, 0))
    known = {each.name for each in made}
    made += [maker.field(name, {}, value) for name, value in defaults.items() if name not in known]
    return tuple(made)


class _Maker:
    """Makes fields of one schema, whose parts refer to each other."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._left = MOST_FIELDS

    def fields(self, schema: Schema, defaults: Mapping[str, JsonValue], depth: int) -> Iterator[Field]:
        schema = self._whole(schema)
        properties = schema.get("properties")
        required = schema.get("required")
        names = required if isinstance(required, list) else []
        for name, each in properties.items() if isinstance(properties, Mapping) else ():
            if self._left > 0:
                self._left -= 1
                default = defaults.get(name, ABSENT)
                yield self.field(name, each, default, depth=depth, required=name in names)

    def field(
        self, name: str, given: object, default: Any = ABSENT, *, depth: int = 0, required: bool = False
    ) -> Field:
        schema = self._whole(given if isinstance(given, Mapping) else {})
        kinds = schema.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds] if isinstance(kinds, str) else []
        default = schema.get("default", ABSENT) if default is ABSENT else default
        choices = schema.get("enum", [schema["const"]] if "const" in schema else None)
        words = [schema.get(word) for word in ("title", "description")]
        made = Field(
            name,
            Kind.JSON,
            ". ".join(word.strip().rstrip(".") for word in words if isinstance(word, str) and word.strip()),
            required=required,
            nullable="null" in kinds or (isinstance(choices, list) and None in choices),
            has_default=default is not ABSENT,
            default=None if default is ABSENT else default,
            rules={rule: schema[rule] for rule in _WORDS if isinstance(schema.get(rule), int | float | str)},
        )
        if isinstance(choices, list) and 0 < len(choices) <= MOST_CHOICES:
            real = tuple(choice for choice in choices if choice is not None)
            return _with(made, kind=Kind.CHOICE, choices=real, rules={})
        kinds = [kind for kind in kinds if kind != "null"]
        if not kinds and made.default is not None:
            kinds = [_kind_of(made.default)]
        if len(kinds) == 1 and not any(word in schema for word in ("anyOf", "oneOf", "if", "not")):
            return self._of_kind(made, kinds[0], schema, depth)
        return made

    def _of_kind(self, made: Field, kind: str, schema: Schema, depth: int) -> Field:
        simple = {"string": Kind.TEXT, "number": Kind.NUMBER, "integer": Kind.INTEGER, "boolean": Kind.BOOLEAN}
        if kind in simple:
            return _with(made, kind=simple[kind])
        if depth >= _DEEPEST:
            return made
        if kind == "object" and isinstance(schema.get("properties"), Mapping):
            inner = made.default if isinstance(made.default, Mapping) else {}
            # What it may hold besides its fields would get lost.
            if set(inner) <= set(schema["properties"]):
                return _with(made, kind=Kind.OBJECT, fields=tuple(self.fields(schema, inner, depth + 1)))
        if kind == "array" and "prefixItems" not in schema:
            items = schema.get("items")
            if not items and isinstance(made.default, list) and made.default:
                items = {"type": _kind_of(made.default[0])}
            item = self.field("", items, depth=depth + 1, required=True)
            plain = (Kind.TEXT, Kind.NUMBER, Kind.INTEGER, Kind.CHOICE)
            values = made.default if isinstance(made.default, list) else [] if made.default is None else [None]
            # What a line of text cannot hold would come back as something else.
            if item.kind in plain and all(read((item,), {"": item.written(each)})[0] == {"": each} for each in values):
                return _with(made, kind=Kind.LIST, item=item)
        return made

    def _whole(self, schema: Schema) -> Schema:
        """A schema with what it refers to; one that refers to itself ends somewhere."""
        for _ in range(_DEEPEST):
            reference = schema.get("$ref")
            parts = schema.get("allOf")
            if isinstance(reference, str):
                rest = {key: value for key, value in schema.items() if key != "$ref"}
                schema = {**self._referred(reference), **rest}
            elif isinstance(parts, list):
                rest = {key: value for key, value in schema.items() if key != "allOf"}
                schema = _merged([*(self._whole(part) for part in parts if isinstance(part, Mapping)), rest])
            else:
                break
        return schema

    def _referred(self, reference: str) -> Schema:
        found: Any = self._root
        for part in reference.removeprefix("#").split("/")[1:]:
            found = found.get(part.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else {}


def _merged(parts: list[Schema]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            if key == "properties" and isinstance(value, Mapping):
                merged[key] = {**merged.get(key, {}), **value}
            elif key == "required" and isinstance(value, list):
                merged[key] = [*merged.get(key, []), *value]
            else:
                merged[key] = value
    return merged


def _with(made: Field, **changes: Any) -> Field:
    return dataclasses.replace(made, **changes)


def _kind_of(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) else "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def read(fields: tuple[Field, ...], written: object) -> tuple[dict[str, JsonValue], list[ConfigMistake]]:
    """The values of what was written, without those that were left empty, and what is no value at all."""
    mistakes: list[ConfigMistake] = []
    return _read_object(fields, written, "", mistakes), mistakes


def _read_object(
    fields: tuple[Field, ...], written: object, path: str, mistakes: list[ConfigMistake]
) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    given = written if isinstance(written, Mapping) else {}
    for each in fields:
        value = _read(each, given.get(each.name), f"{path}.{each.name}" if path else each.name, mistakes)
        if value is not ABSENT:
            found[each.name] = value
    return found


def _read(each: Field, written: object, path: str, mistakes: list[ConfigMistake]) -> Any:
    if each.kind is Kind.OBJECT:
        found = _read_object(each.fields, written, path, mistakes)
        return found if found or each.required else ABSENT
    if each.kind is Kind.LIST and each.item is not None:
        items = written if isinstance(written, list) else []
        values = [_read(each.item, item, f"{path}[{place}]", mistakes) for place, item in enumerate(items)]
        missing = {f"{path}[{place}]" for place, value in enumerate(values) if value is ABSENT}
        missing -= {mistake.path for mistake in mistakes}
        mistakes += [ConfigMistake(name, "is empty: write a value, or remove it") for name in sorted(missing)]
        # A list that had values and has none now is empty; one that never had any is not given.
        if not values and not each.required and not each.default:
            return ABSENT
        return [value for value in values if value is not ABSENT]
    text = written if isinstance(written, str) else ""
    if len(text) > _LONGEST:
        mistakes.append(ConfigMistake(path, f"is longer than {_LONGEST:,} characters: let the code read a file"))
        return ABSENT
    if not text.strip() and not (each.kind is Kind.TEXT and text):
        return None if each.nullable and (each.required or each.default is not None) else ABSENT
    try:
        return _value(each, text if each.kind is Kind.TEXT else text.strip())
    except ValueError as error:
        mistakes.append(ConfigMistake(path, f"must be {error}, not {text!r:.80}", "type"))
        return ABSENT


def _value(each: Field, text: str) -> JsonValue:
    """The value of a text; the error says what it should be."""
    if each.kind is Kind.BOOLEAN:
        if text not in ("true", "false"):
            raise ValueError("true or false")
        return text == "true"
    if each.kind is Kind.CHOICE:
        if not text.isdecimal() or int(text) >= len(each.choices):
            raise ValueError("one of the choices")
        return each.choices[int(text)]
    if each.kind is Kind.INTEGER:
        try:
            return int(text)
        except ValueError:
            raise ValueError("a whole number") from None
    if each.kind is Kind.NUMBER:
        return _number(text)
    if each.kind is Kind.JSON:
        try:
            value: JsonValue = json.loads(text, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise ValueError('JSON, as in 0.1, "text", [1, 2] or {"a": 1}') from None
        return value
    return text


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("a number, as in 0.1 or 1e-4")
    return number


def _no_constant(word: str) -> None:
    raise ValueError(word)
