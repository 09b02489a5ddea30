"""Models as DataFrames: right types, aware times, nothing lost."""

from __future__ import annotations

import math
from array import array
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_tracker import frames
from jupyter_tracker.models import Classification, Event, LogLine, MetricValue, PointBlock, Points, RunInfo, RunState

START = datetime(2026, 5, 1, 12, 30, 15, 123456, tzinfo=UTC)
UTC_TIME = "datetime64[us, UTC]"


def block(keys, steps, *columns, times=None):
    return PointBlock(
        tuple(keys),
        memoryview(array("q", steps)),
        memoryview(array("d", times or [1.7e9 + step for step in range(len(steps))])),
        tuple(memoryview(array("d", column)) for column in columns),
    )


def series(*blocks, keys=None, wide=True):
    return frames.series(Points(tuple(blocks), ""), keys=keys, wide=wide)


def info(**fields):
    given = {"id": "a" * 32, "name": "run", "experiment_id": "e", "experiment": "digits", "native_state": "running"}
    return RunInfo(**{**given, "state": RunState.RUNNING, "started_at": START, "created_at": START, **fields})


def test_the_wide_frame_has_steps_as_integers_and_values_as_floats():
    frame = series(block("ab", [0, 1], [1.0, 2.0], [3.0, math.inf]))
    assert frame.index.name == "step"
    assert (frame.index.dtype, set(frame.dtypes)) == (np.int64, {np.dtype(float)})
    assert frame["b"].tolist() == [3.0, math.inf]


def test_the_values_can_be_changed():
    frame = series(block("a", [0, 1], [1.0, 2.0]))
    frame.loc[0, "a"] = 5.0
    assert frame["a"].tolist() == [5.0, 2.0]


def test_no_points_make_an_empty_frame_of_the_right_types():
    wide, long = series(keys=["a"]), series(wide=False)
    assert (len(wide), wide.columns.tolist(), wide.index.dtype, wide["a"].dtype) == (0, ["a"], np.int64, float)
    assert long.dtypes.astype(str).to_dict() == {
        "key": "category",
        "step": "int64",
        "time": UTC_TIME,
        "value": "float64",
    }


def test_the_long_frame_is_typed_and_keeps_the_metric_order():
    frame = series(block("ba", [0], [1.0], [math.nan], times=[0.25]), wide=False)
    assert frame["key"].tolist() == ["b", "a"]
    assert frame["time"].tolist() == [pd.Timestamp("1970-01-01 00:00:00.25", tz="UTC")] * 2
    assert np.isnan(frame["value"].iloc[1])


steps = st.integers(0, 6)
made_blocks = st.lists(
    st.tuples(st.sampled_from(["a", "b", "ab", "bac"]), st.lists(steps, min_size=1, max_size=6)), max_size=6
)


@given(made_blocks)
def test_every_point_is_in_the_wide_frame_in_the_order_of_its_step(made):
    """The n-th point of a metric at a step is in the n-th row of that step."""
    blocks, expected, value = [], {}, 0.0
    for keys, at in made:
        columns = []
        for key in keys:
            column = [value + index for index in range(len(at))]
            value += len(at)
            columns.append(column)
            for step, number in zip(at, column, strict=True):
                expected.setdefault(key, {}).setdefault(step, []).append(number)
        blocks.append(block(keys, at, *columns))
    frame = series(*blocks)
    assert frame.index.is_monotonic_increasing
    found = {
        key: {step: part.dropna().tolist() for step, part in column.dropna().groupby(level=0)}
        for key, column in frame.items()
    }
    assert found == expected
    rows = {step: max(len(of.get(step, [])) for of in expected.values()) for of in expected.values() for step in of}
    assert frame.index.value_counts().to_dict() == rows
    long = series(*blocks, wide=False)
    assert len(long) == sum(len(numbers) for of in expected.values() for numbers in of.values())


