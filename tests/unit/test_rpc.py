"""The table of operations that views can ask for."""

from __future__ import annotations

import asyncio

import pytest

import jupyter_tracker as jt
from jupyter_tracker import rpc
from jupyter_tracker.backends.base import NOUNS
from jupyter_tracker.errors import InvalidInput, NotFound, StoreFull
from jupyter_tracker.feed.wire import error_data
from jupyter_tracker.models import Stream


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as tracker:
        yield tracker


@pytest.fixture
def run(tracker):
    run = tracker.runs.start("digits", params={"lr": float("nan")})
    yield run
    run.end()


def call(tracker, operation, **params):
    async def inside():
        return await rpc.call(rpc.Session(jt.AsyncTracker(tracker.backend)), operation, params)

    return asyncio.run(inside())


@pytest.mark.parametrize("operation", sorted(set(rpc.OPERATIONS) - {"refresh", "templates.list"}))
def test_every_operation_is_named_after_a_noun_and_refuses_params_that_are_missing(tracker, operation):
    assert operation.partition(".")[0] in {*NOUNS, "assets", "form"}  # what is built, beside what there is
    with pytest.raises(InvalidInput, match="param"):
        call(tracker, operation)


def test_a_run_is_read_as_plain_json(tracker, run):
    run.log({"loss": float("inf")})
    answer, buffers = call(tracker, "runs.get", run=run.id)
    import json

    text = json.dumps(answer, allow_nan=False)
    assert json.loads(text)["run"]["metrics"]["loss"]["value"] == "Infinity"
    assert answer["run"]["params"] == {"lr": "NaN"}
    assert buffers == []


def test_a_run_is_stopped(tracker):
    run = tracker.runs.start("digits")
    tracker.backend.runs.keeper.release(run.id)  # else it would interrupt this test
    answer, _ = call(tracker, "runs.stop", run=run.id, grace_period=3)
    assert answer["run"]["state"] == "stopping"
    assert run.end().state == "stopped"


def test_older_log_lines_are_paged_backwards(tracker, run):
    tracker.drive(tracker.backend.logs.append(run.id, Stream.STDOUT, "".join(f"{number}\n" for number in range(30))))
    newest, _ = call(tracker, "runs.logs", run=run.id, limit=10)
    older, _ = call(tracker, "runs.logs", run=run.id, limit=10, before=newest["lines"][0]["cursor"])
    assert [line["text"] for line in older["lines"] + newest["lines"]] == list(map(str, range(10, 30)))


def test_a_range_of_points_is_read(tracker, run):
    for step in range(10):
        run.log({"loss": float(step)})
    answer, buffers = call(tracker, "runs.points", run=run.id, keys=["loss"], x="step", **{"from": 2, "to": 4})
    assert answer["points"][0]["count"] == 5
    assert len(buffers[0]) == 3 * 5 * 8


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("runs.get", {"run": 3}),
        ("runs.get", {"run": ""}),
        ("runs.stop", {"run": "x", "grace_period": "long"}),
        ("runs.logs", {"run": "x", "limit": True}),
        ("runs.points", {"run": "x", "keys": "loss", "x": "step", "from": 0, "to": 1}),
        ("runs.points", {"run": "x", "keys": ["loss"], "x": "sideways", "from": 0, "to": 1}),
        ("runs.points", {"run": "x", "keys": ["loss"], "x": "step", "from": None, "to": 1}),
        ("runs.points", {"run": "x", "keys": ["a"], "x": "step", "from": 0, "to": 1, "columns": float("nan")}),
        ("runs.logs", {"run": "x", "limit": float("inf")}),
    ],
)
def test_params_of_the_wrong_type_are_refused(tracker, operation, params):
    with pytest.raises(InvalidInput, match="param"):
        call(tracker, operation, **params)


def test_an_unknown_operation_is_refused_with_a_suggestion(tracker):
    with pytest.raises(InvalidInput, match=r"Did you mean 'runs\.stop'"):
        call(tracker, "runs.stopp")


def test_an_unknown_run_is_not_found(tracker):
    with pytest.raises(NotFound):
        call(tracker, "runs.get", run="nothing")
    with pytest.raises(NotFound):
        call(tracker, "runs.logs", run="../../etc")


def test_errors_of_others_do_not_show_their_text():
    assert error_data(StoreFull("full")) == {"kind": "StoreFull", "message": "full"}
    hidden = error_data(ValueError("token abc123"))
    assert hidden["kind"] == "InternalError"
    assert "abc123" not in str(hidden)
