"""Stores that MLflow itself has written become experiments and runs."""

from __future__ import annotations

import math
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import Conflict, InvalidImport, MissingLibrary

WRITE = """
import math, os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.tracking import MlflowClient

client = MlflowClient(sys.argv[1])
digits = client.create_experiment("digits", tags={"team": "vision"})
run = client.create_run(digits, run_name="größe: 'q'", tags={"mlflow.source.git.commit": "abc123"}).info.run_id
metrics = [Metric("train/loss", 1 / (step + 1), 1_700_000_000_000 + step, step) for step in range(100)]
metrics += [Metric("odd", value, 1_700_000_000_000, step) for step, value in enumerate((math.nan, math.inf, -math.inf))]
client.log_batch(run, metrics, [Param("lr", "0.1"), Param("x/y", "two\\nlines")], [RunTag("note", "ä")])
with open("weights.txt", "w") as file:
    file.write("hello")
client.log_artifact(run, "weights.txt", "deep")
mnist = Dataset("mnist", "abc", "s3", '{"uri": "s3://key:hidden@bucket/mnist.csv"}', '{"x": "double"}', '{"rows": 3}')
client.log_inputs(run, [DatasetInput(mnist, [InputTag("mlflow.data.context", "train")])])
other = Dataset("mnist", "def", "local", "{}")
client.log_inputs(run, [DatasetInput(other, [InputTag("mlflow.data.context", "test"), InputTag("split", "b")])])
client.set_terminated(run, "FINISHED")
gone = client.create_run(digits, run_name="gone").info.run_id
client.set_terminated(gone, "FAILED")
client.delete_run(gone)
client.create_run(digits, run_name="live")
trash = client.create_experiment("trash")
client.set_terminated(client.create_run(trash, run_name="killed").info.run_id, "KILLED")
client.delete_experiment(trash)
print(run)
"""