def test_runs_have_one_row_each_with_typed_columns():
    metric = MetricValue(0.5, 3, START)
    frame = frames.runs(
        [
            info(params={"lr": 0.1, "n": 1, "flag": True, "text": "x", "mixed": 1}, metrics={"loss": metric}),
            info(params={"lr": 1, "n": 2, "flag": False, "text": "y", "mixed": "a"}, tags={"team": "v"}),
            info(params={"list": [1, 2]}, ended_at=START + timedelta(seconds=90)),
        ]
    )
    types = frame.dtypes.astype(str).to_dict()
    assert {key: types[f"params.{key}"] for key in ("lr", "n", "flag", "text", "mixed", "list")} == {
        "lr": "float64",
        "n": "Int64",
        "flag": "boolean",
        "text": "str",
        "mixed": "object",
        "list": "object",
    }
    assert types["metrics.loss"] == "float64"
    assert {types["created_at"], types["started_at"], types["ended_at"]} == {UTC_TIME}
    assert types["duration"].startswith("timedelta64")
    assert frame["created_at"].iloc[0] == START
    assert frame["duration"].iloc[2] == pd.Timedelta(seconds=90)
    assert frame["params.list"].iloc[2] == [1, 2]
    assert frame["metrics.loss"].tolist()[:1] == [0.5]
    assert frame["tags.team"].isna().tolist() == [True, False, True]


def test_a_metric_of_nan_and_one_that_is_missing_both_show_as_nan():
    frame = frames.runs([info(metrics={"loss": MetricValue(math.nan, 0, START)}), info()])
    assert frame["metrics.loss"].isna().all()


def test_huge_integers_and_nested_params_do_not_break_the_frame():
    frame = frames.runs([info(params={"n": 2**80, "d": {"a": 1}}), info(params={"n": None})])
    assert frame["params.n"].iloc[0] == 2**80
    assert frame["params.d"].iloc[0] == {"a": 1}


def test_no_runs_make_an_empty_frame_with_its_columns():
    frame = frames.runs([])
    assert len(frame) == 0
    assert str(frame["created_at"].dtype) == UTC_TIME


CHECKPOINT_COLUMNS = ["id", "experiment", "run", "run_id", "step", "path", "size", "complete", "created_at"]
CHECKPOINT_COLUMNS += ["completed_at"]
MODEL_COLUMNS = ["id", "name", "version", "summary", "run_id", "checkpoint_id", "step", "files", "size", "lifecycle"]
MODEL_COLUMNS += ["created_at", "updated_at"]


@pytest.mark.parametrize(
    ("make", "columns"),
    [
        (frames.events, ["sequence", "time", "kind", "level", "message", "data"]),
        (frames.logs, ["line", "time", "stream", "text"]),
        (frames.artifacts, ["path", "size", "sha256", "created_at"]),
        (frames.checkpoints, CHECKPOINT_COLUMNS),
        (frames.progress, ["operation", "value", "final_value", "percent", "units", "updated_at"]),
        (frames.alerts, ["time", "level", "title", "text", "experiment", "run", "run_id", "sequence"]),
        (frames.models, MODEL_COLUMNS),
        (frames.classifications, ["name", "classes", "accuracy", "auc", "step"]),
        (frames.experiments, ["id", "name", "description", "runs", "active", "lifecycle", "created_at", "updated_at"]),
    ],
)
def test_nothing_makes_an_empty_frame_with_its_columns(make, columns):
    assert make([]).columns.tolist() == columns


def test_events_and_logs_have_aware_times():
    events = frames.events([Event(1, START, "note", "hello", data={"a": 1})])
    assert events["time"].iloc[0] == START
    assert events["data"].iloc[0] == {"a": 1}
    lines = frames.logs([LogLine(0, START, "stdout", "hello", "16.0")])
    assert lines["time"].iloc[0] == START


def test_a_matrix_of_shares_stays_of_floats_and_one_of_counts_becomes_integers():
    counts = Classification("x", ("a", "b"), ((1.0, 2.0), (3.0, 4.0)))
    shares = Classification("x", ("a", "b"), ((0.5, 0.5), (math.nan, 1.0)))
    assert set(frames.confusion_matrix(counts).dtypes) == {np.dtype(np.int64)}
    assert set(frames.confusion_matrix(shares).dtypes) == {np.dtype(float)}


def test_machine_samples_are_indexed_by_time():
    first = block(["system/cpu_percent"], [0], [10.0], times=[20.0])
    second = block(["system/cpu_percent", "system/gpu0_percent"], [1], [30.0], [5.0], times=[10.0])
    frame = frames.machine(Points((first, second), ""))
    assert str(frame.index.dtype) == UTC_TIME
    assert frame["system/cpu_percent"].tolist() == [30.0, 10.0]
    assert frames.machine(Points((), "")).empty
