"""ABEJA: what goes wrong, as people see it, and what of the shared model is its own."""

from __future__ import annotations

import io
import stat
import time
import zipfile

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.abeja.settings import base_url, read_settings
from jupyter_tracker.errors import (
    ConfigError,
    Conflict,
    InvalidInput,
    InvalidMetric,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    PlatformFailure,
    Unreachable,
    Unsupported,
)
from jupyter_tracker.models import RunState
from tests.platforms import stand_ins
from tests.platforms.abeja_standin import ORGANIZATION, TOKEN, Abeja
from tests.platforms.standin import Answer

TRAINING = """
import os, pathlib

def handler(context):
    print("epoch 1", os.environ["JUPYTER_TRACKER_PARAMS"])
    folder = pathlib.Path(os.environ["ABEJA_TRAINING_RESULT_DIR"])
    folder.mkdir()
    (folder / "model.txt").write_text("weights")
"""


@pytest.fixture
def platform():
    return Abeja()


@pytest.fixture
def tracker(platform, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.backends.remote.retry.Retry.pause", lambda *_: 0.0)
    with stand_ins.abeja(platform) as address, jt.connect(address) as client:
        yield client


@pytest.fixture
def train(tmp_path):
    path = tmp_path / "train.py"
    path.write_text(TRAINING)
    return path


@pytest.fixture
def waiting(tracker, platform, train):
    """A run that has been submitted and waits."""
    platform.waiting = True
    return tracker.runs.submit("digits", code=train)


def job(platform, run):
    return platform.jobs["digits"][run.id]


def say(platform, run, **statistics):
    """As the training code does it."""
    job(platform, run).update(statistics=statistics, status="Active")


def sent(platform, method, ending):
    return [each for each in platform.requests if each.method == method and each.path.endswith(ending)]


def test_a_run_from_its_submission_to_its_result(tracker, platform, train, tmp_path):
    run = tracker.runs.submit("digits", code=train, params={"lr": 0.1, "layers": [1]}, tags={"team": "vision"})
    run.wait(60)
    assert (run.name, run.state, dict(run.params), dict(run.tags)) == (
        "train",
        RunState.SUCCEEDED,
        {"lr": 0.1, "layers": [1]},
        {"team": "vision"},
    )
    assert [line.text for line in run.logs()] == ['epoch 1 {"lr": 0.1, "layers": [1]}']
    assert [line.text for line in run.logs(follow=True)] == [line.text for line in run.logs()]
    assert [each.path for each in run.artifacts()] == ["logs/stdout.log", "model.txt"]
    assert run.download_artifact("model.txt", tmp_path / "back").read_text() == "weights"
    with pytest.raises(Conflict, match="has ended"):
        run.log({"acc": 1.0})
    assert run.info.source == "digits@1"
    assert tracker.runs.submit("digits", code=train).info.source == "digits@1"  # equal code is one version
    again = tracker.runs.submit("digits", code=tracker.sources.get("digits@1"), name="again").wait(60)
    assert (again.name, again.state) == ("again", RunState.SUCCEEDED)
    assert len(sent(platform, "POST", "/versions")) == 1


def test_points_begin_when_following_began_and_are_kept_here(tracker, platform, waiting):
    say(platform, waiting, num_epochs=3, epoch=0, stages={"train": {"loss": 0.0, "accuracy": 0}}, lr=0.1)
    assert dict(waiting.refresh().metrics) == {"train/loss": 0.0, "train/accuracy": 0.0, "lr": 0.1}
    waiting.refresh()
    say(platform, waiting, num_epochs=3, epoch=1, progress_percentage=0.5, stages={"train": {"loss": 0.5}})
    frame = waiting.series()
    assert frame.index.tolist() == [0, 1]
    assert frame["train/loss"].tolist() == [0.0, 0.5]
    assert (waiting.refresh().progress.operation, waiting.progress.value) == ("epoch", 1.0)
    assert waiting.info.progress[1].fraction == 0.5
    with jt.connect(tracker.address) as other:
        assert other.runs.get(waiting.id).series()["train/loss"].tolist() == [0.0, 0.5]
    events = waiting.events()
    assert [event.kind for event in events] == ["created", "queued", "followed"]
    assert "begin" in events[-1].message
    shown = {each.operation: each.note for each in tracker.capabilities()}
    assert "begin when following" in shown["metrics.read"]


def test_points_can_be_read_on_from_a_cursor(tracker, platform, waiting):
    metrics = tracker.backend.metrics
    say(platform, waiting, loss=3)
    first = tracker.drive(metrics.read(waiting.id, None, None))
    say(platform, waiting, loss=2)
    say_again = tracker.drive(metrics.read(waiting.id, None, first.cursor))
    assert [(list(block.steps), list(block.values[0])) for block in say_again.blocks] == [([1], [2.0])]
    assert not tracker.drive(metrics.read(waiting.id, None, say_again.cursor)).blocks
    with pytest.raises(InvalidInput, match="cursor"):
        tracker.drive(metrics.read(waiting.id, None, "garbage"))


def test_events_keep_their_numbers_when_following_began_in_the_middle(tracker, platform, waiting):
    before = waiting.events()
    job(platform, waiting).update(status="Active", start_time="2099-01-01T00:00:00.000000Z")
    job(platform, waiting).update(status="Complete", completion_time="2099-01-01T00:00:01.000000Z")
    after = waiting.events()
    assert after[: len(before)] == before
    assert [event.kind for event in after] == ["created", "queued", "followed", "started", "ended"]


def test_statistics_are_written_with_zeros_and_what_json_cannot_hold_as_text(tracker, platform, waiting):
    waiting.log({"train/loss": 0.0, "lr": float("nan")}, step=0)
    assert job(platform, waiting)["statistics"] == {"stages": {"train": {"loss": 0.0}}, "lr": "NaN", "epoch": 0}
    waiting.log({"train/acc": 0.5}, step=1)
    waiting.set_progress(1, 10, operation="epoch")
    waiting.set_progress(5, 10)
    assert job(platform, waiting)["statistics"]["stages"] == {"train": {"loss": 0.0, "acc": 0.5}}
    assert job(platform, waiting)["statistics"]["progress_percentage"] == 0.5
    assert waiting.series(["train/loss"]).index.tolist() == [0, 1]
    with pytest.raises(InvalidMetric, match="'loss'"):
        waiting.log({"loss": "low"})
    with pytest.raises(InvalidInput, match="final value"):
        waiting.set_progress(1)


def test_the_code_of_a_job_finds_its_run(tracker, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code = """
import jupyter_tracker as jt
run = jt.current_run()
run.log({"loss": 0.25}, step=3)
print(run.params["lr"])
"""
    run = tracker.runs.submit("digits", code=code, params={"lr": 0.1}).wait(60)
    assert run.state is RunState.SUCCEEDED, str(run.logs())
    assert dict(run.metrics) == {"loss": 0.25}
    assert run.series().index.tolist() == [3]
    assert [line.text for line in run.logs()] == ["0.1"]


def test_models_are_listed_by_job_definition_and_downloaded(tracker, platform, waiting, tmp_path):
    (tmp_path / "weights").write_bytes(b"123")
    parameters = {"training_job_id": waiting.id, "description": "good", "metrics": {"acc": 1}}
    for _ in range(2):
        tracker.native.create_training_model(ORGANIZATION, "digits", tmp_path / "weights", parameters)
    (latest,) = tracker.models.list()
    assert (latest.label, latest.run_id, latest.summary, latest.metrics) == (
        "digits@2.0.0",
        waiting.id,
        "good",
        {"acc": 1.0},
    )
    assert [each.label for each in tracker.models.list("DIG%", versions=True)] == ["digits@1.0.0", "digits@2.0.0"]
    assert tracker.models.list("word%") == []
    assert (tracker.models.download("digits@1.0.0", tmp_path / "back") / "weights").read_bytes() == b"123"
    assert tracker.models.archive("digits").label == "digits@2.0.0"
    assert [each.label for each in tracker.models.list(lifecycle="archived")] == ["digits@2.0.0"]
    tracker.models.unarchive("digits@2.0.0")
    with pytest.raises(NotFound, match="Did you mean"):
        tracker.models.get("digit@9")


def test_variables_are_those_of_the_newest_version(tracker, train):
    tracker.native.create_training_job_definition(ORGANIZATION, "digits")
    for value in ("1", "2"):
        tracker.native.create_training_job_definition_version(
            ORGANIZATION, "digits", [str(train)], "train:handler", environment={"WORKERS": value}
        )
    assert tracker.variables.get("WORKERS", experiment="digits").value == "2"
    assert tracker.variables.list() == []
    with pytest.raises(Unsupported, match=r"variables\.update"):
        tracker.variables.update("WORKERS", "3", experiment="digits")


def test_archived_ones_leave_the_lists_and_come_back(tracker, waiting):
    tracker.runs.archive(waiting.id)
    assert tracker.runs.list() == []
    assert [each.id for each in tracker.runs.list(lifecycle="archived")] == [waiting.id]
    tracker.runs.unarchive(waiting.id)
    assert [each.id for each in tracker.runs.list()] == [waiting.id]


def test_many_jobs_are_listed_page_by_page(tracker, platform, waiting, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.backends.abeja.organization.PAGE", 3)
    for number in range(9):
        tracker.runs.submit("digits", code=tracker.sources.get("digits"), name=f"r{number}")
    assert len(tracker.runs.list()) == 10
    assert len({request.query for request in sent(platform, "GET", "/jobs")}) >= 4


@pytest.mark.parametrize(("token", "answer"), [("wrong", None), (TOKEN, Answer({"error_description": "expired"}, 401))])
def test_wrong_or_expired_credentials_say_where_they_come_from(tracker, platform, monkeypatch, token, answer):
    monkeypatch.setenv("ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN", token)
    if answer:
        platform.fail(answer)
    with pytest.raises(NotAuthenticated, match="ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN") as caught:
        tracker.experiments.list()
    assert "Basic" not in repr(caught.value)


def test_without_credentials_nothing_is_sent(tracker, platform, monkeypatch):
    monkeypatch.delenv("ABEJA_PLATFORM_USER_ID")
    with pytest.raises(ConfigError, match="ABEJA_PLATFORM_USER_ID"):
        tracker.experiments.list()
    assert platform.requests == []


def test_a_datasource_is_a_third_way_to_sign_in(tracker, platform, monkeypatch):
    monkeypatch.delenv("ABEJA_PLATFORM_USER_ID")
    monkeypatch.setenv("ABEJA_PLATFORM_DATASOURCE_ID", "77")
    monkeypatch.setenv("ABEJA_PLATFORM_DATASOURCE_SECRET", "secret")
    with pytest.raises(NotAuthenticated):
        tracker.experiments.list()
    import base64

    assert (
        platform.requests[0].headers["authorization"] == "Basic " + base64.b64encode(b"datasource-77:secret").decode()
    )


def test_a_run_that_fails_in_the_queue_has_neither_log_nor_result(tracker, platform, train):
    platform.queue_fails = True
    run = tracker.runs.submit("digits", code=train).wait(10)
    assert run.state is RunState.FAILED
    assert run.logs() == []
    assert run.artifacts() == []


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_job_is_never_created_twice_after_a_failure_of_the_platform(tracker, platform, waiting, status):
    # The SDK of ABEJA repeats POST after these.
    platform.fail(Answer({"error": "oops"}, status), times=5, where=lambda request: request.path.endswith("/jobs"))
    before = len(sent(platform, "POST", "/jobs"))
    with pytest.raises(PlatformFailure, match="oops"):
        tracker.runs.submit("digits", code=tracker.sources.get("digits"))
    assert len(sent(platform, "POST", "/jobs")) == before + 1


def test_an_upload_that_is_cut_in_the_middle_is_told_and_makes_no_second_version(tracker, platform, train):
    platform.fail(None, times=5, where=lambda request: request.path.endswith("/versions") and request.method == "POST")
    with pytest.raises(Unreachable, match="may have been carried out"):
        tracker.runs.submit("digits", code=train)
    assert len(sent(platform, "POST", "/versions")) == 1


def test_too_many_requests_are_waited_for(platform):
    with stand_ins.abeja(platform) as address, jt.connect(address) as tracker:
        platform.fail(Answer({"error": "slow down"}, 429, {"Retry-After": "0.3"}))
        began = time.monotonic()
        assert tracker.experiments.list() == []
        assert time.monotonic() - began >= 0.3


def test_an_expired_signed_url_is_asked_for_anew_and_never_sees_the_credentials(tracker, platform, train, tmp_path):
    run = tracker.runs.submit("digits", code=train).wait(60)
    expired = Answer(b"<Error><Message>Request has expired</Message></Error>", 403)
    platform.fail(expired, where=lambda request: request.path.startswith("/signed/"))
    assert run.download_artifact("model.txt", tmp_path / "back").read_text() == "weights"
    signed = [request for request in platform.requests if request.path.startswith("/signed/")]
    assert len(signed) == 2
    assert all("authorization" not in request.headers for request in signed)
    platform.fail(expired, times=3, where=lambda request: request.path.startswith("/signed/"))
    with pytest.raises(PermissionDenied) as caught:
        tracker.native.download_training_result(ORGANIZATION, "digits", run.id, tmp_path / "result.zip")
    assert "signature" not in str(caught.value)


def hostile(name, mode=0o644):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, "/etc/passwd")
        archive.writestr("fine.log", "fine")
    return data.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        hostile("../../out"),
        hostile("/etc/out"),
        hostile("link", stat.S_IFLNK | 0o777),
        hostile("c:\\out"),
        b"no archive",
    ],
    ids=["up", "absolute", "link", "drive", "none"],
)
def test_a_result_with_hostile_paths_is_not_opened(tracker, platform, train, tmp_path, content):
    run = tracker.runs.submit("digits", code=train).wait(60)
    platform.blobs[run.id] = content
    for use in (run.artifacts, run.logs, lambda: run.download_artifact("fine.log", tmp_path / "back")):
        with pytest.raises(PlatformFailure, match="archive"):
            use()
    assert not (tmp_path / "back").exists()


