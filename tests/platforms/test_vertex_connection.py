"""Vertex AI: logging in the background, signing in, files."""

from __future__ import annotations

import sys
import threading

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import (
    ConfigError,
    Conflict,
    InvalidInput,
    NotAuthenticated,
    RemoteError,
)
from jupyter_tracker.models import RunState
from tests.platforms.google import service_account
from tests.platforms.standin import Answer
from tests.platforms.vertex_standin import problem


@pytest.fixture
def address(vertex):
    return vertex.address


@pytest.fixture
def native(tracker):
    """The documented operations, with an experiment and a run."""
    tracker.experiments.create("digits")
    tracker.native.create("digits", "first")
    return tracker.native


# Logging in the background


def test_logging_sends_nothing_by_itself_and_reading_sees_all(vertex, tracker):
    run = tracker.runs.start("digits")
    before = len(vertex.requests)
    for step in range(100):
        run.log({"loss": step})
    assert len(vertex.requests) <= before + 8  # at most one portion went out meanwhile
    assert len(run.series()) == 100


def test_a_failure_of_the_background_reaches_the_code_and_the_points_are_kept(vertex, tracker):
    run = tracker.runs.start("digits")
    run.log({"loss": 1.0})
    refusal = problem("PERMISSION_DENIED", "tensorboard is not yours").answer
    vertex.fail(refusal, where=lambda one: one.path.endswith(":write"))
    with pytest.raises(RemoteError, match="tensorboard is not yours"):
        run.series()
    assert run.series()["loss"].tolist() == [1.0]


def test_a_run_that_was_stopped_elsewhere_takes_no_more(address, tracker):
    run = tracker.runs.start("digits")
    run.log({"loss": 1.0})
    with jt.connect(address) as other:
        assert other.runs.stop(run.id).state is RunState.STOPPED
    run.refresh()
    with pytest.raises(Conflict, match="ended"):
        run.log({"loss": 2.0})
    assert run.end().state is RunState.STOPPED
    assert run.series()["loss"].tolist() == [1.0]


def test_threads_share_a_run(tracker):
    run = tracker.runs.start("digits")
    threads = [threading.Thread(target=lambda: [run.log({"x": 1.0}) for _ in range(200)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert run.series().index.tolist() == list(range(800))


# Signing in


def test_a_service_account_signs_in_where_its_key_says(vertex, address, tmp_path, monkeypatch):
    monkeypatch.delenv("CLOUDSDK_AUTH_ACCESS_TOKEN")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(service_account(tmp_path, vertex.url)))
    with jt.connect(address) as tracker:
        tracker.experiments.create("digits")
        assert [one.path for one in vertex.requests].count("/token") == 1
        vertex.fail(problem("UNAUTHENTICATED", "expired").answer, where=lambda one: one.path != "/token")
        tracker.experiments.get("digits")
        assert [one.path for one in vertex.requests].count("/token") == 2


def test_a_key_that_the_token_service_refuses_is_told_without_it(vertex, address, tmp_path, monkeypatch):
    monkeypatch.delenv("CLOUDSDK_AUTH_ACCESS_TOKEN")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(service_account(tmp_path, vertex.url)))
    vertex.fail(Answer({"error": "invalid_grant"}, 400), times=9, where=lambda one: one.path == "/token")
    with (
        jt.connect(address) as tracker,
        pytest.raises(NotAuthenticated, match="gcloud auth application-default") as caught,
    ):
        tracker.runs.list()
    assert "PRIVATE" not in str(caught.value)


def test_without_google_auth_it_is_told_what_to_install(address, monkeypatch):
    monkeypatch.delenv("CLOUDSDK_AUTH_ACCESS_TOKEN")
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with jt.connect(address) as tracker, pytest.raises(ConfigError, match=r'pip install "jupyter_tracker\[vertex\]"'):
        tracker.runs.list()


def test_project_and_location_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "my-project")
    monkeypatch.setenv("CLOUD_ML_REGION", "europe-west4")
    assert jt.connect("vertex").backend.location == "my-project/europe-west4"
    assert jt.connect("vertex://other").backend.location == "other/europe-west4"
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT")
    with pytest.raises(ConfigError, match="GOOGLE_CLOUD_PROJECT"):
        jt.connect("vertex")
    assert jt.connect("vertex://p").backend.transport.pace == 2.0
    with pytest.raises(ConfigError, match="poll is a number of seconds"):
        jt.connect("vertex://p?poll=often")
    with pytest.raises(ConfigError, match="Did you mean 'tensorboard'"):
        jt.connect("vertex://p/us-central1?tensorbord=1")


def test_a_large_file_goes_up_in_a_session_of_its_own(vertex, tracker, tmp_path, monkeypatch):
    monkeypatch.setattr("jupyter_tracker.backends.vertex.storage.SMALL", 1000)
    (tmp_path / "big.bin").write_bytes(bytes(5000))
    with tracker.runs.start("digits") as run:
        run.log_artifact(tmp_path / "big.bin")
    assert run.download_artifact("big.bin", tmp_path / "back").read_bytes() == bytes(5000)
    assert [one.value("uploadType") for one in vertex.requests if one.path.startswith("/upload")] == ["resumable"]
    (upload,) = [one for one in vertex.requests if one.path.startswith("/resumable")]
    assert "authorization" not in upload.headers


def test_an_object_that_is_no_model_is_refused(native):
    with pytest.raises(InvalidInput, match="no model of scikit-learn, XGBoost or TensorFlow"):
        native.log_model("digits", "first", object(), uri="gs://models/x")


def test_a_job_goes_on_with_the_run_that_it_was_started_for(tracker, native, monkeypatch):
    native.log_params("digits", "first", {"lr": 0.1})
    first = tracker.runs.get("digits-first")
    first.log({"loss": 1.0}, step=7)
    assert len(first.series()) == 1  # it is written now
    native.end_run("digits", "first", state="FAILED")
    monkeypatch.setenv("AIP_EXPERIMENT_NAME", "digits")
    monkeypatch.setenv("AIP_EXPERIMENT_RUN_NAME", "first")
    with jt.connect(tracker.address) as job, job.runs.start("digits", params={"epochs": 3}) as run:
        assert (run.id, run.state) == ("digits-first", RunState.RUNNING)
        run.log({"loss": 0.5})
    assert run.state is RunState.SUCCEEDED
    assert dict(run.params) == {"lr": 0.1, "epochs": 3}
    assert tracker.runs.get("digits-first").series().index.tolist() == [7, 8]
