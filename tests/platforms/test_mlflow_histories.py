"""Whole histories of many runs in few requests, and without losing a point where a server cannot do that."""

from __future__ import annotations

import math

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.errors import PermissionDenied, PlatformFailure
from tests.platforms import mlflow_server

POINTS = (0, 1, 5, 12, 30)
"""Of the runs, in the order in which they are made."""


@pytest.fixture(scope="module")
def server():
    """A real server whose runs were started by others."""
    running = mlflow_server.shared()
    running.clear()
    with jt.connect(f"mlflow+{running.url}") as tracker:
        native = tracker.native
        experiment = native.create_experiment("others")["experiment_id"]
        for number, count in enumerate(POINTS):
            made = native.create_run(experiment_id=experiment, run_name=f"r{number}", start_time=1000 + number)
            run_id = made["run"]["info"]["run_id"]
            metrics = [
                {"key": key, "value": value, "timestamp": 1000 + step, "step": step}
                for step in range(count)
                for key, value in (("loss", 9 - step / 7), ("odd", math.inf if step % 2 else math.nan))
            ]
            if metrics:
                native.log_batch(run_id=run_id, metrics=metrics)
    return running


@pytest.fixture
def tracker(server):
    with jt.connect(f"mlflow+{server.url}") as client:
        yield client


@pytest.fixture
def asked(tracker, monkeypatch):
    """The operations that read histories, as they are asked for."""
    server, operations = tracker.backend.native._server, []
    call = server.call

    def noted(operation, *given, **options):
        operations.append(operation)
        return call(operation, *given, **options)

    monkeypatch.setattr(server, "call", noted)
    return operations


def refused(error):
    def request(*given, **options):
        yield from ()
        raise error

    return request


def check(tracker):
    """All that histories are read for gives what was logged."""
    assert [run.name for run in tracker.runs.list(where="first(metrics.loss) = 9", order_by=["min(metrics.loss)"])] == [
        "r4",
        "r3",
        "r2",
        "r1",
    ]
    assert [run.name for run in tracker.runs.list(where="min(metrics.loss) < 8")] == ["r4", "r3"]
    for number, count in enumerate(POINTS):
        frame = tracker.runs.get(f"r{number}").series()
        assert len(frame) == count
        if count:
            assert frame["loss"].tolist() == [9 - step / 7 for step in range(count)]
            assert frame["odd"].isna().tolist() == [step % 2 == 0 for step in range(count)]
            assert {*frame["odd"].dropna()} <= {math.inf}


def test_histories_of_many_runs_come_in_one_answer(tracker, asked):
    assert [run.name for run in tracker.runs.list(where="min(metrics.loss) < 8")] == ["r4", "r3"]
    assert [operation for operation in asked if "history" in operation] == ["get_history_bulk"]
    check(tracker)
    assert "get_history" not in asked


@pytest.mark.parametrize(("most", "runs"), [(13, 100), (7, 2), (1, 3)])
def test_an_answer_that_may_be_cut_off_is_not_taken_for_all(tracker, monkeypatch, asked, most, runs):
    monkeypatch.setattr(wording, "HISTORY_PAGE", most)
    monkeypatch.setattr(wording, "HISTORY_RUNS", runs)
    check(tracker)
    assert {"get_history", "get_history_bulk"} <= {*asked}


def test_a_server_that_leaves_out_the_newest_points_is_not_trusted(tracker, monkeypatch, asked):
    native = tracker.backend.native

    def cut(*given, **options):
        answer = yield from type(native).get_history_bulk(native, *given, **options)
        return {"metrics": answer["metrics"][:3]}

    monkeypatch.setattr(native, "get_history_bulk", cut)
    assert len(tracker.runs.get("r4").series()) == POINTS[4]
    assert "get_history" in asked


@pytest.mark.parametrize(
    "error",
    [
        PermissionDenied("no", backend="mlflow", operation="get_history_bulk"),
        PlatformFailure("<html>", backend="mlflow", operation="get_history_bulk"),
    ],
)
def test_a_proxy_that_does_not_let_the_request_through_is_gone_around(tracker, monkeypatch, asked, error):
    monkeypatch.setattr(tracker.backend.native, "get_history_bulk", refused(error))
    check(tracker)
    assert "get_history_bulk" not in asked


def test_a_server_without_the_request_is_asked_for_it_once(tracker, monkeypatch, asked):
    monkeypatch.setattr("jupyter_tracker.backends.mlflow.operations_tracking.PAGES", "/ajax-api/0.9")
    check(tracker)
    assert asked.count("get_history_bulk") == 1
