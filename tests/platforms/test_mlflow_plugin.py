"""Code that logs with `mlflow` into the local store: in its process, through `mlflow server`, as a submitted run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx
import pytest

import jupyter_tracker as jt
from jupyter_tracker.models import RunState
from tests.platforms.mlflow_plugin_script import SCRIPT
from tests.platforms.mlflow_server import serving

pytestmark = pytest.mark.timeout(400)

SCRIPT_LIMIT = 200.0


def with_mlflow(address, code=SCRIPT, **variables):
    """Run code that logs with mlflow to an address; the result is what its last line holds as JSON."""
    environment = {**os.environ, "MLFLOW_TRACKING_URI": address, "MLFLOW_DISABLE_TELEMETRY": "true", **variables}
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SCRIPT_LIMIT,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
    return json.loads(ended.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    # A folder that an address has to quote.
    return tmp_path_factory.mktemp("mlflow plugin") / "a store"


@pytest.fixture(scope="module")
def server(home, tmp_path_factory):
    address = f"jupyter-tracker://{str(home).replace(' ', '%20')}"
    options = ["--backend-store-uri", address, "--artifacts-destination", address]
    path = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    with serving(tmp_path_factory.mktemp("server"), options, path) as running:
        yield running


@pytest.fixture(scope="module", params=["process", "server"])
def done(request, tmp_path_factory):
    """What the script says, and a tracker on the store that it has logged into."""
    if request.param == "server":
        home = request.getfixturevalue("home")
        said = with_mlflow(request.getfixturevalue("server").url)
    else:
        home = tmp_path_factory.mktemp("in process")
        said = with_mlflow(f"jupyter-tracker://{home}")
    with jt.connect(f"local://{home}") as tracker:
        yield said, tracker


def test_autolog_of_scikit_learn_is_kept_with_its_model(done):
    said, tracker = done
    told = said["autolog"]
    assert (told["status"], told["user"], told["C"], told["late"]) == ("FINISHED", True, "2.0", 1.0)
    assert {"training_score", "training_accuracy_score"} <= set(told["metrics"])
    assert {"estimator.html", "training_confusion_matrix.png"} <= set(told["files"])
    assert told["dataset"] == [["dataset", "train"]]
    assert told["source"] == "LOCAL"
    assert told["model"] == "READY"
    assert told["predicted"] == told["by run"] == said["registered"] == [False, False]
    run = tracker.runs.get(told["id"])
    assert run.state is RunState.SUCCEEDED
    assert run.experiment == "autolog"
    assert [use.context for use in run.inputs()] == ["train"]
    assert [checkpoint.complete for checkpoint in run.checkpoints()] == [True]
    assert {"metrics.late", "params.C"} <= set(tracker.runs.list("autolog").frame().columns)


def test_a_run_has_all_that_was_logged(done):
    said, tracker = done
    told = said["run"]
    assert told["info"] == ["parent", "FINISHED", "active"]
    assert told["took"] >= 0
    assert told["params"] == {"lr": "0.1", "layers/first": "[1, 2]"}
    assert {key: value for key, value in told["metrics"].items() if not key.startswith("system/")} == {
        "train/loss": "1.0",
        "bad": "-inf",
        "large": "inf",
    }
    assert told["tags"] == {"a/b c": "d", "mlflow.note.content": "what it is", "mlflow.runName": "parent"}
    assert told["steps"] == [[48, 2.0], [49, 1.0]]
    assert told["bad"] == ["nan", "-inf"]
    assert told["none"] == []
    assert told["parent"]
    assert told["text"] == "hello"
    assert told["many"] == ["many/sub"]
    assert told["file"] == []
    assert told["fetched"] == ["b.txt"]
    assert json.loads(told["input"]) == {"uri": "/data/x.npy"}
    assert told["input tags"] == {"mlflow.data.context": "training", "k": "v"}
    run = tracker.runs.get(told["id"])
    assert run.series(["train/loss"]).shape == (50, 1)
    assert run.info.notes == "what it is"
    assert sorted(each.name for each in tracker.runs.list(where=f"parent = '{run.id}'")) == ["child", "other child"]
    assert run.inputs()[0].dataset.source == "/data/x.npy"


def test_times_and_states_that_are_given_are_kept(done):
    said, _ = done
    # The last step is the latest value, also of one millisecond.
    assert said["given"] == [1_700_000_000_123, 1_700_000_001_000, "KILLED", 1.0, [1_700_000_000_500] * 3, "note"]
    assert said["changed"] == ["FAILED", "renamed", False]
    assert said["resumed"] == ["RUNNING", "FINISHED", 4]


def test_runs_are_found_by_filters_of_mlflow(done):
    said, _ = done
    found = {text.replace(said["run"]["id"], "PARENT"): sorted(names) for text, names in said["search"].items()}
    everything = ["child", "other child", "parent", "renamed"]
    assert found == {
        "": everything,
        "metrics.acc > 0.6": ["other child"],
        "params.lr = '0.1'": ["parent"],
        "params.lr != '0.1'": ["child"],
        "params.lr LIKE '0.%'": ["child", "parent"],
        "tags.`a/b c` = 'd'": ["parent"],
        "attributes.status = 'FINISHED' AND metrics.acc < 1": ["child", "other child"],
        "attributes.status != 'FINISHED'": ["renamed"],
        "status = 'FAILED'": ["renamed"],
        "tags.mlflow.parentRunId = 'PARENT'": ["child", "other child"],
        "tags.mlflow.parentRunId IS NULL": ["parent", "renamed"],
        "tags.mlflow.runName ILIKE 'PAR%'": ["parent"],
        "datasets.name = 'x' AND dataset.context = 'training'": ["parent"],
        "attributes.start_time = 1700000000123": ["renamed"],
        "start_time > 1700000000123": ["child", "other child", "parent"],
        "run_id IN ('PARENT')": ["parent"],
        "tags.mlflow.note.content LIKE 'what%'": ["parent"],
    }
    assert said["search"][""][-1] == "renamed"  # what began last comes first
    assert said["ordered"] == ["other child", "child", "renamed", "parent"]
    assert said["pages"] == [["other child", "child", "parent"], ["renamed"], None]
    assert said["experiment"] == ["runs", "one", "about it"]
    assert said["models"] == ["model"]


def test_what_was_deleted_comes_back(done):
    said, tracker = done
    assert said["deleted"] == ["deleted", 1, ["child"], 4, "INVALID_PARAMETER_VALUE"]
    assert said["experiment deleted"] == ["deleted", "deleted", "INVALID_PARAMETER_VALUE"]
    assert said["restored"] == ["renamed", "active"]
    assert sorted(run.name for run in tracker.runs.list("runs")) == ["child", "other child", "parent", "renamed"]


def test_errors_are_those_of_mlflow(done):
    said, _ = done
    codes = {what: error and error[0] for what, error in said["refused"].items()}
    missing, invalid = "RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"
    artifact = codes.pop("artifact")
    assert codes == {
        "no run": missing,
        "a name": missing,
        "no experiment": missing,
        "taken": "RESOURCE_ALREADY_EXISTS",
        "param": invalid,
        "filter": invalid,
        "trace": "NOT_IMPLEMENTED",
        "page": invalid,
        "host": invalid,
        "query": invalid,
    }
    assert artifact in {missing, "INTERNAL_ERROR"}  # the latter is how MLflow's client reads a 404 of its server
    assert "The param 'lr' is '0.1' already" in said["refused"]["param"][1]
    assert "jupyter_tracker keeps nothing" in said["refused"]["trace"][1]
    assert "Write jupyter-tracker:///folder with three slashes" in said["refused"]["host"][1]
    assert "has more than a folder" in said["refused"]["query"][1]


def test_the_server_shows_runs_that_were_made_here(home, server):
    with jt.connect(f"local://{home}") as tracker, tracker.runs.start("ours", params={"lr": 0.1}) as run:
        run.log({"loss": 0.5}, step=3)
        run.log_artifact(__file__)
    with httpx.Client(base_url=server.url, timeout=60) as http:
        assert "<title>MLflow</title>" in http.get("/").text
        body = {"experiment_ids": [run.info.experiment_id], "filter": "params.lr = '0.1'"}
        found = http.post("/ajax-api/2.0/mlflow/runs/search", json=body).json()["runs"]
        assert [each["info"]["run_id"] for each in found] == [run.id]
        files = http.get("/ajax-api/2.0/mlflow/artifacts/list", params={"run_id": run.id}).json()["files"]
        assert [each["path"] for each in files] == ["test_mlflow_plugin.py"]
        asked = {"run_ids": run.id, "metric_key": "loss", "max_results": 320}
        points = http.get("/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval", params=asked).json()["metrics"]
        assert [(point["step"], point["value"]) for point in points] == [(3, 0.5)]
        # Without these the page of a run stays empty.
        for path in ("model-versions/search", "registered-models/search"):
            assert http.get(f"/ajax-api/2.0/mlflow/{path}").status_code == 200


def test_a_run_that_came_through_the_server_goes_on_until_it_is_ended(home, server):
    with (
        httpx.Client(base_url=f"{server.url}/api/2.0/mlflow", timeout=60) as http,
        jt.connect(f"local://{home}") as tracker,
    ):
        body = {"experiment_id": "0", "start_time": 1_700_000_000_000, "run_name": "of nobody"}
        made = http.post("/runs/create", json=body).json()["run"]["info"]
        run = tracker.runs.get(made["run_id"])
        assert (run.name, run.state, run.experiment) == ("of nobody", RunState.RUNNING, "Default")
        # Nobody can be asked to stop, so it says at once what is known.
        assert run.stop().state is RunState.STOPPED
        assert http.get("/runs/get", params={"run_id": run.id}).json()["run"]["info"]["status"] == "KILLED"


SUBMITTED = """
import mlflow
mlflow.set_experiment("of the code")
with mlflow.start_run(run_name="first"):
    mlflow.log_params({"lr": 0.1, "more": 1})
    mlflow.log_metric("loss", 0.5, step=1)
    with mlflow.start_run(nested=True, run_name="nested"):
        mlflow.log_metric("loss", 0.1)
