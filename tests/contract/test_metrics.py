"""Metrics: complete, in order, as they were logged."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from jupyter_tracker.errors import InvalidMetric, NotFound, TrackerError


def test_every_point_comes_back_as_it_was_logged(tracker, run):
    values = [0.1, -0.0, 1e-320, 1.7976931348623157e308, 3, True, np.float32(0.5), np.int64(7)]
    for value in values:
        run.log({"x": value})
    frame = tracker.runs.get(run.id).series()
    assert [np.float64(value).tobytes() for value in values] == [value.tobytes() for value in frame["x"].to_numpy()]
    assert frame.index.tolist() == list(range(len(values)))
    assert (frame.index.dtype, frame["x"].dtype) == (np.int64, np.float64)
    assert frame.attrs["sampled"] is False


def test_nan_and_infinities_are_kept(tracker, run):
    run.log({"x": math.nan, "y": math.inf})
    run.log({"x": 1.0, "y": -math.inf})
    run.log({"x": math.nan, "y": math.nan})
    frame = run.series()
    pd.testing.assert_frame_equal(
        frame.reset_index(drop=True),
        pd.DataFrame({"x": [math.nan, 1.0, math.nan], "y": [math.inf, -math.inf, math.nan]}),
    )
    # A point that is NaN is a point: the long frame has it, unlike one that was never logged.
    assert len(run.series(wide=False)) == 6
    run.end()
    found = tracker.runs.get(run.id).metrics
    assert math.isnan(found["x"])
    assert math.isnan(found["y"])


def test_steps_go_on_from_the_largest(run):
    run.log({"x": 1.0})
    run.log({"x": 2.0}, step=10)
    run.log({"x": 3.0})
    run.log({"x": 4.0}, step=5)
    run.log({"x": 5.0})
    assert run.series(wide=False)["step"].tolist() == [0, 5, 10, 11, 12]


def test_another_process_goes_on_with_the_steps(tracker, run, process):
    run.log({"x": 1.0}, step=41)
    run.end()  # settled
    assert run.series()["x"].tolist() == [1.0]
    with tracker.runs.start("digits") as again:
        again.log({"x": 1.0})
        assert again.series().index.tolist() == [0]


def test_negative_and_huge_steps_are_kept(run):
    for step in (-(2**63), -1, 2**62):
        run.log({"x": 1.0}, step=step)
    assert run.series().index.tolist() == [-(2**63), -1, 2**62]


@pytest.mark.needs("repeated steps")
def test_logging_again_at_a_step_adds_a_point(run):
    run.log({"x": 1.0, "y": 1.0}, step=3)
    run.log({"x": 2.0}, step=3)
    run.log({"x": 3.0}, step=2)
    frame = run.series()
    assert frame.index.tolist() == [2, 3, 3]
    assert frame["x"].tolist() == [3.0, 1.0, 2.0]
    assert frame["y"].dropna().tolist() == [1.0]
    assert run.series(wide=False)["value"].tolist() == [3.0, 1.0, 2.0, 1.0]


def test_metrics_logged_apart_meet_at_their_step_in_the_wide_frame(run):
    for step in range(5):
        run.log({"loss": step / 10}, step=step)
        if step % 2 == 0:
            run.log({"accuracy": step / 5}, step=step)
    frame = run.series()
    assert frame.columns.tolist() == ["loss", "accuracy"]
    assert frame["loss"].tolist() == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert frame["accuracy"].tolist()[::2] == [0.0, 0.4, 0.8]
    assert frame["accuracy"].isna().tolist() == [False, True, False, True, False]


def test_the_long_frame_has_one_row_a_point_with_aware_times(run):
    run.log({"a": 1.0, "b": 2.0}, time=1_700_000_000.25)
    run.log({"a": 3.0}, time=1_700_000_001.5)
    frame = run.series(wide=False)
    assert frame.columns.tolist() == ["key", "step", "time", "value"]
    assert frame["key"].tolist() == ["a", "a", "b"]
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"
    assert frame["time"].iloc[0] == pd.Timestamp("2023-11-14 22:13:20.25", tz="UTC")


def test_some_keys_can_be_chosen_in_an_order(run):
    run.log({"a": 1.0, "b": 2.0, "c": 3.0})
    frame = run.series(["c", "a"])
    assert frame.columns.tolist() == ["c", "a"]
    assert frame.iloc[0].tolist() == [3.0, 1.0]


def test_a_metric_that_was_not_logged_is_not_found_and_the_logged_ones_are_named(run):
    run.log({"loss": 1.0})
    with pytest.raises(NotFound, match=r"loss"):
        run.series(["los"])


def test_a_run_without_points_has_an_empty_frame(run):
    assert run.series().empty
    assert run.series(wide=False).columns.tolist() == ["key", "step", "time", "value"]


@pytest.mark.parametrize("value", ["high", None, [1.0], 1j, object(), np.array([1.0, 2.0])])
def test_what_is_no_number_is_refused_by_name_and_nothing_of_the_call_is_logged(run, value):
    with pytest.raises(InvalidMetric, match="'bad'"):
        run.log({"good": 1.0, "bad": value})
    assert run.series().empty


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ({}, {}),
        ({"": 1.0}, {}),
        ({3: 1.0}, {}),
        ({"x" * 251: 1.0}, {}),
        ({"\ud800": 1.0}, {}),
        ({"x": 1.0}, {"step": 1.5}),
        ({"x": 1.0}, {"step": "3"}),
        ({"x": 1.0}, {"step": 2**63}),
        ({"x": 1.0}, {"time": math.nan}),
        ({"x": 1.0}, {"time": math.inf}),
        ({"x": 1.0}, {"time": "now"}),
        ({"x": 10**400}, {}),
    ],
)
def test_a_wrong_key_step_or_time_is_refused_and_nothing_is_logged(run, values, options):
    with pytest.raises(InvalidMetric):
        run.log(values, **options)
    run.log({"fine": 1.0})
    assert run.series().columns.tolist() == ["fine"]


def test_the_time_of_a_point_can_be_any_that_a_clock_can_show(tracker, run):
    for time in (-1e18, 1e18, 1e300):
        with pytest.raises(InvalidMetric, match="time"):
            run.log({"x": 1.0}, time=time)
    run.log({"x": 1.0}, time=0.0)
    assert tracker.runs.get(run.id).metrics == {"x": 1.0}
    assert len(run.series(wide=False)) == 1


def test_the_latest_value_is_that_of_the_latest_time_then_the_largest(tracker, run):
    run.log({"x": 5.0}, step=9, time=100.0)
    run.log({"x": 1.0}, step=3, time=200.0)
    run.log({"x": 3.0}, step=2, time=200.0)
    run.log({"x": math.nan}, step=8, time=200.0)
    run.log({"x": 9.0}, step=10, time=150.0)
    live = tracker.runs.get(run.id).info.metrics["x"]
    assert (live.value, live.step, live.time.timestamp()) == (3.0, 2, 200.0)
    run.end()
    assert tracker.runs.get(run.id).info.metrics["x"] == live
    assert tracker.runs.list()[0].info.metrics["x"] == live


def test_keys_of_every_kind_are_kept(run):
    keys = ["val/loss", "top-5 accuracy", "größe", "a.b", "数", "system", "x" * 250]
    run.log({key: float(index) for index, key in enumerate(keys)})
    assert run.series().columns.tolist() == keys


@pytest.mark.parametrize("key", ["'", '"', "`", "<b>", "50%", "a//b", "../up"])
def test_keys_that_not_every_platform_takes_are_kept_or_refused_by_name(run, key):
    refusal = None
    try:
        run.log({"fine": 1.0, key: 2.0})
    except InvalidMetric as error:
        refusal = str(error)
    assert refusal is None or repr(key) in refusal
    assert run.series().columns.tolist() == ([] if refusal else ["fine", key])


@pytest.mark.needs("watching")
def test_samples_of_the_machine_are_apart_from_what_the_training_logs(run, eventually):
    run.log({"x": 1.0})
    frame = eventually(lambda: [frame for frame in [run.machine()] if len(frame)])[0]
    assert all(column.startswith("system/") for column in frame.columns)
    assert str(frame.index.dtype) == "datetime64[us, UTC]"
    assert run.series().columns.tolist() == ["x"]


def test_points_can_be_read_on_from_a_cursor(tracker, run):
    metrics = tracker.backend.metrics
    drive = tracker.drive
    seen = []
    cursor = None
    for number in range(20):
        run.log({"a": float(number)} if number % 3 else {"b": float(number)})
        points = drive(metrics.read(run.id, ["a", "b"], cursor))
        cursor = points.cursor
        seen += [value for block in points.blocks for values in block.values for value in values]
    run.end()
    assert not drive(metrics.read(run.id, ["a", "b"], cursor)).blocks
    assert seen == [float(number) for number in range(20)]


def test_a_cursor_that_is_none_is_refused(tracker, run):
    with pytest.raises(TrackerError, match="cursor"):
        tracker.drive(tracker.backend.metrics.read(run.id, None, "garbage"))


def test_many_points_are_complete(run):
    count = 20_000
    for step in range(count):
        run.log({"loss": step * 0.5, "accuracy": -step})
    run.end()
    frame = run.series()
    assert frame.index.tolist() == list(range(count))
    assert (frame["loss"].to_numpy() == np.arange(count) * 0.5).all()
    assert (frame["accuracy"].to_numpy() == -np.arange(count)).all()


def test_metrics_are_summed_up_over_all_points(tracker, run):
    for step, loss in enumerate([0.5, float("nan"), 0.1, 0.3]):
        run.log({"loss": loss, "acc": step / 10} if step else {"loss": loss}, time=1000.0 + step)
    other = tracker.runs.start("digits")
    other.log({"acc": -1.0})
    found = tracker.drive(tracker.backend.metrics.summaries([run.id, other.id], ["loss", "acc"]))
    loss = found[run.id]["loss"]
    assert (loss.count, loss.first, loss.last, loss.min, loss.max) == (4, 0.5, 0.3, 0.1, 0.5)
    assert (found[run.id]["acc"].count, found[run.id]["acc"].max) == (3, 0.3)
    assert list(found[other.id]) == ["acc"]
    run.end()
    assert tracker.drive(tracker.backend.metrics.summaries([run.id], ["loss"]))[run.id]["loss"] == loss
