"""What a server may answer, and what people see then. The stand-in is told to fail."""

from __future__ import annotations

import json
import math
import socket

import pytest

import jupyter_tracker as jt
from jupyter_tracker.backends.remote.retry import Retry
from jupyter_tracker.errors import (
    Conflict,
    InvalidInput,
    InvalidMetric,
    InvalidParams,
    NotAuthenticated,
    NotFound,
    PermissionDenied,
    PlatformFailure,
    RateLimited,
    Unreachable,
    Unsupported,
)
from jupyter_tracker.models import RunKind, RunState
from tests.platforms.databricks import TOKEN
from tests.platforms.standin import Answer

HTML = Answer(b"<!doctype html><title>502</title><h1>Bad gateway</h1>", 502, {"Content-Type": "text/html"})
RUN = f"{1:032x}"


@pytest.fixture
def tracker(databricks):
    with jt.connect(f"mlflow+{databricks.url}") as client:
        yield client


@pytest.fixture
def hurried(tracker):
    """A client that waits half a second at most."""
    hurry(tracker, 0.5)
    return tracker


def hurry(client, limit):
    client.backend.native._server.service.retry = Retry(first=0.01, limit=limit)


def paths(databricks):
    return [request.path.rpartition("/mlflow/")[2] for request in databricks.requests]


def test_a_server_that_is_away_is_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"mlflow+http://127.0.0.1:{free.getsockname()[1]}"
    with jt.connect(address) as client:
        hurry(client, 0.1)
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1 gave no answer"):
            client.experiments.list()


def test_a_slow_server_is_given_up_after_the_time_that_the_environment_says(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "0.2")
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, jt.connect(f"mlflow+http://127.0.0.1:{silent.getsockname()[1]}") as client:
        hurry(client, 0.0)
        with pytest.raises(Unreachable, match=r"timed out|ReadTimeout"):
            client.native.create_run(experiment_id="1")


def test_pages_of_html_never_reach_people(databricks, hurried):
    databricks.fail(HTML, times=9)
    with pytest.raises(PlatformFailure) as caught:
        hurried.experiments.create("words")
    assert "<" not in str(caught.value)
    assert "HTTP 502" in str(caught.value)


def test_html_with_a_good_status_is_no_server(databricks, tracker):
    databricks.fail(Answer(b"<html>sign in</html>", 200, {"Content-Type": "text/html"}))
    with pytest.raises(PlatformFailure, match=r"no JSON \(text/html.*address"):
        tracker.experiments.list()


def test_credentials_that_are_wrong_are_told_with_what_to_set(databricks, tracker):
    databricks.token = "another"
    with pytest.raises(NotAuthenticated, match="MLFLOW_TRACKING_TOKEN") as caught:
        tracker.experiments.list()
    assert TOKEN not in str(caught.value)


def test_what_is_not_allowed_is_told_in_the_words_of_the_server(databricks, tracker):
    databricks.fail(Answer({"error_code": "PERMISSION_DENIED", "message": "Ada may not edit this."}, 403))
    with pytest.raises(PermissionDenied, match="Ada may not edit this"):
        tracker.experiments.create("words")


def test_an_error_is_what_its_code_says_whatever_the_status_is(databricks, tracker):
    databricks.fail(Answer({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "gone"}, 400))
    with pytest.raises(NotFound, match="gone"):
        tracker.native.get_run(run_id=RUN)