with mlflow.start_run(run_name="second"):
    mlflow.log_metric("loss", 0.2)
"""


def test_what_a_submitted_run_logs_with_mlflow_goes_into_it(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "train.py").write_text(SUBMITTED)
    with jt.connect() as tracker:
        run = tracker.runs.submit("digits", code=tmp_path / "train.py", params={"lr": 0.1})
        assert run.wait(timeout=120).state is RunState.SUCCEEDED, run.logs()
        assert dict(run.params) == {"lr": 0.1, "more": "1"}
        assert run.metrics["loss"] == 0.5
        assert [each.name for each in tracker.runs.list("digits")] == ["train"]
        # It cannot be two runs at once: what else its code starts is a part of it.
        others = tracker.runs.list("of the code")
        assert {(each.name, each.info.parent) for each in others} == {("nested", run.id), ("second", run.id)}


def test_a_run_that_an_exception_ends_has_failed(tmp_path):
    (tmp_path / "train.py").write_text("import mlflow\nmlflow.start_run()\nmlflow.log_metric('loss', 0.5)\n1 / 0\n")
    command = [sys.executable, "-W", "ignore", str(tmp_path / "train.py")]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": "jupyter-tracker://", "MLFLOW_DISABLE_TELEMETRY": "true"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert "ZeroDivisionError" in ended.stderr
    with jt.connect() as tracker:
        run = tracker.runs.get("last")
        assert (run.state, run.info.reason) == (RunState.FAILED, "ZeroDivisionError: division by zero")


def test_a_run_whose_process_dies_is_lost(tmp_path):
    code = """
import json, mlflow, os
run = mlflow.start_run().info
mlflow.log_metric("loss", 0.5)
print(json.dumps(run.run_id), flush=True)
os.execv("/bin/true", ["true"])
"""
    run_id = with_mlflow("jupyter-tracker://", code)
    with jt.connect() as tracker:
        run = tracker.runs.get(run_id)
        assert (run.state, run.metrics["loss"], run.experiment) == (RunState.LOST, 0.5, "Default")
