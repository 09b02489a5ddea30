"""Against real servers of PyPI's `mlflow`: what its own client writes and reads, and basic authentication."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import NotAuthenticated, PermissionDenied, Unsupported
from jupyter_tracker.models import RunState
from tests.platforms import mlflow_server

pytestmark = pytest.mark.timeout(400)

WRITE = """
import tempfile
from pathlib import Path
import mlflow, numpy
mlflow.set_experiment("theirs")
with mlflow.start_run(run_name="their run") as run:
    mlflow.log_params({"lr": 0.1, "layers": [1, 2]})
    mlflow.log_metrics({"loss": 0.5, "val/acc": float("nan")}, step=3)
    mlflow.log_metric("loss", float("inf"), step=4)
    mlflow.set_tag("team", "vision")
    mlflow.log_text("hello", "notes/a.txt")
    mlflow.log_input(mlflow.data.from_numpy(numpy.ones(3), source="/data/x.npy", name="x"), context="training")
    with mlflow.start_run(run_name="a part", nested=True):
        pass
    for name in ("net", "net", "other"):
        model = mlflow.initialize_logged_model(name=name, params={"depth": "3"})
        client = mlflow.MlflowClient()
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "deep").mkdir()
            Path(folder, "deep", "weights.bin").write_bytes(name.encode())
            client.log_model_artifacts(model.model_id, folder)
        mlflow.log_metric("accuracy", 0.5, model_id=model.model_id)
        client.finalize_logged_model(model.model_id, "READY")
print(run.info.run_id)
"""
READ = """
import json, mlflow, sys
client = mlflow.MlflowClient()
run = client.get_run(sys.argv[1])
points = [point.value for point in client.get_metric_history(run.info.run_id, "loss")]
log = mlflow.artifacts.load_text(f"{run.info.artifact_uri}/jupyter_tracker/log.txt")
print(json.dumps([run.info.status, run.data.params, run.data.tags["team"], points, log.split(" ")[-1]]))
"""
LACKING = [
    ("list_experiments", {}),
    ("delete_runs", {"experiment_id": "0", "max_timestamp_millis": 1}),
    ("restore_runs", {"experiment_id": "0", "min_timestamp_millis": 1}),
    ("get_permission_levels", {"experiment_id": "0"}),
    ("get_permissions", {"experiment_id": "0"}),
    ("set_permissions", {"experiment_id": "0", "access_control_list": []}),
    ("update_permissions", {"experiment_id": "0", "access_control_list": []}),
    ("get_credentials_for_trace_data_download", {"request_id": "tr-1"}),
    ("get_credentials_for_trace_data_upload", {"request_id": "tr-1"}),
]


@pytest.fixture(scope="module")
def server():
    running = mlflow_server.shared()
    running.clear()
    return running


def theirs(server, code, *arguments):
    """Run code with MLflow's own client in a process of its own; the result is its last line."""
    environment = {**os.environ, "MLFLOW_TRACKING_URI": server.url, "MLFLOW_DISABLE_TELEMETRY": "true"}
    environment.pop("PYTHONPATH", None)
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return [line for line in ended.stdout.splitlines() if line[:1] in "[0123456789abcdef"][-1]


def test_what_their_client_writes_is_read(server, tmp_path):
    run_id = theirs(server, WRITE)
    with jt.connect(f"mlflow+{server.url}") as tracker:
        run = tracker.runs.get("their run")
        assert (run.id, run.state, run.experiment) == (run_id, RunState.SUCCEEDED, "theirs")
        assert (run.params["lr"], run.tags["team"]) == ("0.1", "vision")
        frame = run.series(["loss", "val/acc"])
        assert frame["loss"].tolist() == [0.5, float("inf")]
        assert frame["val/acc"].isna().all()
        assert [artifact.path for artifact in run.artifacts()] == ["notes/a.txt"]
        assert (run.download_artifact("notes", tmp_path) / "a.txt").read_text() == "hello"
        assert [found.id for found in tracker.runs.list("theirs", where="params.lr < 0.2 and metrics.loss > 1")] == [
            run_id
        ]
        assert [part.name for part in run.children()] == ["a part"]
        (used,) = run.inputs()
        assert (used.dataset.name, used.dataset.source, used.context) == ("x", "/data/x.npy", "training")
        assert [found.id for found in tracker.runs.list(where="datasets.context = 'training'")] == [run_id]
        assert {(edge.relation, edge.label) for edge in run.lineage().edges} == {
            ("input", "training"),
            ("artifact", ""),
        }
        assert [model.label for model in tracker.models.list(versions=True)] == [
            "net@1.0.0",
            "net@2.0.0",
            "other@1.0.0",
        ]
        model = tracker.models.get("net")
        assert (model.version, model.run_id, model.metrics, model.tags["depth"]) == (
            "2.0.0",
            run_id,
            {"accuracy": 0.5},
            "3",
        )
        assert [file.path for file in tracker.models.describe("net@1.0.0")] == ["deep/weights.bin"]
        assert (tracker.models.download("other", tmp_path / "m") / "deep" / "weights.bin").read_bytes() == b"other"


def test_their_client_reads_what_is_written_here(server):
    with jt.connect(f"mlflow+{server.url}") as tracker:
        with tracker.runs.start("ours", params={"lr": 0.1, "flag": True}, tags={"team": "vision"}) as run:
            for step in range(3):
                run.log({"loss": step / 2})
            run.log_text("hello\n")
        seen = json.loads(theirs(server, READ, run.id))
    assert seen == ["FINISHED", {"lr": "0.1", "flag": "true"}, "vision", [0.0, 0.5, 1.0], "hello\n"]


@pytest.mark.parametrize(("operation", "options"), LACKING)
def test_what_the_open_source_server_lacks_says_so(server, operation, options):
    with jt.connect(f"mlflow+{server.url}") as tracker:
        for _ in range(2):
            with pytest.raises(Unsupported, match=operation):
                getattr(tracker.native, operation)(**options)


def test_basic_authentication(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    configuration = tmp_path / "auth.ini"
    configuration.write_text(
        "[mlflow]\ndefault_permission = READ\nadmin_username = ada\nadmin_password = a-long-password\n"
        f"database_uri = sqlite:///{tmp_path / 'auth.db'}\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
    )
    variables = {"MLFLOW_AUTH_CONFIG_PATH": str(configuration), "MLFLOW_FLASK_SERVER_SECRET_KEY": "secret"}
    with mlflow_server.serving(tmp_path / "server", ["--app-name", "basic-auth"], variables) as running:
        address = f"mlflow+{running.url}"
        with jt.connect(address) as tracker, pytest.raises(NotAuthenticated, match="MLFLOW_TRACKING_USERNAME"):
            tracker.experiments.list()
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong")
        with jt.connect(address) as tracker, pytest.raises((NotAuthenticated, PermissionDenied)) as caught:
            tracker.experiments.list()
        assert "wrong" not in str(caught.value)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "a-long-password")
        with jt.connect(address) as tracker:
            with tracker.runs.start("digits") as run:
                run.log({"loss": 1.0})
            code = "import jupyter_tracker as jt\njt.current_run().log({'loss': 2.0})\n"
            submitted = tracker.runs.submit("digits", code=code).wait(120)
            assert submitted.state is RunState.SUCCEEDED, str(submitted.logs())
            found = tracker.native.get_history("loss", run_id=submitted.id)
            assert [metric["value"] for metric in found["metrics"]] == [2.0]
            assert run.series()["loss"].tolist() == [1.0]