@pytest.mark.parametrize("headers", [{"Retry-After": "0"}, {}])
def test_a_busy_server_is_asked_again(databricks, hurried, headers):
    databricks.fail(Answer({"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "slow down"}, 429, headers), times=2)
    assert [found.name for found in hurried.experiments.list()] == ["digits"]


def test_a_server_that_stays_busy_is_told(databricks, hurried):
    databricks.fail(Answer({"error_code": "REQUEST_LIMIT_EXCEEDED", "message": "slow down"}, 429, {"Retry-After": "9"}))
    with pytest.raises(RateLimited, match="slow down"):
        hurried.experiments.list()


def test_a_failure_in_the_middle_of_the_pages_is_passed_over(databricks, hurried):
    databricks.page = 1
    failing = Answer({"error_code": "INTERNAL_ERROR", "message": "oops"}, 500)
    databricks.fail(
        failing, where=lambda request: request.path.endswith("runs/search") and "page_token" in request.json
    )
    assert [run.name for run in hurried.runs.list()] == ["r3", "r2", "r1"]


def test_a_page_token_that_repeats_is_no_endless_loop(databricks, tracker):
    entry = databricks.runs[RUN]
    databricks.fail(
        Answer({"runs": [entry], "next_page_token": "again"}),
        times=5,
        where=lambda request: request.path.endswith("runs/search"),
    )
    with pytest.raises(PlatformFailure, match="same page token twice"):
        tracker.runs.list()
    databricks.fail(Answer({"metrics": [], "next_page_token": "again"}), times=3)
    with pytest.raises(PlatformFailure, match="same page token twice"):
        tracker.native.get_history("loss", run_id=RUN)


def test_json_that_is_cut_off_is_told(databricks, tracker):
    databricks.fail(Answer(b'{"experiments": [{"exper', 200, {"Content-Type": "application/json"}))
    with pytest.raises(PlatformFailure, match="no JSON"):
        tracker.experiments.list()
    databricks.fail(Answer(b"[1, 2]", 200, {"Content-Type": "application/json"}))
    with pytest.raises(PlatformFailure, match="no object"):
        tracker.experiments.list()


def test_nan_and_infinities_go_as_the_text_of_the_protocol_and_come_back(databricks, tracker):
    run = tracker.runs.get("r1")
    run.log({"a": math.nan, "b": math.inf, "c": -math.inf}, step=1)
    sent = databricks.requests[-1].json["metrics"]
    assert [point["value"] for point in sent] == ["NaN", "Infinity", "-Infinity"]
    databricks.history[RUN, "b"].append({"key": "b", "value": 1.7976931348623157e308, "timestamp": 5, "step": 2})
    found = {key: run.series([key])[key].tolist() for key in "abc"}
    assert (found["b"], found["c"]) == ([math.inf, math.inf], [-math.inf])
    assert math.isnan(found["a"][0])
    assert math.isnan(tracker.runs.get("r1").metrics["a"])


def test_what_is_not_there_is_not_found(tracker):
    for reference in ("f" * 32, "nothing", "r1'; DROP TABLE"):
        with pytest.raises(NotFound):
            tracker.runs.get(reference)
    with pytest.raises(NotFound, match="Did you mean 'digits'"):
        tracker.runs.list("digit")


def test_names_with_slashes_and_spaces_are_metrics_params_and_tags(databricks, tracker):
    run = tracker.runs.get("r1")
    run.log({"val/top 5": 1.0})
    run.log_params({"model/depth": 3})
    run.set_tags({"a b/c": "d"})
    assert run.series()["val/top 5"].tolist() == [1.0]
    assert (run.params["model/depth"], run.tags["a b/c"]) == (3, "d")


@pytest.mark.parametrize("key", ["a'b", "../up", "a//b", "/top", "x" * 251])
def test_a_name_that_no_server_takes_is_refused_before_anything_is_sent(databricks, tracker, key):
    run = tracker.runs.get("r1")
    count = len(databricks.requests)
    with pytest.raises((InvalidMetric, InvalidParams, InvalidInput)):
        run.log_params({key: 1})
    with pytest.raises(InvalidInput):
        run.set_tags({key: "x"})
    assert len(databricks.requests) == count


def test_a_value_beyond_the_limits_is_refused_rather_than_cut(databricks, tracker):
    run = tracker.runs.get("r1")
    with pytest.raises(InvalidParams, match="'text' has 6,001 characters; the server keeps 6,000"):
        run.log_params({"text": "x" * 6001})
    with pytest.raises(InvalidInput, match="'text' has 8,001 characters"):
        run.set_tags({"text": "x" * 8001})


def test_an_operation_that_a_server_lacks_is_found_out_once(databricks, tracker):
    databricks.unknown = Answer(b"<!doctype html><h1>Not Found</h1>", 404, {"Content-Type": "text/html"})
    for _ in range(3):
        with pytest.raises(Unsupported, match="delete_experiment_tag"):
            tracker.native.delete_experiment_tag("1", "team")
    assert paths(databricks).count("experiments/delete-experiment-tag") == 1


def test_an_address_without_a_server_behind_it_is_told(databricks):
    databricks.unknown = Answer(b"<h1>Not Found</h1>", 404, {"Content-Type": "text/html"})
    with (
        jt.connect(f"mlflow+{databricks.url}/elsewhere") as client,
        pytest.raises(PlatformFailure, match="no MLflow server"),
    ):
        client.experiments.list()


def test_an_old_server_without_the_search_of_experiments_is_told(databricks, tracker):
    missing = Answer(b"<h1>Not Found</h1>", 404, {"Content-Type": "text/html"})
    databricks.fail(missing, times=2, where=lambda request: request.path.endswith("experiments/search"))
    with pytest.raises(PlatformFailure, match=r"older than 1\.28"):
        tracker.experiments.list()


def test_states_and_fields_that_are_unknown_do_no_harm(databricks, tracker):
    databricks.runs[RUN]["info"].update(status="PAUSED", start_time="soon", invented=[1])
    databricks.runs[RUN]["data"] = {"params": None, "metrics": [{"key": "x", "value": "strange"}]}
    found = tracker.runs.get(RUN)
    assert (found.state, found.info.native_state, found.created_at) == (RunState.UNKNOWN, "PAUSED", None)
    assert math.isnan(found.metrics["x"])
    assert found.info.kind is RunKind.IN_KERNEL


def test_a_run_of_others_is_read_written_and_stopped(databricks, tracker, tmp_path):
    run = tracker.runs.get("r1")
    run.log({"loss": 0.5})
    run.log({"loss": 0.25})
    assert run.series().index.tolist() == [0, 1]
    run.log_params({"lr": 0.1})
    with pytest.raises(Conflict, match=r"'lr' is 0\.1 already"):
        run.log_params({"lr": 0.2})
    run.set_progress(3, 30, operation="epoch")
    assert str(run.refresh().progress) == "epoch 3 of 30"
    run.log_classification(labels=["cat", "dog"], matrix=[[1, 2], [3, math.nan]])
    assert run.classification().confusion_matrix.to_numpy()[0].tolist() == [1, 2]
    with pytest.raises(Conflict, match="started elsewhere"):
        run.log_event("hello")
    assert [event.kind for event in run.events()] == ["created", "started"]
    assert run.stop().state is RunState.STOPPED
    assert databricks.runs[RUN]["info"]["status"] == "KILLED"
    with pytest.raises(Conflict, match="ended already"):
        run.stop()
    with pytest.raises(Conflict, match="has ended"):
        run.log({"loss": 1.0})
    assert [event.kind for event in run.events(follow=True)] == ["created", "started", "ended"]


def test_files_go_to_signed_urls_without_the_token(databricks, tracker, tmp_path):
    run = tracker.runs.get("r1")
    (tmp_path / "out" / "deep").mkdir(parents=True)
    (tmp_path / "out" / "deep" / "a.txt").write_text("a")
    run.log_artifact(tmp_path / "out")  # the stand-in asserts that no token comes along
    assert [artifact.path for artifact in run.artifacts()] == ["out/deep/a.txt"]
    copy = run.download_artifact("out", tmp_path / "back")
    assert (copy / "deep" / "a.txt").read_text() == "a"
    sent = [request for request in databricks.requests if request.path.startswith("/signed/")]
    assert all(request.headers["x-signed"] == "yes" for request in sent)


def test_a_file_name_that_leads_out_of_the_folder_is_not_downloaded(databricks, tracker, tmp_path):
    files = [{"path": "../../evil", "is_dir": False}, {"path": "/etc/evil", "is_dir": False}]
    databricks.fail(Answer({"files": files}), times=2, where=lambda request: request.path.endswith("artifacts/list"))
    assert tracker.runs.get("r1").artifacts() == []
    with pytest.raises(NotFound):
        tracker.runs.get("r1").download_artifact("evil", tmp_path)


def test_artifacts_in_a_bucket_that_only_clients_reach_are_told(databricks, tracker, tmp_path):
    databricks.runs[RUN]["info"]["artifact_uri"] = "s3://bucket/secret-path"
    (tmp_path / "a").write_text("a")
    with pytest.raises(jt.TrackerError, match=r"lie at s3://bucket….*--serve-artifacts"):
        tracker.runs.get("r1").log_artifact(tmp_path / "a")


def test_batches_keep_the_limits_by_being_split(databricks, tracker):
    # Databricks `log_batch`: 1000 metrics, 100 params, 100 tags, 1 MB.
    params = {f"p{number}": "x" * 250 for number in range(250)}
    tags = {f"t{number}": "ü" * 250 for number in range(150)}
    with tracker.runs.start("digits", params=params, tags=tags) as run:
        for step in range(3):
            run.log({f"{'m' * 240}{number}": float(step) for number in range(900)})
    batches = [request for request in databricks.requests if request.path.endswith("runs/log-batch")]
    assert max(len(request.body) for request in batches) <= 1_000_000
    assert max(len(request.json.get("metrics", [])) for request in batches) <= 1000
    assert len(databricks.runs[run.id]["data"]["params"]) == 250
    assert len(databricks.history[run.id, f"{'m' * 240}899"]) == 3


def test_what_elsewhere_was_started_with_this_package_looks_the_same(databricks, tracker, monkeypatch, tmp_path):
    params = {"lr": 0.1, "name": "0.10", "layers": [1, None]}
    run = tracker.runs.start("digits", name="mine", params=params)
    run.log_text("one\ntwo\n")
    with pytest.raises(ValueError, match="no"), run:
        raise ValueError("no")
    monkeypatch.setenv("JUPYTER_TRACKER_HOME", str(tmp_path / "another-machine"))
    with jt.connect(f"mlflow+{databricks.url}") as client:
        found = client.runs.get("mine")
        assert (found.state, found.info.reason) == (RunState.FAILED, "ValueError: no")
        assert dict(found.params) == params
        assert [line.text for line in found.logs()] == ["one", "two"]
        assert [line.text for line in found.logs(tail=1)] == ["two"]
        assert found.logs(after=found.logs()[0].cursor)[0].text == "two"
        assert [event.kind for event in found.events()] == ["created", "started", "ended"]
        assert json.loads(json.dumps(dict(found.tags))) == {}
