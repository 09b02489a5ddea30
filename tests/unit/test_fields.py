"""The fields of forms, made from a JSON Schema and read again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.feed.fields import Kind, fields_of, read


def kinds(schema, defaults=None):
    return {each.name: each.kind for each in fields_of(schema, defaults or {})}


def one(schema, **more):
    (field,) = fields_of({"properties": {"x": schema}, **more}, {})
    return field


def written(field, text):
    values, mistakes = read((field,), {"x": text})
    return values.get("x"), [str(each) for each in mistakes]


def test_every_type_has_its_field():
    schema = {
        "$defs": {"layer": {"type": "integer", "minimum": 1}},
        "allOf": [{"properties": {"a": {"type": "string"}}}],
        "properties": {
            "b": {"type": ["number", "null"]},
            "c": {"enum": ["x", 1]},
            "d": {"type": "array", "items": {"$ref": "#/$defs/layer"}},
            "e": {"type": "array", "items": {"type": "object"}},
            "f": {"type": "object", "properties": {"g": {"type": "boolean"}}},
            "h": {"anyOf": [{"type": "string"}, {"type": "object"}]},
            "i": {"$ref": "#/nowhere"},
            "j": True,
        },
    }
    assert kinds(schema, {"seed": 7}) == {
        "a": Kind.TEXT,
        "b": Kind.NUMBER,
        "c": Kind.CHOICE,
        "d": Kind.LIST,
        "e": Kind.JSON,
        "f": Kind.OBJECT,
        "h": Kind.JSON,
        "i": Kind.JSON,
        "j": Kind.JSON,
        "seed": Kind.INTEGER,
    }


def test_a_schema_that_refers_to_itself_ends():
    tree = {"properties": {"x": {"$ref": "#"}}, "type": "object"}
    assert kinds(tree) == {"x": Kind.OBJECT}
    assert kinds({"properties": {"x": {"$ref": "#/properties/x"}}}) == {"x": Kind.JSON}


def test_a_form_has_so_many_fields_at_most():
    wide = {"properties": {f"x{number}": {"type": "number"} for number in range(5000)}}
    assert len(fields_of(wide, {})) == 500


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, " 12345678901234567890 ", 12345678901234567890),
        ({"type": "number"}, "1e-4", 1e-4),
        ({"type": "number"}, "3", 3),
        ({"type": "string"}, " a ", " a "),
        ({"type": "string"}, "", None),
        ({"type": "boolean"}, "true", True),
        ({"enum": ["a", False]}, "1", False),
        ({"type": "array", "items": {"type": "integer"}}, ["1", "2"], [1, 2]),
        ({}, '{"a": [1]}', {"a": [1]}),
    ],
)
def test_text_becomes_a_value(schema, text, value):
    assert written(one(schema), text) == (value, [])


@pytest.mark.parametrize(
    ("schema", "text", "says"),
    [
        ({"type": "integer"}, "1.5", "x: must be a whole number"),
        ({"type": "number"}, "NaN", "x: must be a number"),
        ({"type": "number"}, "1e999", "x: must be a number"),
        ({"enum": ["a"]}, "7", "x: must be one of the choices"),
        ({"type": "boolean"}, "maybe", "x: must be true or false"),
        ({}, "[1", "x: must be JSON"),
        ({}, "NaN", "x: must be JSON"),
        ({"type": "array", "items": {"type": "integer"}}, ["1", "a"], "x[1]: must be a whole number"),
        ({"type": "array", "items": {"type": "integer"}}, [""], "x[0]: is empty"),
        ({"type": "string"}, "x" * 200_000, "x: is longer than"),
    ],
)
def test_what_is_no_value_is_said_with_its_place(schema, text, says):
    value, (mistake,) = written(one(schema), text)
    assert value in (None, [], [1])
    assert mistake.startswith(says)


def test_what_is_left_empty_is_not_given_and_null_where_it_may_be():
    assert read(fields_of({"properties": {"x": {"type": "number"}}}, {}), {}) == ({}, [])
    nullable = {"properties": {"x": {"type": ["number", "null"]}}, "required": ["x"]}
    assert read(fields_of(nullable, {}), {"x": ""}) == ({"x": None}, [])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1), JSON, max_size=4))
def test_defaults_come_back_as_they_were(defaults):
    fields = fields_of({}, defaults)
    json.dumps([each.data() for each in fields])
    values, mistakes = read(fields, {each.name: each.written(each.default) for each in fields})
    kept = {name: value for name, value in values.items() if value not in (None, "", [], {})}
    assert mistakes == []
    assert kept == {name: value for name, value in defaults.items() if name in kept}


@given(JSON, JSON)
def test_any_schema_and_any_answer_is_read(schema, answer):
    fields = fields_of({"properties": {"x": schema}, "required": schema}, {})
    json.dumps([each.data() for each in fields])
    read(fields, {"x": answer})
    read(fields, answer)
