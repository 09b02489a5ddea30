"""Params, tags, progress and events of a run's own."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from jupyter_tracker.errors import Conflict, InvalidInput, InvalidParams
from jupyter_tracker.models import Level

PARAMS = {
    "integer": 3,
    "float": 3.0,
    "small": 1e-300,
    "large": 2**70,
    "infinite": math.inf,
    "yes": True,
    "no": False,
    "nothing": None,
    "text": "0.10",
    "empty": "",
    "unicode": "Größe 数 🔥",
    "list": [1, 2.5, "three", None, [True]],
    "dict": {"nested": {"deep": [1, {"x": 2}]}},
}


def test_params_keep_their_types(tracker):
    run = tracker.runs.start("digits", params=PARAMS)
    found = dict(tracker.runs.get(run.id).params)
    assert found == PARAMS
    assert {key: type(value) for key, value in found.items()} == {key: type(value) for key, value in PARAMS.items()}


def test_a_param_that_is_not_a_number_comes_back_as_nan(tracker):
    run = tracker.runs.start("digits", params={"nan": math.nan})
    assert math.isnan(tracker.runs.get(run.id).params["nan"])


def test_tuples_become_lists_and_numpy_scalars_numbers(tracker):
    params = {"tuple": (1, 2), "integer": np.int64(3), "float": np.float32(0.5), "flag": np.bool_(True)}
    run = tracker.runs.start("digits", params=params)
    found = dict(tracker.runs.get(run.id).params)
    assert found == {"tuple": [1, 2], "integer": 3, "float": 0.5, "flag": True}
    assert type(found["integer"]) is int
    assert type(found["flag"]) is bool


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", datetime.now(UTC), 1j, np.array([1, 2]), print])
def test_a_param_that_is_not_json_is_refused_by_name_and_nothing_is_made(tracker, value):
    with pytest.raises(InvalidParams, match="'optimizer"):
        tracker.runs.start("digits", params={"lr": 0.1, "optimizer": value})
    assert tracker.runs.list() == []
    assert tracker.experiments.list() == []


def test_the_place_of_a_bad_value_inside_a_param_is_named(tracker):
    with pytest.raises(InvalidParams, match=r"layers\[1\]\.size"):
        tracker.runs.start("digits", params={"layers": [{"size": 1}, {"size": object()}]})


@pytest.mark.parametrize("name", ["", "x" * 251, 3])
def test_a_param_name_that_is_no_text_is_refused(tracker, name):
    with pytest.raises(InvalidParams):
        tracker.runs.start("digits", params={name: 1})


def test_params_are_added_and_written_once(tracker, run):
    run.log_params({"lr": 0.1})
    run.log_params({"lr": 0.1, "epochs": 3})
    with pytest.raises(Conflict, match="'lr'"):
        run.log_params({"batch": 8, "lr": 0.2})
    assert dict(run.params) == {"lr": 0.1, "epochs": 3}
    assert dict(tracker.runs.get(run.id).params) == {"lr": 0.1, "epochs": 3}


def test_a_param_of_another_type_is_another_value(run):
    run.log_params({"n": 1, "flag": True})
    for other in ({"n": 1.0}, {"n": True}, {"flag": 1}):
        with pytest.raises(Conflict):
            run.log_params(other)


def test_the_same_nested_param_may_be_given_again(run):
    run.log_params({"model": {"a": 1, "b": 2}})
    run.log_params({"model": {"b": 2, "a": 1}})


def test_tags_are_set_changed_and_removed(tracker):
    run = tracker.runs.start("digits", tags={"team": "vision", "stage": "try"})
    run.set_tags({"stage": "final", "team": None, "note": "ünïcode"})
    assert dict(tracker.runs.get(run.id).tags) == {"stage": "final", "note": "ünïcode"}


@pytest.mark.parametrize("tags", [{"n": 3}, {"": "x"}, {3: "x"}, {"good": "x", "bad": ["y"]}])
def test_tags_that_are_no_text_are_refused_whole(tracker, run, tags):
    with pytest.raises(InvalidInput, match="tag"):
        run.set_tags(tags)
    assert dict(tracker.runs.get(run.id).tags) == {}


def test_progress_is_the_one_reported_last(tracker, run):
    run.set_progress(1, 30, operation="epoch")
    run.set_progress(200, 1000, operation="batch", units="images")
    run.set_progress(2, 30, operation="epoch")
    found = tracker.runs.get(run.id)
    assert (found.progress.operation, found.progress.value, found.progress.final_value) == ("epoch", 2.0, 30.0)
    assert [operation.operation for operation in found.info.progress] == ["epoch", "batch"]
    assert str(found.info.progress[1]) == "batch 200 of 1000 images"


def test_a_listing_has_the_progress_of_a_run_that_is_under_way(tracker, run):
    run.set_progress(0.5)
    assert tracker.runs.list()[0].progress.value == 0.5


def test_a_listing_has_the_progress_of_runs_that_have_ended(tracker, run):
    run.set_progress(3, 10, operation="epoch")
    run.set_progress(7, operation="batch", units="images")
    tracker.runs.start("digits", name="other").end()
    run.end()
    other, found = tracker.runs.list()
    assert found.info.progress == tracker.runs.get(run.id).info.progress
    assert [str(each) for each in found.progresses] == ["batch 7 images", "epoch 3 of 10"]
    assert other.progresses == []


@pytest.mark.parametrize(("value", "final"), [(math.nan, 1), (1, math.inf), ("much", 3)])
def test_progress_that_is_no_number_is_refused(run, value, final):
    with pytest.raises(InvalidInput, match="progress"):
        run.set_progress(value, final)


def test_numpy_numbers_are_progress(tracker, run):
    run.set_progress(np.int64(3), np.float32(8))
    assert tracker.runs.get(run.id).progress.final_value == 8.0


def test_an_event_of_ones_own_is_kept_with_its_data(run):
    event = run.log_event("learning rate halved", kind="schedule", level="warning", data={"lr": 0.05, "why": None})
    found = run.events()[-1]
    assert found == event
    assert (found.kind, found.level, dict(found.data)) == ("schedule", Level.WARNING, {"lr": 0.05, "why": None})
    assert found.time.tzinfo is not None


def test_an_event_of_an_unknown_level_is_refused_with_the_known_ones(run):
    with pytest.raises(InvalidInput, match="warning"):
        run.log_event("x", level="loud")


def test_event_data_that_is_not_json_is_refused(run):
    before = len(run.events())
    with pytest.raises(InvalidInput, match="data"):
        run.log_event("x", data={"model": object()})
    assert len(run.events()) == before