def test_unknown_states_and_fields_and_missing_ones_are_read(tracker, platform, waiting):
    job(platform, waiting).update(status="Hibernating", environment=None, statistics=["odd"], creator=3, start_time="x")
    found = tracker.runs.get(waiting.id)
    assert (found.state, found.info.native_state) == (RunState.UNKNOWN, "Hibernating")
    assert dict(found.params) == {}
    assert found.series().empty


def test_empty_bodies_are_read(tracker, platform):
    platform.fail(Answer(None))
    assert tracker.experiments.list() == []
    platform.fail(Answer(b"<html>login</html>", 200, {"Content-Type": "text/html"}))
    with pytest.raises(PlatformFailure, match="no JSON"):
        tracker.experiments.list()


@pytest.mark.parametrize("answer", [Answer(None), Answer({}), Answer(b"<html>", 200, {"Content-Type": "text/html"})])
def test_an_empty_answer_to_what_makes_something_is_told_and_not_repeated(tracker, platform, waiting, train, answer):
    train.write_text("def handler(_):\n    return 2\n")
    for ending in ("/versions", "/jobs"):
        platform.fail(answer, where=lambda one, end=ending: one.method == "POST" and one.path.endswith(end))
        before = len(sent(platform, "POST", ending))
        with pytest.raises(PlatformFailure, match=r"nothing at all.*look before you repeat it|no JSON"):
            tracker.runs.submit("digits", code=train)
        assert len(sent(platform, "POST", ending)) == before + 1


