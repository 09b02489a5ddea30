"""Runs that are started here: the server gets all of them, and nobody sees half a run. The stand-in is told to fail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event, Timer

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.mlflow.outbox import Sent
from jupyter_tracker.backends.mlflow.reading import parse_run
from jupyter_tracker.backends.remote.retry import Retry
from jupyter_tracker.errors import InvalidInput, NotFound, Unreachable
from jupyter_tracker.flow import Local
from jupyter_tracker.models import RunKind, RunState
from tests.platforms.standin import Answer


@pytest.fixture
def tracker(databricks):
    """A client that waits half a second at most."""
    with jt.connect(f"mlflow+{databricks.url}") as client:
        client.backend.native._server.service.retry = Retry(first=0.01, limit=0.5)
        yield client


def test_what_a_server_refuses_surfaces_at_the_end_and_is_an_event(databricks, tracker):
    run = tracker.runs.start("digits")
    run.log({"loss": 1.0})
    refusal = Answer({"error_code": "INVALID_PARAMETER_VALUE", "message": "no such step"}, 400)
    databricks.fail(refusal, where=lambda request: b'"loss"' in request.body)
    with pytest.raises(InvalidInput, match="no such step"):
        run.end()
    assert run.refresh().state is RunState.SUCCEEDED
    assert "no such step" in next(event.message for event in run.events() if event.kind == "not_sent")
    assert run.series()["loss"].tolist() == [1.0]


def test_what_could_not_be_sent_is_sent_when_the_run_is_looked_at_again(databricks, tracker):
    run = tracker.runs.start("digits")
    run.log({"loss": 1.0})
    databricks.fail(None, times=50, where=lambda request: request.method == "POST")
    with pytest.raises(Unreachable):
        run.end()
    databricks.faults.clear()
    assert databricks.runs[run.id]["info"]["status"] == "RUNNING"
    assert tracker.runs.get(run.id).state is RunState.SUCCEEDED
    assert databricks.runs[run.id]["info"]["status"] == "FINISHED"
    assert len(databricks.history[run.id, "loss"]) == 1


def test_a_run_that_its_server_forgot_is_told_and_not_sent_any_more(databricks, tracker):
    run = tracker.runs.start("digits")
    run.log({"loss": 1.0})
    del databricks.runs[run.id]
    with pytest.raises(NotFound):
        run.end()
    assert tracker.backend.outbox.pending() == []


@pytest.fixture
def starting(tracker, monkeypatch):
    """Starts a run `slow` elsewhere, which is on the server and not yet here until its event is set."""
    there, go = Event(), Event()
    with jt.connect(tracker.address) as other, ThreadPoolExecutor() as pool:
        local = other.backend.runs._starter._companion.local.local_runs
        start_as = local.start_as

        def slowly(*given):
            there.set()
            yield Local(lambda: go.wait(60))
            return (yield from start_as(*given))

        monkeypatch.setattr(local, "start_as", slowly)
        started = pool.submit(other.runs.start, "digits", name="slow")
        assert there.wait(60)
        yield go
        go.set()
        started.result(60).end()


def test_a_run_that_another_process_is_starting_is_waited_for(tracker, starting):
    Timer(0.1, starting.set).start()
    (run,) = tracker.runs.list(where="name = 'slow'")
    assert run.info.kind is RunKind.IN_KERNEL
    assert run.stop(grace_period=30).state is RunState.STOPPING


def test_a_run_whose_process_died_while_it_was_started_is_lost(databricks, tracker):
    answer = tracker.native.create_run(experiment_id="1", run_name="half")["run"]
    tracker.drive(tracker.backend.outbox.open(parse_run(answer, {"1": "digits"}), Sent())).close()
    info = tracker.runs.get("half").info
    assert (info.state, info.reason) == (RunState.LOST, "Its start broke off before it had begun.")
    assert databricks.runs[info.id]["info"]["status"] == "FAILED"
    assert tracker.backend.outbox.pending() == []


def test_what_the_server_refuses_of_one_run_keeps_nobody_from_listing(databricks, tracker):
    kept, forgotten = tracker.runs.start("digits", name="kept"), tracker.runs.start("digits", name="forgotten")
    del databricks.runs[forgotten.id]
    kept.log({"loss": 1.0})
    forgotten.log({"accuracy": 1.0})
    refusal = Answer({"error_code": "INVALID_PARAMETER_VALUE", "message": "no such step"}, 400)
    databricks.fail(refusal, where=lambda request: b'"loss"' in request.body)
    assert [run.name for run in tracker.runs.list(limit=1)] == ["kept"]
    assert tracker.backend.outbox.pending() == [kept.id]
    kept.end()
    with pytest.raises(NotFound):
        forgotten.end()
