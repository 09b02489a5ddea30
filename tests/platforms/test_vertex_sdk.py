"""Vertex AI: the official SDK and the project read what the other writes, and send the same requests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sklearn.linear_model import LinearRegression

import jupyter_tracker as jt
from jupyter_tracker.models import RunState
from tests.platforms import sdk
from tests.platforms.standin import Request
from tests.platforms.vertex_script import SCRIPT
from tests.platforms.vertex_series import VertexAI
from tests.platforms.vertex_standin import TOKEN, related

REQUIREMENTS = ("google-cloud-aiplatform==1.165.1", "pandas", "pyyaml", "scikit-learn")
L = "projects/p/locations/us-central1"
S = f"{L}/metadataStores/default"
BOARD = f"{L}/tensorboards/1"
PIPELINE, CUSTOM = f"{L}/pipelineJobs/pipe-1", f"{L}/customJobs/job-1"
MATRIX = {"labels": ["cat", "dog"], "matrix": [[9, 1], [2, 8]]}
CURVE = {"fpr": [0.0, 0.5, 1.0], "tpr": [0.0, 0.9, 1.0], "threshold": [0.9, 0.5, 0.1]}


def furnished() -> VertexAI:
    """A project with a Tensorboard, a bucket and two jobs."""
    platform = VertexAI()
    platform.resources[BOARD] = {"name": BOARD, "displayName": "board", "createTime": platform.now(), "etag": "1"}
    platform.buckets["models"] = {}
    context = f"{S}/contexts/pipe-1"
    platform.resources[context] = {
        "name": context, "etag": "1", "schemaTitle": "system.PipelineRun", "displayName": "pipe-1",
        "createTime": platform.now(),
    }  # fmt: skip
    detail = {"pipelineRunContext": {"name": context}}
    platform.resources[PIPELINE] = {"name": PIPELINE, "displayName": "pipe-1", "state": 4, "jobDetail": detail}
    platform.resources[CUSTOM] = {"name": CUSTOM, "displayName": "job-1", "state": 4, "jobSpec": {}}
    return platform


@pytest.fixture(scope="module")
def proof(sdk_folder) -> Any:
    """Our runs on a stand-in, then the SDK on the same one: what it saw, its requests, and ours for the same."""
    with pytest.MonkeyPatch.context() as patch, furnished().serving() as platform, furnished().serving() as second:
        patch.setenv("CLOUDSDK_AUTH_ACCESS_TOKEN", TOKEN)
        patch.setenv("JUPYTER_TRACKER_KEYRING", "0")
        patch.setenv("STORAGE_EMULATOR_HOST", platform.url)
        address = f"vertex://p/us-central1?endpoint={platform.url}&tensorboard={BOARD}&bucket=gs://models"
        with jt.connect(address) as tracker:
            shared = ours(tracker, platform)
            python = sdk.environment(sdk_folder, REQUIREMENTS)
            asked = {"url": platform.url, "board": BOARD, "token": TOKEN, "shared": shared}
            before = len(platform.requests)
            found = sdk.run(python, SCRIPT, asked, {"STORAGE_EMULATOR_HOST": platform.url}, limit=240)
            theirs = platform.requests[before:]
            patch.setenv("STORAGE_EMULATOR_HOST", second.url)
            with jt.connect(f"vertex://p/us-central1?endpoint={second.url}&tensorboard={BOARD}") as other:
                same_operations(other, second)
            yield tracker, found, theirs, second.requests


def ours(tracker, platform) -> str:
    """A run through the documented operations, and one through the shared model."""
    tracker.experiments.create("digits")
    native = tracker.native
    native.create("digits", "ours", tensorboard=BOARD)
    native.log_params("digits", "ours", {"lr": 0.1, "epochs": 3, "model": "resnet"})
    native.log_metrics("digits", "ours", {"acc": 0.9})
    native.log_time_series_metrics("digits", "ours", {"loss": 0.5})
    native.log_time_series_metrics("digits", "ours", {"loss": 0.25, "acc": float("nan")}, step=7)
    native.log_classification_metrics("digits", "ours", **MATRIX, **CURVE, display_name="test")
    linear = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    native.log_model("digits", "ours", linear, "model-ours", uri="gs://models/ours", display_name="linear")
    native.log("digits", "ours", pipeline_job="pipe-1")
    name = f"{S}/contexts/digits-ours"
    platform.resources[name]["metadata"]["_custom_jobs"] = [{"custom_job_resource_name": CUSTOM}]
    native.end_run("digits", "ours")
    params = {"lr": 0.1, "layers": [1, 2], "epochs": 3}
    with tracker.runs.start("digits", name="shared", params=params, tags={"team": "vision"}) as run:
        for step in range(30):
            run.log({"loss": 1 / (step + 1)})
        run.log_classification(name="val", labels=["a"], matrix=[[3]])
        run.log_input("mnist", digest="1f", context="training")
        run.log_output("clean", digest="2e", source="gs://data/clean")
    return "shared"


def same_operations(tracker, platform) -> None:
    """What the script does with the SDK."""
    native = tracker.native
    platform.resources[f"{S}/contexts/digits"] = {
        "name": f"{S}/contexts/digits", "etag": "1", "schemaTitle": "system.Experiment", "displayName": "digits",
        "createTime": platform.now(),
        "metadata": {"experiment_deleted": False, "backing_tensorboard_resource": BOARD},
    }  # fmt: skip
    platform.stores.add(f"/v1/{S}")
    platform.resources[f"{BOARD}/experiments/digits"] = {"name": f"{BOARD}/experiments/digits"}  # as our runs left it
    native.create("digits", "first")
    native.log_params("digits", "first", {"lr": 0.1, "epochs": 3, "model": "resnet"})
    native.log_params("digits", "first", {"lr": 0.2})
    native.log_metrics("digits", "first", {"acc": 0.9, "top": 5})
    for step in range(3):
        native.log_time_series_metrics("digits", "first", {"loss": 1.0 / (step + 1)}, step=step + 1)
    native.log_time_series_metrics("digits", "first", {"acc": 0.5})
    native.log_classification_metrics("digits", "first", **MATRIX, **CURVE, display_name="test")
    linear = LinearRegression().fit([[0.0], [1.0]], [0.0, 1.0])
    native.log_model(
        "digits", "first", linear, "model-first", uri="gs://models/first", display_name="linear", input_example=[[0.5]]
    )
    made = f"{S}/executions/1"
    platform.resources[made] = {"name": made, "etag": "1", "schemaTitle": "system.ContainerExecution", "state": 2}
    native.associate_execution("digits", "first", made)
    native.log("digits", "first", pipeline_job="pipe-1")
    native.update_state("digits", "first", "FAILED")
    native.end_run("digits", "first")
    tracker.experiments.create("plain")
    native.create("plain", "bare")
    native.assign_backing_tensorboard("plain", "bare", BOARD)
    native.delete("plain", "bare", delete_backing_tensorboard_run=True)


def test_the_sdk_reads_a_run_of_the_documented_operations(proof):
    _, found, _, _ = proof
    seen = found["ours"]
    assert seen["params"] == {"lr": 0.1, "epochs": 3.0, "model": "resnet"}
    assert seen["metrics"] == {"acc": 0.9}
    assert seen["series"] == {"step": [1, 7], "loss": [0.5, 0.25], "acc": ["nan", "nan"]}
    assert seen["state"] == "COMPLETE"
    assert seen["classification"] == [{"display_name": "test", **MATRIX, **CURVE}]
    assert seen["models"][0][:3] == ["linear", "gs://models/ours", "sklearn"]
    assert found["prediction"] == pytest.approx(2.0)
    assert (seen["pipelines"], seen["custom"]) == ([PIPELINE], [CUSTOM])
    assert seen["artifacts"] == [
        "google.ClassificationMetrics",
        "google.ExperimentModel",
        "google.VertexTensorboardRun",
    ]


def test_the_sdk_reads_a_run_of_the_shared_model(proof):
    _, found, _, _ = proof
    seen = found["shared"]
    assert seen["params"] == {"lr": 0.1, "layers": "[1, 2]", "epochs": 3.0}
    assert seen["metrics"] == {"loss": pytest.approx(1 / 30)}
    assert seen["series"]["step"] == list(range(30))
    assert seen["series"]["loss"] == [1 / (step + 1) for step in range(30)]
    assert (seen["state"], seen["classification"]) == (
        "COMPLETE",
        [{"display_name": "val", "labels": ["a"], "matrix": [[3.0]]}],
    )


def test_a_run_of_the_sdk_is_read_by_the_documented_operations(proof):
    tracker, found, _, _ = proof
    native, seen = tracker.native, found["first"]
    assert native.get_params("digits", "first") == seen["params"] == {"lr": 0.2, "epochs": 3.0, "model": "resnet"}
    assert native.get_metrics("digits", "first") == seen["metrics"]
    frame = native.get_time_series_data_frame("digits", "first").drop(columns="wall_time").astype(object)
    assert frame.where(frame.notna(), "nan").to_dict("list") == seen["series"]
    for name in ("name", "state", "resource_id", "resource_name", "project", "location"):
        assert getattr(native, name)("digits", "first") == seen[name], name
    (kept,) = native.get_classification_metrics("digits", "first")
    assert kept["metadata"]["confusionMatrix"]["rows"] == seen["classification"][0]["matrix"]
    assert sorted(one["schemaTitle"] for one in native.get_artifacts("digits", "first")) == seen["artifacts"]
    assert [one["displayName"] for one in native.get_executions("digits", "first")] == seen["executions"] == ["step"]
    assert [one["uri"] for one in native.get_experiment_models("digits", "first")] == [seen["models"][0][1]]
    assert [one["name"] for one in native.get_logged_pipeline_jobs("digits", "first")] == seen["pipelines"]
    assert [one["name"] for one in native.get_logged_custom_jobs("digits", "ours")] == found["ours"]["custom"]
    assert sorted(one["displayName"] for one in native.list("digits")) == found["listed"]
    assert found["gone"]
    assert native.get("plain", "bare") is None


def test_a_run_of_the_sdk_is_read_by_the_shared_model(proof):
    tracker, _, _, _ = proof
    run = tracker.runs.get("digits-first")
    assert (run.name, run.experiment, run.state) == ("first", "digits", RunState.SUCCEEDED)
    assert dict(run.params) == {"lr": 0.2, "epochs": 3.0, "model": "resnet"}
    assert run.metrics == {"acc": 0.9, "top": 5.0}
    assert run.series()["loss"].dropna().tolist() == [1.0, 1 / 2, 1 / 3]
    assert run.classification("test").confusion_matrix.to_numpy().tolist() == [[9, 1], [2, 8]]
    assert "linear" in [one.path for one in run.artifacts()]


def test_the_sdk_and_the_shared_model_read_the_data_of_a_run_that_the_other_wrote(proof):
    tracker, found, _, _ = proof
    assert (found["inputs"], found["outputs"]) == (["mnist"], [["clean", "gs://data/clean"]])
    run = tracker.runs.get("digits-shared")
    assert [(use.dataset.name, use.context) for use in run.inputs()] == [("mnist", "training"), ("raw", "prepare")]
    assert [each.name for each in run.executions()] == ["prepare"]


def test_both_send_the_same_requests(proof):
    _, _, theirs, ours = proof
    begun = f"/v1/{S}/contexts"
    start = next(
        n for n, one in enumerate(theirs) if one.method == "POST" and one.path == begun and b"first" in one.body
    )
    wanted = [shape(one) for one in theirs[start:] if changes(one)]
    made = [shape(one) for one in ours if changes(one)]
    for number, (one, other) in enumerate(zip(made, wanted, strict=False)):
        assert one == other, number
    assert len(made) == len(wanted)


def changes(request: Request) -> bool:
    """Whether a request changes what belongs to a run.

    Reading differs: the SDK keeps local copies, and reads series by the call that may leave points out. Executions are
    made by another class of the SDK.
    """
    return request.method != "GET" and not request.path.endswith(("/executions", ":exportTensorboardTimeSeries"))


def shape(request: Request) -> Any:
    """All of a request that does not differ from run to run."""
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/related"):
        head, content = related(request.body, kind)
        head.pop("crc32c", None)  # of the SDK's newest versions only
        body: Any = head, content if head["name"].endswith(".pkl") else "…"
    else:
        body = steady(request.json)
    storage = request.path.startswith("/upload")
    headers = (
        []
        if storage
        else [request.headers.get(name) for name in ("authorization", "x-goog-request-params", "content-type")]
    )
    return request.method, request.path, sorted(request.query), headers, body


def steady(body: Any, field: str = "") -> Any:
    """A body without what differs from run to run: times, etags, ids of the server, and the field that is malformed."""
    if isinstance(body, dict):
        left_out = {"etag", "createTime", "updateTime", "wallTime", "tensorboardTimeSeriesId", "parentContexts"}
        if body.get("schemaTitle") == "google.VertexTensorboardRun":
            left_out.add("uri")
        return {key: steady(value, key) for key, value in body.items() if key not in left_out}
    if isinstance(body, list):
        return [steady(value, field) for value in body]
    if field in ("artifacts", "executions") and isinstance(body, str) and not body.endswith(("-tb-run", "model-first")):
        return body.rpartition("/")[0]
    return json.loads(json.dumps(body))
