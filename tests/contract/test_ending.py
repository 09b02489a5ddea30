"""Waiting for runs, stopping them, and putting them away."""

from __future__ import annotations

import threading

import pytest

from jupyter_tracker.errors import Conflict, InvalidInput, NotFound, TrackerError, WaitTimeout
from jupyter_tracker.models import Lifecycle, RunState


def test_waiting_for_a_run_that_has_ended_returns_at_once(run):
    run.end()
    assert run.wait(0).state is RunState.SUCCEEDED


def test_waiting_ends_when_the_run_does(run, other):
    timer = threading.Timer(0.3, lambda: other.runs.get(run.id).end("failed", "enough"))
    timer.start()
    assert run.wait(30).state is RunState.FAILED
    timer.join()


def test_waiting_too_long_is_an_error_of_its_own_and_the_run_goes_on(run):
    with pytest.raises(WaitTimeout, match="still running") as caught:
        run.wait(0.1)
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, TrackerError)
    assert run.refresh().state is RunState.RUNNING


@pytest.mark.parametrize("timeout", [-1, float("nan"), "soon"])
def test_a_timeout_that_is_no_time_is_refused(run, timeout):
    with pytest.raises(InvalidInput, match="timeout"):
        run.wait(timeout)


def test_stopping_a_run_that_has_ended_is_a_conflict(tracker, run):
    run.end()
    with pytest.raises(Conflict, match="ended already"):
        run.stop()
    with pytest.raises(Conflict, match="ended already"):
        tracker.runs.stop(run.id)


@pytest.mark.parametrize("grace", [-1, float("nan"), float("inf"), "long", None])
def test_a_grace_period_that_is_no_time_is_refused(run, grace):
    with pytest.raises(InvalidInput, match="grace"):
        run.stop(grace_period=grace)
    assert run.refresh().state is RunState.RUNNING


@pytest.mark.needs("restoring")
def test_a_deleted_run_is_found_by_its_id_only_and_can_be_restored(tracker, run):
    run.end()
    assert tracker.runs.delete(run.id).info.lifecycle is Lifecycle.DELETED
    assert tracker.runs.list() == []
    assert [found.id for found in tracker.runs.list(lifecycle="deleted")] == [run.id]
    with pytest.raises(NotFound):
        tracker.runs.get("run")
    with pytest.raises(NotFound):
        tracker.runs.get("last")
    with pytest.raises(NotFound):
        tracker.runs.get(run.id[:10])
    assert tracker.runs.get(run.id).id == run.id
    assert tracker.runs.restore(run.id).info.lifecycle is Lifecycle.ACTIVE
    assert tracker.runs.get("run").id == run.id


def test_a_run_that_has_not_ended_cannot_be_deleted(tracker, run):
    with pytest.raises(Conflict, match="not ended"):
        tracker.runs.delete(run.id)


def test_an_archived_run_leaves_the_listing_and_stays_readable(tracker, run):
    run.log({"x": 1.0})
    run.end()
    tracker.runs.archive(run.id)
    assert tracker.runs.list() == []
    assert [found.id for found in tracker.runs.list(lifecycle="archived")] == [run.id]
    assert tracker.runs.get("run").series()["x"].tolist() == [1.0]
    tracker.runs.restore("run")
    assert len(tracker.runs.list()) == 1


def test_each_change_of_place_is_an_event(tracker, run):
    run.end()
    tracker.runs.archive(run.id)
    tracker.runs.restore(run.id)
    tracker.runs.delete(run.id)
    assert [event.kind for event in run.events()][-3:] == ["archived", "restored", "deleted"]


@pytest.mark.needs("restoring")
def test_what_a_deleted_run_logged_is_there_after_restoring(tracker, run):
    run.log({"x": 1.0})
    run.end()
    tracker.runs.delete(run.id)
    tracker.runs.restore(run.id)
    assert tracker.runs.get("run").series()["x"].tolist() == [1.0]


def test_changing_a_run_that_is_not_there_is_not_found(tracker):
    for change in (tracker.runs.stop, tracker.runs.delete, tracker.runs.restore, tracker.runs.archive):
        with pytest.raises(NotFound):
            change("nothing")