@pytest.mark.parametrize("name", ["a/b", "a b", "a?b", "a#b", "50%", "..", "."])
def test_a_name_that_would_break_a_path_is_refused_before_anything_is_sent(tracker, platform, name):
    with pytest.raises(InvalidInput, match="name"):
        tracker.experiments.create(name)
    assert platform.requests == []


def test_a_wrong_instance_type_is_refused_before_anything_is_sent(tracker, platform):
    for instance_type in ("cpu", "tpu-1", "gpu:e-1", "cpu-x"):
        with pytest.raises(InvalidInput, match="instance type"):
            tracker.native.create_training_job(ORGANIZATION, "digits", 1, instance_type=instance_type)
    assert platform.requests == []


def test_what_the_platform_cannot_do_with_a_run_is_refused_before_anything_is_sent(tracker, platform, train, tmp_path):
    for options, said in (
        ({"data": tmp_path}, "datasets"),
        ({"timeout": 60}, "no time limit"),
        ({"resources": {"gpu": 1}}, "instance_type"),
    ):
        with pytest.raises(InvalidInput, match=said):
            tracker.runs.submit("digits", code=train, **options)
    with pytest.raises(Unsupported):
        tracker.experiments.create("digits", description="handwritten")
    assert platform.requests == []


def test_an_address_that_cannot_be_read_says_how_to_write_it(monkeypatch):
    monkeypatch.setenv("ABEJA_ORGANIZATION_ID", "141")
    assert read_settings("abeja://").organization == "141"
    assert base_url({}) == "https://api.abeja.io"
    for address, said in (("abeja://1/2", "abeja://ORGANIZATION"), ("abeja://1?imag=x", "Did you mean 'image'")):
        with pytest.raises(ConfigError, match=said):
            read_settings(address)
    with pytest.raises(ConfigError, match="ABEJA_API_URL"):
        base_url({"ABEJA_API_URL": "ftp://host"})