@pytest.fixture(scope="module", params=["database", "folder"])
def mlflow_store(request, tmp_path_factory):
    """A store that MLflow has written, and the id of its first run."""
    home = tmp_path_factory.mktemp(request.param)
    address = f"sqlite:///{home}/mlflow.db" if request.param == "database" else f"file://{home}/mlruns"
    # MLflow is no library of this process: it changes much of it when it is imported.
    ended = subprocess.run(
        [sys.executable, "-c", WRITE, address], cwd=home, capture_output=True, text=True, check=False, timeout=100
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return home / ("mlflow.db" if request.param == "database" else "mlruns"), ended.stdout.split()[-1]


@pytest.fixture
def tracker(tmp_path):
    with jt.connect(f"local://{tmp_path / 'store'}") as client:
        yield client


def test_all_of_a_run_comes_with_its_id_times_and_points(tracker, mlflow_store):
    path, identity = mlflow_store
    found = tracker.runs.import_from(path)
    assert [(run.name, run.state) for run in found] == [
        ("größe: 'q'", "succeeded"),
        ("gone", "failed"),
        ("live", "lost"),
        ("killed", "stopped"),
    ]
    run = tracker.runs.get(identity)
    assert run.params == {"lr": "0.1", "x/y": "two\nlines"}
    assert {key: run.tags[key] for key in ("note", "mlflow.source.git.commit")} == {
        "note": "ä",
        "mlflow.source.git.commit": "abc123",
    }
    assert run.environment().git_commit == "abc123"
    assert run.series(["train/loss"])["train/loss"].tolist() == [1 / (step + 1) for step in range(100)]
    times = run.series(["train/loss"], wide=False)["time"]
    assert [round(time.timestamp() * 1000) for time in times] == [1_700_000_000_000 + step for step in range(100)]
    odd = run.series(["odd"])["odd"]
    assert odd.index.tolist() == [0, 1, 2]
    assert math.isnan(odd[0])
    assert (odd[1], odd[2]) == (math.inf, -math.inf)
    assert [event.sequence for event in run.events()] == [1, 2]


def test_datasets_of_mlflow_are_inputs(tracker, mlflow_store):
    # MLflow, log_inputs
    path, identity = mlflow_store
    tracker.runs.import_from(path)
    run = tracker.runs.get(identity)
    first, second = run.inputs()
    assert (first.dataset.name, first.dataset.digest, first.context, first.tags) == ("mnist", "abc", "train", {})
    assert (first.dataset.source_type, first.dataset.source) == ("s3", "s3://bucket/mnist.csv")
    assert (first.dataset.schema, first.dataset.profile) == ({"x": "double"}, {"rows": 3})
    assert (second.dataset.name, second.context, second.tags) == ("mnist", "test", {"split": "b"})
    assert [found.id for found in tracker.runs.list(where="datasets.name = 'mnist'")] == [identity]
    assert "mnist@abc" in repr(tracker.lineage(dataset="mnist"))


def test_artifacts_are_copied(tracker, mlflow_store, tmp_path):
    path, identity = mlflow_store
    tracker.runs.import_from(path)
    run = tracker.runs.get(identity)
    assert [artifact.path for artifact in run.artifacts()] == ["deep/weights.txt"]
    assert run.download_artifact("deep/weights.txt", tmp_path / "copy").read_text() == "hello"


def test_artifacts_are_found_where_a_store_was_moved_to(tracker, mlflow_store, tmp_path):
    path, identity = mlflow_store
    moved = shutil.copytree(path.parent, tmp_path / "moved")
    if path.name == "mlflow.db":
        with closing(sqlite3.connect(moved / "mlflow.db")) as db, db:
            db.execute("UPDATE runs SET artifact_uri = replace(artifact_uri, ?, '/nowhere')", (str(path.parent),))
    tracker.runs.import_from(moved / path.name)
    assert [artifact.path for artifact in tracker.runs.get(identity).artifacts()] == ["deep/weights.txt"]


def test_experiments_keep_name_tags_and_whether_they_were_deleted(tracker, mlflow_store):
    tracker.runs.import_from(mlflow_store[0])
    assert [(found.name, found.tags) for found in tracker.experiments.list()] == [("digits", {"team": "vision"})]
    assert [found.name for found in tracker.experiments.list(lifecycle="deleted")] == ["trash"]


def test_deleted_runs_arrive_deleted(tracker, mlflow_store):
    tracker.runs.import_from(mlflow_store[0])
    assert sorted(run.name for run in tracker.runs.list()) == ["größe: 'q'", "live"]
    assert sorted(run.name for run in tracker.runs.list(lifecycle="deleted")) == ["gone", "killed"]


def test_numbers_in_params_can_be_compared(tracker, mlflow_store):
    tracker.runs.import_from(mlflow_store[0])
    assert len(tracker.runs.list(where="params.lr < 0.2")) == 1


def test_all_can_go_to_one_experiment(tracker, mlflow_store):
    tracker.runs.import_from(mlflow_store[0], experiment="old")
    assert [found.name for found in tracker.experiments.list()] == ["old"]
    assert tracker.experiments.list(lifecycle="deleted") == []


def test_the_same_store_again_is_a_conflict(tracker, mlflow_store):
    tracker.runs.import_from(mlflow_store[0])
    with pytest.raises(Conflict, match="4 of 4 runs"):
        tracker.runs.import_from(mlflow_store[0])


def test_what_is_imported_is_not_changed(tracker, mlflow_store):
    path, _ = mlflow_store
    before = {file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file()}
    tracker.runs.import_from(path)
    assert {file: file.read_bytes() for file in path.parent.rglob("*") if file.is_file()} == before


def test_the_folder_of_a_store_will_do(tracker, mlflow_store):
    assert len(tracker.runs.import_from(mlflow_store[0].parent)) == 4


OLD = """
CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name TEXT, artifact_location TEXT, lifecycle_stage TEXT);
CREATE TABLE runs (run_uuid TEXT PRIMARY KEY, status TEXT, start_time BIGINT, end_time BIGINT, experiment_id INTEGER);
CREATE TABLE metrics (key TEXT, value FLOAT, timestamp BIGINT, run_uuid TEXT, PRIMARY KEY (key, timestamp, run_uuid));
CREATE TABLE params (key TEXT, value TEXT, run_uuid TEXT);
CREATE TABLE tags (key TEXT, value TEXT, run_uuid TEXT);
INSERT INTO experiments VALUES (0, 'Default', '', 'active'), (3, NULL, '', NULL);
INSERT INTO runs VALUES ('0123456789abcdef0123456789abcdef', 'FINISHED', 1600000000000, 1600000001000, 3);
INSERT INTO metrics VALUES ('loss', 0.5, 1600000000000, '0123456789abcdef0123456789abcdef');
INSERT INTO metrics VALUES ('loss', 0.25, 1600000000500, '0123456789abcdef0123456789abcdef');
INSERT INTO tags VALUES ('mlflow.runName', 'old one', '0123456789abcdef0123456789abcdef');
"""


@pytest.fixture
def old(tmp_path):
    """A database as an early version of MLflow made it, with fewer columns and no index."""
    with closing(sqlite3.connect(tmp_path / "old.db")) as db:
        db.executescript(OLD)
    return tmp_path / "old.db"


def change(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement, values)


def test_a_database_of_an_old_version_is_read(tracker, old):
    (found,) = tracker.runs.import_from(old)
    assert (found.id, found.name, found.experiment) == ("0123456789abcdef0123456789abcdef", "old one", "experiment 3")
    assert tracker.runs.get(found.id).series(wide=False)["value"].tolist() == [0.5, 0.25]


def test_no_folder_is_read_but_that_of_the_run_whatever_the_database_says(tracker, old, tmp_path):
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "id_rsa").write_text("key")
    change(old, "ALTER TABLE runs ADD COLUMN artifact_uri TEXT")
    change(old, "UPDATE runs SET artifact_uri = ?", str(tmp_path / "private"))
    (found,) = tracker.runs.import_from(old)
    assert tracker.runs.get(found.id).artifacts() == []


