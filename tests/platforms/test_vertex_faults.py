"""Vertex AI: what goes wrong on the way, and what nobody expected in an answer."""

from __future__ import annotations

import asyncio
import time

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import PlatformFailure, RateLimited, Unreachable
from jupyter_tracker.models import RunState
from tests.platforms.standin import Answer
from tests.platforms.vertex_standin import TOKEN, problem

S = "projects/p/locations/us-central1/metadataStores/default"


@pytest.fixture
def tracker(vertex, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.backends.remote.retry.Retry.pause", lambda *_: 0.0)
    with jt.connect(vertex.address) as client:
        client.experiments.create("digits")
        yield client


def creation(request):
    return request.method == "POST" and request.path.endswith("/contexts")


@pytest.mark.parametrize("status", [500, 503])
def test_a_run_is_never_created_twice_after_a_failure_of_the_platform(vertex, tracker, status):
    before = len([one for one in vertex.requests if creation(one)])
    busy = Answer({"error": {"code": status, "message": "busy", "status": "UNAVAILABLE"}}, status)
    vertex.fail(busy, times=5, where=creation)
    with pytest.raises(PlatformFailure, match="UNAVAILABLE: busy"):
        tracker.runs.start("digits")
    assert len([one for one in vertex.requests if creation(one)]) == before + 1


def test_a_run_is_never_created_twice_when_the_connection_breaks(vertex, tracker):
    before = len([one for one in vertex.requests if creation(one)])
    vertex.fail(None, times=5, where=creation)
    with pytest.raises(Unreachable, match="may have been carried out"):
        tracker.runs.start("digits")
    assert len([one for one in vertex.requests if creation(one)]) == before + 1


def test_an_empty_answer_to_what_makes_something_is_told(vertex, tracker):
    vertex.fail(Answer(None), where=creation)
    with pytest.raises(PlatformFailure, match=r"answered runs\.start with nothing at all.*look before you repeat it"):
        tracker.runs.start("digits")


def test_an_empty_answer_to_a_list_is_an_empty_list_and_html_is_a_failure(vertex, tracker):
    vertex.fail(Answer(None), times=2)
    assert tracker.runs.list() == []
    vertex.fail(Answer(b"<html>sign in</html>", 200, {"Content-Type": "text/html"}))
    with pytest.raises(PlatformFailure, match="no JSON"):
        tracker.runs.list()


def test_an_exhausted_quota_is_waited_for(vertex, monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    with jt.connect(vertex.address) as tracker:
        quota = problem("RESOURCE_EXHAUSTED", "Quota exceeded for requests per minute").answer
        vertex.fail(quota, times=2)
        assert tracker.runs.list() == []
        assert len(waited) == 2
        vertex.fail(quota, times=100)
        with pytest.raises(RateLimited, match="Quota exceeded"):
            tracker.runs.list()


def test_unknown_schema_versions_and_fields_and_missing_ones_are_read(vertex, tracker):
    with tracker.runs.start("digits", name="first", params={"lr": 0.1}) as run:
        run.log({"loss": 1.0})
        run.log_classification(labels=["a"], matrix=[[1]], name="test")
    context = vertex.resources[f"{S}/contexts/{run.id}"]
    context |= {"schemaVersion": "7.0.0", "labels": {"new": "1"}, "aFieldOfTomorrow": {"deep": [1]}}
    context["metadata"] |= {"_of_tomorrow": [1], "_state": "HIBERNATING"}
    for one in vertex.resources.values():
        if one.get("schemaTitle") == "google.ClassificationMetrics":
            one |= {"schemaVersion": "9.9.9", "metadata": {"confusionMatrix": {}, "aucOfTomorrow": 1.0}}
    found = tracker.runs.get(run.id)
    assert (found.state, found.params, found.metrics) == (RunState.UNKNOWN, {"lr": 0.1}, {"loss": 1.0})
    assert found.classification("test").data.matrix == ()
    for field in ("metadata", "displayName", "createTime", "updateTime", "schemaVersion"):
        context.pop(field, None)
    bare = tracker.runs.get(run.id)
    assert (bare.name, bare.state, bare.params) == (run.id, RunState.UNKNOWN, {})
    assert [each.id for each in tracker.runs.list()] == [run.id]


def test_a_block_that_raises_ends_its_run_as_failed_with_the_reason(tracker):
    def train():
        with tracker.runs.start("digits", name="broken"):
            raise RuntimeError("no GPU")

    with pytest.raises(RuntimeError, match="no GPU"):
        train()
    run = tracker.runs.get("digits-broken")
    assert (run.state, run.info.reason) == (RunState.FAILED, "RuntimeError: no GPU")
    assert [event.kind for event in run.events()] == ["created", "started", "ended"]


async def train_asynchronously(address):
    async with jt.connect_async(address) as tracker, await tracker.runs.start("digits", name="broken"):
        raise RuntimeError("no GPU")


def test_so_does_an_asynchronous_one(tracker):
    with pytest.raises(RuntimeError, match="no GPU"):
        asyncio.run(train_asynchronously(tracker.address))
    assert tracker.runs.get("digits-broken").state is RunState.FAILED


def test_a_point_that_somebody_wrote_without_a_value_or_time_is_read(vertex, tracker):
    run = tracker.runs.start("digits")
    run.log({"loss": 1.0}, step=1)
    assert len(run.series()) == 1
    (points,) = vertex.points.values()
    points[2] = {"step": "2"}  # what is zero is left out
    assert run.series()["loss"].tolist() == [1.0, 0.0]


def test_the_token_goes_nowhere_but_to_the_platform(vertex, tracker, tmp_path, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.backends.vertex.storage.SMALL", 10)
    (tmp_path / "a.bin").write_bytes(bytes(100))
    with tracker.runs.start("digits") as run:
        run.log_artifact(tmp_path / "a.bin")
        run.download_artifact("a.bin", tmp_path / "back")
    elsewhere = [one for one in vertex.requests if not one.path.startswith("/v1/")]
    assert any(one.path.startswith("/resumable") for one in elsewhere)
    assert all(TOKEN not in str(one) for one in elsewhere)
