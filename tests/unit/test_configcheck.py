"""Configs against JSON Schema."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from jupyter_tracker.backends.common.configcheck import checked_schema, mistakes
from jupyter_tracker.client.assets import MistakeList, TemplateDetails
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.models import ConfigMistake, Template

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer", "minimum": 0}, "b": {"type": "array", "items": {"enum": ["x", 1]}}},
    "required": ["a"],
    "additionalProperties": False,
}
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["x", "y"]), st.lists, max_leaves=4
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c", "'a'"]), values))
def test_a_config_has_mistakes_exactly_when_the_schema_refuses_it(config):
    found = mistakes(SCHEMA, config)
    assert bool(found) == (not Draft202012Validator(SCHEMA).is_valid(config))
    assert len(set(found)) == len(found)
    assert all(mistake.message for mistake in found)


@given(st.dictionaries(st.text(max_size=3), values), st.dictionaries(st.text(max_size=3), values))
def test_defaults_fill_what_is_not_given(defaults, config):
    filled = Template("", "", 1, "", defaults={"deep": defaults}).config({"deep": config})
    assert filled == {"deep": {**defaults, **config}}


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(InvalidInput, match="#/nowhere"):
        checked_schema({"$ref": "#/nowhere"})
    with pytest.raises(InvalidInput, match=r"'#/nowhere' at properties\.a\.\$ref"):
        checked_schema({"properties": {"a": {"$ref": "#/nowhere"}}})
    with pytest.raises(InvalidInput, match="/nowhere"):
        mistakes({"properties": {"a": {"$ref": "#/nowhere"}}}, {"a": 1})


def test_a_schema_that_refers_to_itself_without_end_is_refused():
    with pytest.raises(InvalidInput, match="without end"):
        checked_schema({"$ref": "#"})


def test_a_schema_that_refers_to_itself_with_an_end_is_fine():
    tree = checked_schema({"properties": {"left": {"$ref": "#"}, "value": {"type": "number"}}})
    assert [each.path for each in mistakes(tree, {"left": {"left": {"value": "x"}}})] == ["left.left.value"]


def test_of_alternatives_the_closest_is_told():
    schema = {"properties": {"a": {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 1}]}}}
    (mistake,) = mistakes(schema, {"a": "long"})
    assert mistake.path == "a"
    assert "; the closest: a: " in mistake.message


def test_messages_are_short_whatever_was_given():
    (mistake,) = mistakes({"properties": {"a": {"type": "integer"}}}, {"a": "x" * 100_000})
    assert len(mistake.message) < 400


def test_a_large_schema_is_refused():
    with pytest.raises(InvalidInput, match="longer"):
        checked_schema({"description": "x" * 1_000_001})


def test_mistakes_and_templates_print():
    assert repr(MistakeList([])) == "No mistakes."
    assert "is missing" in repr(MistakeList([ConfigMistake("a", "is missing")]))
    assert str(ConfigMistake("", "is wrong")) == "the config: is wrong"
    shown = TemplateDetails(Template("1" * 32, "t", 3, "s" * 32, schema=SCHEMA, defaults={"<b>": 1}))
    assert "template t@3" in repr(shown)
    assert "integer" in repr(shown)
    assert "<b>" not in shown._repr_html_()
    assert "any config fits" in repr(TemplateDetails(Template("1", "t", 1, "s")))
    assert TemplateDetails(Template("1", "t", 1, "s"))._repr_html_() is None