def test_artifacts_that_lie_on_a_server_are_told_without_what_is_secret_in_the_address(tracker, old):
    change(old, "ALTER TABLE runs ADD COLUMN artifact_uri TEXT")
    change(old, "UPDATE runs SET artifact_uri = 's3://key:hush@bucket/0/run/artifacts?token=hush'")
    found = tracker.runs.import_from(old)
    assert "s3://bucket/0/run/artifacts" in found.notes[0]
    assert "hush" not in repr(found)


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        ("UPDATE runs SET start_time = 'soon'", "start_time must be milliseconds"),
        ("UPDATE metrics SET timestamp = timestamp * 10000", "years 1 to 9999"),
        ("DROP TABLE metrics", "not one of MLflow"),
    ],
)
def test_what_is_wrong_in_a_database_is_told_and_nothing_is_imported(tracker, old, statement, match):
    change(old, statement)
    with pytest.raises(InvalidImport, match=match):
        tracker.runs.import_from(old)
    assert tracker.experiments.list() == []


def test_a_damaged_database_is_told(tracker, old):
    data = bytearray(old.read_bytes())
    data[4096:8192] = b"\xff" * 4096
    old.write_bytes(data)
    with pytest.raises(InvalidImport, match="cannot be read as an MLflow database"):
        tracker.runs.import_from(old)


@pytest.fixture
def mlruns(tmp_path):
    """A small folder as an old version of MLflow wrote it, without steps."""
    run = tmp_path / "mlruns" / "7" / "0123456789abcdef0123456789abcdef"
    for name in ("metrics", "params", "tags", "artifacts"):
        (run / name).mkdir(parents=True)
    (run.parent / "meta.yaml").write_text("experiment_id: '7'\nname: digits\nlifecycle_stage: active\n")
    (run / "meta.yaml").write_text("run_uuid: 0123456789abcdef0123456789abcdef\nstatus: 3\nstart_time: 1600000000000\n")
    (run / "metrics" / "loss").write_text("1600000000000 0.5\n1600000000001 0.25\n")
    return run


def test_lines_without_a_step_are_read(tracker, mlruns):
    (found,) = tracker.runs.import_from(mlruns.parents[2])
    assert tracker.runs.get(found.id).series(wide=False)["value"].tolist() == [0.5, 0.25]


def test_links_are_left_out(tracker, mlruns, tmp_path):
    (tmp_path / "secret").write_text("key")
    for name in ("artifacts", "params"):
        (mlruns / name / "link").symlink_to(tmp_path / "secret")
    found = tracker.runs.import_from(mlruns.parents[1])
    run = tracker.runs.get(found[0].id)
    assert (run.params, run.artifacts()) == ({}, [])
    assert "is a link and was left out" in found.notes[0]


@pytest.mark.parametrize(
    ("file", "text", "match"),
    [
        ("metrics/loss", "1600000000000 high 3\n", "line 1, must be time, value and step, not '1600000000000 high 3'"),
        ("meta.yaml", "run_uuid: [", "meta.yaml cannot be read"),
        ("meta.yaml", "- 1", "must hold fields, not list"),
    ],
)
def test_what_is_wrong_in_a_folder_is_told_with_its_place(tracker, mlruns, file, text, match):
    (mlruns / file).write_text(text)
    with pytest.raises(InvalidImport, match=match):
        tracker.runs.import_from(mlruns.parents[1])
    assert tracker.experiments.list() == []


def test_without_yaml_it_is_told_what_to_install(tracker, mlruns, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingLibrary, match=r"pip install 'jupyter_tracker\[mlruns\]'"):
        tracker.runs.import_from(mlruns.parents[1])
