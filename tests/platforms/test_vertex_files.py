"""Vertex AI: files and checkpoints in Cloud Storage, and what happens to them on their way."""

from __future__ import annotations

import base64

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import Conflict, PlatformFailure
from tests.platforms.standin import Answer

S = "projects/p/locations/us-central1/metadataStores/default"


@pytest.fixture
def tracker(vertex, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.backends.remote.retry.Retry.pause", lambda *_: 0.0)
    monkeypatch.setattr("jupyter_tracker.backends.vertex.storage.SMALL", 1000)
    with jt.connect(f"{vertex.address}&bucket=gs://files") as client:
        vertex.buckets["files"] = {}
        yield client


@pytest.fixture
def run(tracker):
    with tracker.runs.start("digits", name="first") as made:
        yield made


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(250)) * 20)
    return path


def uploads(vertex):
    return [request for request in vertex.requests if request.path.startswith("/resumable")]


def test_a_large_upload_that_is_cut_in_the_middle_goes_on_where_it_broke_off(vertex, run, large):
    def cut(request):
        if request.method != "PUT" or request.headers.get("content-range"):
            return False
        vertex.sessions[request.path.rpartition("/")[2]] = request.body[:1800]
        return True

    vertex.fail(None, where=cut)
    run.log_artifact(large)
    assert vertex.buckets["files"]["digits-first/large.bin"] == large.read_bytes()
    assert [(len(one.body), one.headers.get("content-range")) for one in uploads(vertex)] == [
        (5000, None),
        (0, "bytes */5000"),
        (3200, "bytes 1800-4999/5000"),
    ]
    assert all("authorization" not in one.headers for one in uploads(vertex))


def test_an_upload_whose_answer_was_lost_is_not_sent_again(vertex, run, large):
    def lost(request):
        if request.method != "PUT" or "content-range" in request.headers:
            return False
        name = base64.urlsafe_b64decode(request.path.rpartition("/")[2]).decode()
        vertex.kept("files", name, request.body)
        return True

    vertex.fail(Answer({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}, 503), where=lost)
    run.log_artifact(large)
    assert [len(one.body) for one in uploads(vertex)] == [5000, 0]


@pytest.mark.parametrize("size", [10, 5000])
def test_a_file_that_arrives_changed_is_sent_again_and_told_in_the_end(vertex, run, tmp_path, size):
    (tmp_path / "a.bin").write_bytes(bytes(size))
    vertex.changed = 1
    run.log_artifact(tmp_path / "a.bin")
    assert vertex.buckets["files"]["digits-first/a.bin"] == bytes(size)
    vertex.changed = 3
    with pytest.raises(PlatformFailure, match="was changed on its way 3 times"):
        run.log_artifact(tmp_path / "a.bin")


def test_a_download_goes_on_where_it_broke_and_is_compared(vertex, run, tmp_path):
    data = bytes(range(256)) * 4000
    (tmp_path / "big.bin").write_bytes(data)
    run.log_artifact(tmp_path / "big.bin")
    cut = Answer(data[:300_000], 200, {"Content-Length": str(len(data))})
    vertex.fail(cut, where=lambda request: request.value("alt") == "media")
    assert run.download_artifact("big.bin", tmp_path / "back").read_bytes() == data
    ranges = [one.headers.get("range") for one in vertex.requests if one.value("alt") == "media"]
    assert ranges == [None, "bytes=262144-"]
    vertex.changed = 3
    with pytest.raises(PlatformFailure, match="Cloud Storage tells"):
        run.download_artifact("big.bin", tmp_path / "again")
    assert list((tmp_path / "again").iterdir()) == []


def test_files_under_way_are_shown(vertex, run, large, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("jupyter_tracker.progress.PATIENCE", 0.0)
    monkeypatch.setattr("jupyter_tracker.progress.PAUSE", 0.0)
    run.log_artifact(large)
    run.download_artifact("large.bin", tmp_path / "back")
    told = capsys.readouterr().err
    assert "upload large.bin  " in told
    assert "100% of 5.0 kB" in told
    assert "download large.bin  5.0 kB" in told


def test_a_checkpoint_whose_upload_broke_off_stays_incomplete_and_can_be_deleted(vertex, tracker, run, large, tmp_path):
    refusal = Answer({"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}, 403)
    vertex.fail(refusal, where=lambda request: request.path.startswith("/upload"))
    with pytest.raises(jt.TrackerError, match="HTTP 403"):
        run.log_checkpoint(3, large)
    (left,) = run.checkpoints()
    assert (left.complete, left.run, left.experiment) == (False, "first", "digits")
    assert run.checkpoint_steps() == ()
    with pytest.raises(Conflict, match="step 3 is incomplete"):
        tracker.checkpoints.download(left, tmp_path / "back")
    assert tracker.checkpoints.delete([left]) == 1
    assert run.checkpoints() == []


def test_a_deleted_checkpoint_leaves_no_file_and_events_keep_their_numbers(vertex, tracker, run, large):
    made = run.log_checkpoint(3, large)
    before = run.events()
    assert vertex.buckets["files"]
    tracker.checkpoints.delete([made])
    assert vertex.buckets["files"] == {}
    assert run.artifacts() == []
    after = run.events()
    assert after[: len(before)] == before
    assert (after[-1].kind, after[-1].data["steps"]) == ("checkpoint_deleted", [3])


def test_an_artifact_is_never_made_twice_after_a_failure_of_the_platform(vertex, run, tmp_path):
    (tmp_path / "a.txt").write_text("1")
    busy = Answer({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}, 503)

    def made(request):
        return request.method == "POST" and request.path.endswith("/artifacts")

    vertex.fail(busy, times=5, where=made)
    with pytest.raises(PlatformFailure, match="busy"):
        run.log_artifact(tmp_path / "a.txt")
    assert len([one for one in vertex.requests if made(one)]) == 1
