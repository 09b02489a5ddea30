"""Vertex AI: what goes wrong there, and what is large there."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import (
    Conflict,
    InvalidInput,
    InvalidMetric,
    InvalidParams,
    NotFound,
    RemoteConflict,
    RemoteNotFound,
)
from jupyter_tracker.models import RunState
from tests.platforms.vertex_standin import problem

S = "projects/p/locations/us-central1/metadataStores/default"


@pytest.fixture
def address(vertex):
    return vertex.address


@pytest.fixture
def native(tracker):
    """The documented operations, with an experiment and a run."""
    tracker.experiments.create("digits")
    tracker.native.create("digits", "first")
    return tracker.native


@pytest.fixture
def series(vertex, native):
    """The same, with a Tensorboard for the run."""
    board = "projects/p/locations/us-central1/tensorboards/1"
    vertex.resources[board] = {"name": board, "displayName": "board", "createTime": vertex.now(), "etag": "1"}
    native.assign_backing_tensorboard("digits", "first", "1")
    return native


def sent(vertex, method, ending):
    return [one for one in vertex.requests if one.method == method and one.path.endswith(ending)]


# Several writers


def test_writers_at_once_lose_nothing(address, native):
    def write(number):
        with jt.connect(address) as tracker:
            for step in range(5):
                tracker.native.log_params("digits", "first", {f"p{number}-{step}": number})

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(6)))
    assert len(native.get_params("digits", "first")) == 30


def test_a_change_is_merged_anew_when_the_etag_is_old(vertex, native):
    refusal = problem("ABORTED", "Specified Context `etag`: `1` does not match server `etag`: `2`.").answer
    vertex.fail(refusal, times=3, where=lambda request: request.method == "PATCH")
    native.log_metrics("digits", "first", {"acc": 0.5})
    assert native.get_metrics("digits", "first") == {"acc": 0.5}
    assert len(sent(vertex, "PATCH", "digits-first")) == 4
    assert all(one.json["etag"] for one in sent(vertex, "PATCH", "digits-first"))


def test_another_conflict_is_no_reason_to_repeat(vertex, native):
    vertex.fail(
        problem("FAILED_PRECONDITION", "The context is frozen.").answer, where=lambda one: one.method == "PATCH"
    )
    with pytest.raises(RemoteConflict, match="FAILED_PRECONDITION: The context is frozen"):
        native.log_params("digits", "first", {"lr": 0.1})
    assert len(sent(vertex, "PATCH", "digits-first")) == 1


# Values


def test_integers_come_back_as_floats_and_ours_as_they_were(tracker, native):
    native.log_params("digits", "first", {"epochs": 3})
    assert tracker.runs.get("digits-first").params["epochs"] == 3.0
    run = tracker.runs.start("digits", params={"epochs": 3, "lr": 3.0})
    native.log_params("digits", run.id.removeprefix("digits-"), {"lr": 4.0})
    found = tracker.runs.get(run.id).params
    assert (type(found["epochs"]), found["epochs"], found["lr"]) == (int, 3, 4.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, [1], None, {"a": 1}])
def test_what_metadata_cannot_hold_is_refused_by_name(vertex, native, value):
    before = len(vertex.requests)
    with pytest.raises(InvalidMetric, match="'acc' must be a finite number or text"):
        native.log_metrics("digits", "first", {"fine": 1, "acc": value})
    with pytest.raises(InvalidParams, match="'acc' must be a finite number or text"):
        native.log_params("digits", "first", {"acc": value})
    assert len(vertex.requests) == before


def test_nan_among_latest_metrics_is_kept_beside_the_summary(vertex, tracker):
    with tracker.runs.start("digits", name="nan-run") as run:
        run.log({"loss": math.nan, "acc": 1.0})
    metadata = vertex.resources[f"{S}/contexts/{run.id}"]["metadata"]
    assert metadata["_metrics"] == {"acc": 1.0}
    assert math.isnan(tracker.runs.get(run.id).metrics["loss"])


def test_params_and_metrics_of_the_same_key_are_overwritten_and_others_stay(native):
    native.log_params("digits", "first", {"lr": 0.1, "model": "a"})
    native.log_params("digits", "first", {"lr": 0.2})
    assert native.get_params("digits", "first") == {"lr": 0.2, "model": "a"}


def test_a_step_left_out_continues_from_the_largest_and_a_step_again_overwrites(native, series):
    for values, step in (({"a": 1.0}, None), ({"a": 2.0}, 10), ({"b": 3.0}, None), ({"a": 9.0}, 10), ({"a": 0.5}, 0)):
        native.log_time_series_metrics("digits", "first", values, step)
    frame = native.get_time_series_data_frame("digits", "first").set_index("step")
    assert frame["a"].dropna().to_dict() == {1: 1.0, 10: 9.0, 0: 0.5}
    assert frame["b"].dropna().to_dict() == {11: 3.0}


def test_steps_are_text_of_64_bits(vertex, native, series):
    native.log_time_series_metrics("digits", "first", {"a": 1.0}, 2**62, "2024-05-01T10:00:00.123456789Z")
    (value,) = sent(vertex, "POST", ":write")[-1].json["timeSeriesData"][0]["values"]
    assert value["step"] == str(2**62)
    assert value["wallTime"] == "2024-05-01T10:00:00.123456Z"
    assert native.get_time_series_data_frame("digits", "first")["step"].tolist() == [2**62]
    with pytest.raises(InvalidMetric, match="64 bits"):
        native.log_time_series_metrics("digits", "first", {"a": 1.0}, 2**63)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"labels": ["a"]}, "labels and matrix"),
        ({"fpr": [0.0], "tpr": [0.0]}, "fpr, tpr and threshold"),
        ({"labels": ["a", "b"], "matrix": [[1, 2]]}, "row and a column"),
        ({"fpr": [0.0], "tpr": [0.0, 1.0], "threshold": [0.5]}, "equally long"),
    ],
)
def test_parts_of_classification_metrics_go_together(native, given, said):
    with pytest.raises(ValueError, match=said):
        native.log_classification_metrics("digits", "first", **given)
    assert native.get_classification_metrics("digits", "first") == []


def test_a_matrix_of_a_pipeline_has_its_rows_in_objects(vertex, tracker, native):
    native.log_classification_metrics("digits", "first", labels=["a", "b"], matrix=[[1, 2], [3, 4]], display_name="x")
    (made,) = [one for one in vertex.resources.values() if one.get("displayName") == "x"]
    matrix = made["metadata"]["confusionMatrix"]
    matrix["rows"] = [{"row": row} for row in matrix["rows"]]
    assert tracker.runs.get("digits-first").classification("x").data.matrix == ((1.0, 2.0), (3.0, 4.0))


# What is large


def test_more_points_than_a_request_takes_are_written_in_several_and_read_whole(vertex, tracker):
    with tracker.runs.start("digits") as run:
        for step in range(12_345):
            run.log({"loss": step / 3}, step=step)
    frame = run.series()
    assert (frame["loss"].to_numpy() == np.arange(12_345) / 3).all()
    written = [
        sum(len(one["values"]) for one in request.json["timeSeriesData"]) for request in sent(vertex, "POST", ":write")
    ]
    assert sum(written) == 12_345
    assert max(written) <= 5000
    assert len(sent(vertex, "POST", ":exportTensorboardTimeSeries")) == 2


def test_all_time_series_come_however_many_there_are(tracker):
    with tracker.runs.start("digits") as run:
        run.log({f"m{number}": float(number) for number in range(130)})
    frame = run.series()
    assert frame.iloc[0].tolist() == [float(number) for number in range(130)]


def test_more_than_a_thousand_runs_are_listed(vertex, tracker):
    tracker.experiments.create("digits")
    parent = f"{S}/contexts/digits"
    for number in range(1234):
        name = f"{S}/contexts/digits-r{number}"
        vertex.resources[name] = {
            "name": name, "etag": str(number + 5000), "schemaTitle": "system.ExperimentRun", "schemaVersion": "0.0.2",
            "displayName": f"r{number}", "createTime": vertex.now(),
            "metadata": {"_params": {"n": float(number)}, "_metrics": {}, "_state": "COMPLETE"},
        }  # fmt: skip
        vertex.parents[name] = [parent]
    assert len(tracker.runs.list("digits")) == 1234
    assert len(tracker.native.list("digits")) == 1234
    found = tracker.runs.list("digits", where="params.n >= 1230", order_by="params.n")
    assert [run.name for run in found] == ["r1230", "r1231", "r1232", "r1233"]


def test_metadata_larger_than_the_limit_is_refused_with_its_largest_part(vertex, native):
    native.log_params("digits", "first", {"lr": 0.1})
    with pytest.raises(
        InvalidInput, match=r"2\d\d,\d\d\d bytes, most of it in _params; Vertex AI keeps at most 204,800"
    ):
        native.log_params("digits", "first", {"text": "x" * 210_000})
    assert native.get_params("digits", "first") == {"lr": 0.1}


# What is missing


def test_a_project_without_metadata_store_has_no_runs_and_gets_one_with_the_first(vertex, tracker):
    assert tracker.runs.list() == []
    assert tracker.experiments.list() == []
    with pytest.raises(NotFound):
        tracker.runs.get("last")
    said = r"no experiment 'digits' in p .*experiments\.create\('digits'\).*MetadataStore"
    with pytest.raises(RemoteNotFound, match=said):
        tracker.native.create("digits", "first")
    vertex.polls = 2  # making it takes a while
    tracker.runs.start("digits").end()
    assert len(vertex.stores) == 1
    assert len(sent(vertex, "POST", "/metadataStores")) == 1


def test_an_experiment_without_tensorboard_says_so_and_the_shared_model_makes_one(vertex, tracker, native):
    with pytest.raises(Conflict, match="assign_backing_tensorboard"):
        native.log_time_series_metrics("digits", "first", {"a": 1.0})
    tracker.runs.get("digits-first").log({"a": 1.0})
    assert tracker.runs.get("digits-first").series()["a"].tolist() == [1.0]
    assert len(sent(vertex, "POST", "/tensorboards")) == 1
    tracker.runs.start("digits").log({"a": 2.0})
    tracker.runs.list()
    assert len(sent(vertex, "POST", "/tensorboards")) == 1


def test_a_run_whose_context_has_no_time_series_is_read_all_the_same(tracker, native):
    run = tracker.runs.get("digits-first")
    assert run.series().empty
    assert native.get_time_series_data_frame("digits", "first").empty
    assert [event.kind for event in run.events()] == ["created", "started"]


def test_an_operation_that_ends_in_an_error_is_that_error(vertex, native):
    vertex.operation_error = {"code": 9, "message": "The context still has children."}
    with pytest.raises(
        RemoteConflict, match=r"began delete, and it failed \(FAILED_PRECONDITION\): The context still has"
    ):
        native.delete("digits", "first")
    assert native.get("digits", "first") is not None
    vertex.operation_error = None
    native.delete("digits", "first")
    assert native.get("digits", "first") is None


def test_an_operation_under_way_is_awaited(vertex, native):
    vertex.polls = 3
    native.delete("digits", "first")
    assert len([one for one in vertex.requests if "/operations/" in one.path]) == 3


def test_a_run_of_the_preview_age_is_read_and_refuses_the_rest(vertex, native):
    name = f"{S}/executions/digits-old"
    vertex.resources[name] = {
        "name": name, "etag": "1", "schemaTitle": "system.Run", "displayName": "old", "state": 3,
        "createTime": vertex.now(), "metadata": {"lr": 0.5},
    }  # fmt: skip
    metrics = f"{S}/artifacts/digits-old-metrics"
    vertex.resources[metrics] = {
        "name": metrics,
        "etag": "2",
        "schemaTitle": "system.Metrics",
        "metadata": {"acc": 0.25},
    }
    vertex.members[f"{S}/contexts/digits"] = [name]
    assert native.get("digits", "old")["metadata"] == {"lr": 0.5}
    assert (native.get_params("digits", "old"), native.get_metrics("digits", "old")) == ({"lr": 0.5}, {"acc": 0.25})
    assert native.state("digits", "old") == "COMPLETE"
    assert [one["displayName"] for one in native.list("digits")] == ["first", "old"]
    with pytest.raises(Conflict, match="preview"):
        native.log_time_series_metrics("digits", "old", {"a": 1.0})


@pytest.mark.parametrize("state", ["BRAND_NEW", "", None, 99])
def test_an_unknown_state_is_unknown(vertex, tracker, native, state):
    vertex.resources[f"{S}/contexts/digits-first"]["metadata"]["_state"] = state
    assert tracker.runs.get("digits-first").state is RunState.UNKNOWN


def test_a_spoilt_record_is_no_reason_to_lose_the_run(vertex, tracker, native):
    vertex.resources[f"{S}/contexts/digits-first"]["metadata"]["_jupyter_tracker"] = '{"tags": 3'
    assert dict(tracker.runs.get("digits-first").tags) == {}


@pytest.mark.parametrize("name", ["", "UPPER", "a b", "x" * 130, "../../x"])
def test_a_run_name_that_is_no_id_is_refused_before_anything_is_sent(vertex, native, name):
    before = len(vertex.requests)
    with pytest.raises(InvalidInput, match="a-z, 0-9"):
        native.create("digits", name)
    assert len(vertex.requests) == before


def test_a_run_that_is_not_there_is_named(native):
    with pytest.raises(RemoteNotFound, match="no run 'second' in the experiment 'digits'"):
        native.log_params("digits", "second", {"lr": 0.1})
    with pytest.raises(RemoteConflict, match="There is 'first' already"):
        native.create("digits", "first")
