"""UbiOps: what goes wrong, as people see it, and what of the shared model is its own."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.remote import archives
from jupyter_tracker.backends.ubiops.settings import base_url, read_settings
from jupyter_tracker.errors import (
    ConfigError,
    Conflict,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    PlatformFailure,
    RemoteConflict,
    RemoteInvalid,
    Unreachable,
)
from jupyter_tracker.models import RetentionMode, RunState
from tests.platforms import stand_ins
from tests.platforms.standin import Answer
from tests.platforms.ubiops_standin import PROJECT, TOKEN, UbiOps

TRAINING = """
def train(training_data, parameters, context):
    print("epoch 1")
    with open("model.txt", "w") as file:
        file.write("weights")
    return {"artifact": "model.txt", "metrics": {"acc": 0.5, "val": {"loss": 0}, "note": "x"}}
"""


@pytest.fixture
def platform():
    return UbiOps()


@pytest.fixture
def tracker(platform, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.backends.remote.retry.Retry.pause", lambda *_: 0.0)
    with stand_ins.ubiops(platform) as address, jt.connect(address) as client:
        client.backend.native.poll = 0.0
        yield client


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(TRAINING)
    return path


def sent(platform, method, ending):
    return [each for each in platform.requests if each.method == method and each.path.endswith(ending)]


def test_a_run_from_its_submission_to_its_result(tracker, train, tmp_path):
    run = tracker.runs.submit("digits", code=train, params={"lr": 0.1}, timeout=600).wait(60)
    assert run.state is RunState.SUCCEEDED, run.info.reason
    assert dict(run.metrics) == {"acc": 0.5, "val/loss": 0.0}
    assert run.series()["acc"].tolist() == [0.5]
    assert [line.text for line in run.logs()] == ["epoch 1"]
    assert [line.text for line in run.logs(tail=1)] == ["epoch 1"]
    assert [(each.path, each.size) for each in run.artifacts()] == [("model.txt", 7)]
    assert run.download_artifact("model.txt", tmp_path / "back").read_text() == "weights"
    assert run.info.source.startswith("ubiops-file://default/experiments/digits/runs/")
    assert run.info.source.endswith("/code/train.py")
    assert run.submission().timeout == 600.0
    with pytest.raises(Conflict, match="has ended"):
        run.log({"acc": 1.0})
    again = tracker.runs.submit("digits", code=tracker.sources.get("digits@1"), name="again").wait(60)
    assert (again.name, again.state, again.info.source) == ("again", RunState.SUCCEEDED, run.info.source)
    assert tracker.runs.submit("digits", code=run.info.source).wait(60).state is RunState.SUCCEEDED
    assert (tracker.sources.download("digits", tmp_path / "code") / "train.py").read_text() == TRAINING


def test_lines_that_come_after_the_end_are_late_and_nobody_waits_for_them_unasked(
    tracker, platform, train, monkeypatch
):
    run = tracker.runs.submit("digits", code=train).wait(60)
    platform.logs, (line,) = [], platform.logs
    project, waited = tracker.backend.logs._project, []

    def lines_may_come_for(seconds):
        project.settings = replace(project.settings, log_delay=seconds)

    def sleep(seconds):
        waited.append(seconds)
        platform.logs.append(line)
        lines_may_come_for(0.0)

    monkeypatch.setattr("time.sleep", sleep)
    lines_may_come_for(600.0)
    # What panels ask: an answer at once, and that more may come.
    for asked in (tracker.backend.logs.read(run.id, None, 10), tracker.backend.logs.tail(run.id, 10, None)):
        page = tracker.drive(asked)
        assert (page.items, page.late) == ((), True)
    assert waited == []
    followed = run.logs(follow=True)
    assert next(followed).text == "epoch 1"
    assert max(waited) <= 2.0
    platform.logs.clear()
    lines_may_come_for(600.0)
    assert [each.text for each in run.logs()] == ["epoch 1"]


def test_a_run_that_is_followed_is_not_asked_for_again_and_again(platform, train, monkeypatch):
    # UbiOps answers 300 requests a minute: a look at a run every 2 s stays far below that.
    platform.waiting = True
    with stand_ins.ubiops(platform) as address, jt.connect(address.replace("&poll=0", "")) as tracker:
        run = tracker.runs.submit("digits", code=train)
        run.log({"loss": 1.0})
        assert tracker.backend.transport.pace == 2.0
        points = tracker.drive(tracker.backend.metrics.read(run.id, None, None))
        before = len(platform.requests)
        tracker.runs.get(run.id)
        tracker.drive(tracker.backend.metrics.read(run.id, None, points.cursor))
        tracker.drive(tracker.backend.logs.read(run.id, "0:0:0", 10))
        tracker.drive(tracker.backend.events.read(run.id, 1, 10))
        assert len(platform.requests) - before <= 4


def test_points_of_a_run_that_goes_on_are_custom_time_series(tracker, platform, train):
    platform.waiting = True
    run = tracker.runs.submit("digits", code=train)
    for number in range(3):
        run.log({"loss": 3.0 - number}, time=1_700_000_000.0 + number)
    assert platform.metrics["custom.loss"]["metric_type"] == "gauge"
    run.log({"loss": 0.0})
    first = tracker.drive(tracker.backend.metrics.read(run.id, None, None))
    assert [list(block.values[0]) for block in first.blocks] == [[0.0]]  # points before the run are not of it
    run.log({"loss": 7.0})
    more = tracker.drive(tracker.backend.metrics.read(run.id, None, first.cursor))
    assert [(list(block.steps), list(block.values[0])) for block in more.blocks] == [([1], [7.0])]


def test_a_data_folder_a_file_and_a_uri_are_handed_over(tracker, platform, train, tmp_path):
    platform.waiting = True
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("1")
    run = tracker.runs.submit("digits", code=train, data=tmp_path / "data")
    data = run.submission().data
    assert data.endswith("/data/data.zip")
    assert tracker.runs.submit("digits", code=train, data=data).submission().data == data
    with pytest.raises(NotFound):
        tracker.runs.submit("digits", code=train, data="ubiops-file://default/nothing.csv")
    with pytest.raises(InvalidInput, match="BUCKET/FILE"):
        tracker.runs.submit("digits", code=train, data="ubiops-file://nothing")


def test_an_archive_is_submitted_and_a_hostile_one_is_refused(tracker, tmp_path, train):
    import zipfile

    with zipfile.ZipFile(tmp_path / "good.zip", "w") as archive:
        archive.write(train, "train.py")
    assert tracker.runs.submit("digits", code=tmp_path / "good.zip").wait(60).state is RunState.SUCCEEDED
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("../train.py", TRAINING)
    with pytest.raises(InvalidInput, match="leads out of its folder"):
        tracker.runs.submit("digits", code=tmp_path / "bad.zip")


def test_how_long_runs_are_kept_is_said_by_the_experiment(tracker, platform):
    made = tracker.experiments.create("digits", retention_mode="metadata", retention_time=3600)
    assert (made.retention_mode, made.retention_time) == (RetentionMode.METADATA, 3600.0)
    assert platform.versions["digits"]["request_retention_time"] == 3600


@pytest.mark.parametrize(("token", "answer"), [("wrong", None), ("fake", Answer({"error": "Token expired"}, 401))])
def test_a_wrong_or_expired_token_says_where_it_comes_from_and_is_not_shown(
    tracker, platform, monkeypatch, token, answer
):
    monkeypatch.setenv("UBIOPS_API_TOKEN", token)
    if answer:
        platform.fail(answer)
    with pytest.raises(NotAuthenticated, match="UBIOPS_API_TOKEN") as caught:
        tracker.experiments.list()
    assert f"Token {token}" not in repr(caught.value)


def test_without_a_token_nothing_is_sent(tracker, platform, monkeypatch):
    monkeypatch.delenv("UBIOPS_API_TOKEN")
    with pytest.raises(ConfigError, match="UBIOPS_API_TOKEN"):
        tracker.experiments.list()
    assert platform.requests == []


def test_a_project_that_is_not_prepared_says_how_to_prepare_it():
    with stand_ins.ubiops(UbiOps(initialized=False)) as address, jt.connect(address) as tracker:
        with pytest.raises(RemoteInvalid, match=r"tracker\.native\.initialize\('tour'\)"):
            tracker.experiments.list()
        tracker.native.initialize(PROJECT)
        assert tracker.experiments.list() == []


def test_an_experiment_that_fails_or_never_becomes_available_is_told(tracker, platform):
    platform.becomes = "failed"
    with pytest.raises(PlatformFailure, match=r"'broken' did not become available: .* is failed"):
        tracker.experiments.create("broken")
    platform.becomes = "building"
    tracker.backend.native.limit = 0.05
    with pytest.raises(PlatformFailure, match=r"building \(it was waited for 0.05 s\)"):
        tracker.experiments.create("slow")
    with pytest.raises(RemoteConflict, match="only an available one takes runs"):
        tracker.runs.submit("slow", code="print(1)\n")
    assert sent(platform, "POST", "/batch") == []


def test_a_run_that_fails_in_the_queue_says_why(tracker, platform, train):
    platform.queue_error = "No instance of this type is free"
    run = tracker.runs.submit("digits", code=train).wait(10)
    assert (run.state, run.info.reason) == (RunState.FAILED, "No instance of this type is free")
    assert [event.kind for event in run.events()] == ["created", "queued", "ended"]
    assert run.logs() == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_run_is_never_created_twice_after_a_failure_of_the_platform(tracker, platform, train, status):
    tracker.experiments.create("digits")
    platform.fail(Answer({"error": "oops"}, status), times=5, where=lambda request: request.path.endswith("/batch"))
    with pytest.raises(PlatformFailure, match="oops"):
        tracker.runs.submit("digits", code=train)
    assert len(sent(platform, "POST", "/batch")) == 1


def test_a_run_is_never_created_twice_when_the_connection_breaks(tracker, platform, train):
    tracker.experiments.create("digits")
    platform.fail(None, times=5, where=lambda request: request.path.endswith("/batch"))
    with pytest.raises(Unreachable, match="may have been carried out"):
        tracker.runs.submit("digits", code=train)
    assert len(sent(platform, "POST", "/batch")) == 1


def test_too_many_requests_wait_as_long_as_the_platform_says(platform, monkeypatch):
    with stand_ins.ubiops(platform) as address, jt.connect(address) as tracker:
        tracker.experiments.list()
        platform.fail(Answer({"error": "Too many requests"}, 429, {"x-ratelimit-reset": "0.3"}))
        began = time.monotonic()
        assert tracker.experiments.list() == []
        assert time.monotonic() - began >= 0.3
        monkeypatch.setattr("time.sleep", pytest.fail)
        platform.fail(Answer({"error": "Too many requests"}, 429, {"x-ratelimit-reset": "100000"}))
        with pytest.raises(jt.TrackerError, match="HTTP 429: Too many requests"):
            tracker.experiments.list()


def test_an_upload_that_breaks_is_sent_again(tracker, platform, train):
    tracker.experiments.create("digits")
    platform.fail(None, where=lambda request: request.path.startswith("/signed/"))
    assert tracker.runs.submit("digits", code=train).wait(60).state is RunState.SUCCEEDED


def test_an_upload_that_arrives_changed_is_sent_again_and_told_in_the_end(tracker, platform, train):
    platform.corrupt = 1
    uri = tracker.native.upload_file(PROJECT, train, file_name="kept/train.py")
    assert uri == "ubiops-file://default/kept/train.py"
    assert platform.files["default"]["kept/train.py"][0] == TRAINING.encode()
    platform.corrupt = 3
    with pytest.raises(PlatformFailure, match="arrived changed 3 times"):
        tracker.native.upload_file(PROJECT, train)


def test_a_large_file_goes_in_parts_and_a_part_that_breaks_alone_is_sent_again(tracker, platform, tmp_path):
    native = tracker.backend.native
    native.large, native.part = 1000, 400
    data = bytes(range(250)) * 5
    (tmp_path / "large.bin").write_bytes(data)
    platform.fail(None, where=lambda request: request.method == "PUT" and request.body == data[400:800])
    tracker.native.upload_file(PROJECT, tmp_path / "large.bin")
    assert platform.files["default"]["large.bin"][0] == data
    sizes = [len(request.body) for request in platform.requests if request.method == "PUT"]
    assert sizes == [400, 400, 400, 400, 50]


def test_an_expired_signed_url_is_asked_for_anew(tracker, platform, train, tmp_path):
    expired = Answer(b"<Error><Message>Request has expired</Message></Error>", 403)
    platform.fail(expired, where=lambda request: request.path.startswith("/signed/"))
    uri = tracker.native.upload_file(PROJECT, train)
    platform.fail(expired, where=lambda request: request.path.startswith("/signed/"))
    assert tracker.native.download_file(PROJECT, uri, tmp_path / "back.py").read_text() == TRAINING
    platform.fail(expired, times=3, where=lambda request: request.path.startswith("/signed/"))
    with pytest.raises(PermissionDenied) as caught:
        tracker.native.upload_file(PROJECT, train)
    assert "signature" not in str(caught.value)


def test_a_download_that_breaks_goes_on_where_it_ended(tracker, platform, tmp_path):
    data = bytes(range(256)) * 4000
    platform.files["default"]["big.bin"] = (data, "2026-01-01T00:00:00.000000Z")
    cut = Answer(data[:300_000], 200, {"Content-Length": str(len(data))})
    platform.fail(cut, where=lambda request: request.path.startswith("/signed/"))
    tracker.native.download_file(PROJECT, "ubiops-file://default/big.bin", tmp_path)
    assert (tmp_path / "big.bin").read_bytes() == data
    first, second = [request.headers.get("range") for request in platform.requests if "/signed/" in request.path]
    assert first is None
    assert int(second.removeprefix("bytes=").rstrip("-")) >= 256 * 1024  # what had come in whole pieces


def test_the_token_never_goes_to_the_host_of_a_signed_url(tracker, platform, train, tmp_path):
    run = tracker.runs.submit("digits", code=train).wait(60)
    run.download_artifact("model.txt", tmp_path)
    signed = [request for request in platform.requests if request.path.startswith("/signed/")]
    assert len(signed) == 2
    assert all("authorization" not in request.headers and TOKEN not in str(request) for request in signed)


def test_unknown_states_and_fields_and_missing_ones_are_read(tracker, platform, train):
    platform.waiting = True
    run = tracker.runs.submit("digits", code=train)
    kept = platform.runs["digits"][run.id]
    kept.update(status="hibernating", result={"metrics": ["odd"]}, request_data=None, time_created="soon")
    found = tracker.runs.get(run.id)
    assert (found.state, found.info.native_state, found.name) == (RunState.UNKNOWN, "hibernating", run.id[:8])
    assert dict(found.metrics) == {}
    assert found.submission() is None
    assert [each.id for each in tracker.runs.list()] == [run.id]
    kept.update(status="completed", success=False, error_message=None)
    assert tracker.runs.get(run.id).state is RunState.FAILED


def test_empty_bodies_are_read(tracker, platform):
    platform.fail(Answer(None), where=lambda request: request.path.endswith("/versions"))
    assert tracker.experiments.list() == []
    platform.fail(Answer(b"<html>login</html>", 200, {"Content-Type": "text/html"}))
    with pytest.raises(PlatformFailure, match="no JSON"):
        tracker.experiments.list()


def test_an_empty_answer_to_what_makes_something_is_told_and_not_repeated(tracker, platform, train):
    tracker.experiments.create("digits")
    for where, operation in (("/batch", "experiment_runs_create"), ("train.py", "files_upload")):
        platform.fail(Answer(None), where=lambda one, end=where: one.method == "POST" and one.path.endswith(end))
        with pytest.raises(PlatformFailure, match=rf"ubiops answered {operation} with .* look before you repeat it"):
            tracker.runs.submit("digits", code=train)
    assert len(sent(platform, "POST", "/batch")) == 1


def test_an_archive_of_the_platform_with_a_hostile_path_is_not_unpacked(tmp_path):
    import zipfile

    for name in ("../out", "/etc/x", "a/../../b", "c:\\x", "a\\..\\b"):
        with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
            archive.writestr("fine", "1")
            archive.writestr(zipfile.ZipInfo(name), "2")
        with pytest.raises(PlatformFailure, match="leads out of its folder"):
            archives.unpack(tmp_path / "bad.zip", tmp_path / "out", "ubiops")
        assert not (tmp_path / "out").exists()
    (tmp_path / "bad.zip").write_bytes(b"no archive")
    with pytest.raises(PlatformFailure, match="cannot be read"):
        archives.members(tmp_path / "bad.zip", "ubiops")


def test_what_the_platform_cannot_do_with_a_run_is_refused_before_anything_is_sent(tracker, platform, train):
    for options, said in (
        ({"variables": {"A": "1"}}, "variables to experiments"),
        ({"resources": {"gpu": 1}}, "machines to experiments"),
        ({"timeout": 5}, "10 seconds"),
        ({"params": {"lr": float("nan")}}, "'lr'"),
    ):
        with pytest.raises(InvalidInput, match=said):
            tracker.runs.submit("digits", code=train, **options)
    assert platform.requests == []


def test_a_run_under_way_is_not_deleted_nor_its_experiment(tracker, platform, train):
    platform.waiting = True
    run = tracker.runs.submit("digits", code=train)
    for delete in (lambda: tracker.runs.delete(run.id), lambda: tracker.experiments.delete("digits")):
        with pytest.raises(Conflict, match="not ended"):
            delete()
    platform.runs["digits"][run.id]["status"] = "failed"
    tracker.runs.delete(run.id)
    assert tracker.runs.list() == []


def test_both_generations_of_the_interface_are_found_from_the_host():
    assert base_url({}) == "https://api.ubiops.com/v2.1"
    assert base_url({"UBIOPS_API_HOST": "api.example.com/v2/"}) == "https://api.example.com/v2"
    assert base_url({"UBIOPS_API_HOST": "http://127.0.0.1:1"}) == "http://127.0.0.1:1/v2.1"
    assert base_url({"INT_API_URL": "https://inside/v2.1"}) == "https://inside/v2.1"
    with pytest.raises(ConfigError, match="UBIOPS_API_HOST"):
        base_url({"UBIOPS_API_HOST": "https://user:secret@host"})


def test_an_address_that_cannot_be_read_says_how_to_write_it():
    assert read_settings("ubiops://tour?instance_type=16384mb_t4&log_delay=0").log_delay == 0.0
    for address, said in (
        ("ubiops://", "ubiops://PROJECT"),
        ("ubiops://tour?instance=1", "Did you mean 'instance_type'"),
        ("ubiops://tour?log_delay=soon", "number of seconds"),
        ("ubiops://tour?poll=often", "poll is a number of seconds"),
    ):
        with pytest.raises(ConfigError, match=said):
            read_settings(address)
