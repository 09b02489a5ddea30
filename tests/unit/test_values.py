"""Params as JSON, each kept or refused by name."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker.backends.common.values import plain_data, plain_params
from jupyter_tracker.errors import InvalidInput, InvalidParams

texts = st.text(max_size=10)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(st.text(min_size=1, max_size=20), values, max_size=5))
def test_json_values_come_back_equal_and_of_the_same_types(params):
    kept = json.loads(json.dumps(plain_params(params)))
    assert repr(kept) == repr(params)


@given(values, st.sampled_from([object(), {1}, b"x", 1j, {1: 2}, np.arange(3)]))
def test_what_is_hidden_inside_is_found(value, bad):
    with pytest.raises(InvalidParams, match=r"'p\.deep\[1\]'"):
        plain_params({"fine": value, "p": {"deep": [value, bad]}})


def test_a_long_value_is_shortened_in_the_message():
    with pytest.raises(InvalidParams) as caught:
        plain_params({"p": {"x" * 10_000}})
    assert len(str(caught.value)) < 400


def test_subclasses_of_plain_types_become_plain():
    class Text(str):
        __slots__ = ()

    kept = plain_params({"s": Text("x"), "f": np.float64(0.5), "n": np.array(3), "nan": np.float32("nan")})
    assert [type(value) for value in kept.values()] == [str, float, int, float]
    assert math.isnan(kept["nan"])


def test_a_value_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(InvalidParams, match="'p"):
        plain_params({"p": endless})


def test_text_that_cannot_be_written_is_refused():
    with pytest.raises(InvalidParams, match="'p'"):
        plain_params({"p": "\ud800"})


def test_other_data_is_named_as_what_it_is():
    with pytest.raises(InvalidInput, match="resource 'gpu'"):
        plain_data({"gpu": object()}, "resource")
