"""Params, tags and latest metrics packed for listings come back as they were."""

from __future__ import annotations

import json
import math

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_tracker import frames
from jupyter_tracker.backends.local.packing import (
    pack,
    pack_points,
    point_columns,
    record_columns,
    unpack,
    unpack_points,
)
from jupyter_tracker.backends.local.rows import Names, RunRow, RunRows

names = st.text(min_size=1, max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3))
params = st.dictionaries(names, values, max_size=6)
tags = st.dictionaries(names, st.text(max_size=8), max_size=4)
points = st.dictionaries(names, st.tuples(st.floats(), st.integers(-(2**63), 2**63 - 1), st.floats()), max_size=6)


@given(params, tags)
def test_a_record_keeps_order_types_and_values(given_params, given_tags):
    found_params, found_tags = unpack(pack(given_params, given_tags))
    # repr tells True from 1, 1 from 1.0 and -0.0 from 0.0, and shows NaN.
    assert repr(found_params) == repr(given_params)
    assert found_tags == given_tags
    assert list(found_tags) == list(given_tags)


@given(points)
def test_latest_points_come_back(latest):
    assert repr(unpack_points(list(latest), pack_points(latest))) == repr(latest)


@given(
    st.lists(st.tuples(st.floats(), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.text(max_size=5)), min_size=1)
)
def test_records_of_one_shape_are_columns(rows):
    records = [pack(dict(zip("dqbj", row, strict=True)), {"tag": "x"}) for row in rows]
    shapes = {record.names for record in records}
    assert len(shapes) == 1
    group = record_columns(
        records[0].names, range(len(rows)), [record.numbers for record in records], [record.texts for record in records]
    )
    found = {name: list(column) for name, column in group.columns.items()}
    for at, name in enumerate("dqbj"):
        assert repr(found[f"params.{name}"]) == repr([row[at] for row in rows])
    assert found["tags.tag"] == ["x"] * len(rows)


def test_words_that_many_runs_share_are_kept_once():
    records = [pack({"model": model, "layers": [1, 2]}, {"by": "me"}) for model in ("vit", "resnet", "vit")]
    group = record_columns(
        records[0].names, range(3), [record.numbers for record in records], [record.texts for record in records]
    )
    column = group.columns["params.model"]
    assert list(column) == ["vit", "resnet", "vit"]
    assert (len(column), column[1], list(column[1:])) == (3, "resnet", ["resnet", "vit"])
    assert sorted(column.distinct) == ["resnet", "vit"]


@settings(max_examples=25)
@given(st.lists(st.tuples(params, tags), max_size=5))
def test_a_table_and_its_runs_make_the_same_frame(given):
    shapes: dict[tuple[str, ...], int] = {}
    rows = []
    for number, record in enumerate(pack(*fields) for fields in given):
        shape = shapes.setdefault(record.names, len(shapes) + 1)
        what = f"{number:032x}", "e", f"run-{number}", "succeeded", shape, record.numbers, record.texts
        detail = json.dumps(["submitted", "active", 0, None, None, "", 1, 0, None, "", ""])
        rows.append(RunRow(*what, 0, b"", 1_000_000 * number, 2_000_000, 3_000_000, number, detail))
    table = RunRows(rows, Names({"e": "sweep"}, {0: (), **{shape: names for names, shape in shapes.items()}}), {})
    whole, single = frames.runs(table), frames.runs(list(table))
    assert set(whole) == set(single)
    pd.testing.assert_frame_equal(whole[[*single]], single, check_exact=True)


@given(st.lists(st.tuples(st.floats(), st.floats()), min_size=1))
def test_latest_values_of_one_shape_are_columns(rows):
    packed = [pack_points({"a": (a, 1, 2.0), "b": (b, 1, 2.0)}) for a, b in rows]
    group = point_columns(["a", "b"], range(len(rows)), packed)
    assert repr(list(group.columns["metrics.a"])) == repr([a for a, _ in rows])
    assert repr(list(group.columns["metrics.b"])) == repr([b for _, b in rows])


def test_whole_numbers_beyond_64_bits_stay_exact():
    assert unpack(pack({"n": 2**70, "m": -(2**63)}, {}))[0] == {"n": 2**70, "m": -(2**63)}


def test_nan_is_kept():
    found, _ = unpack(pack({"lr": math.nan}, {}))
    assert math.isnan(found["lr"])
