"""A run or an experiment goes to one file and comes back in another store as it was."""

from __future__ import annotations

import dataclasses
import math
import os
import struct

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import Conflict, InvalidImport, InvalidInput, NotFound


@pytest.fixture
def elsewhere(tmp_path):
    """Another store."""
    with jt.connect(f"local://{tmp_path / 'elsewhere'}") as client:
        yield client


@pytest.fixture
def full(tracker, tmp_path):
    """An ended run that has recorded one of everything."""
    weights = tmp_path / "weights.bin"
    weights.write_bytes(os.urandom(3_000_000))
    (tmp_path / "größe.txt").write_text("a\nb")
    run = tracker.runs.start(
        "digits", name="full", params={"lr": 0.1, "layers": [1, {"a": None}], "big": 2**70}, tags={"team": "ä"}
    )
    for step in range(50):
        run.log({"loss": 1 / (step + 1), "acc": step}, step=step)
        run.log({"loss": -step}, step=step)
    nan = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_DEAD_BEEF))[0]
    run.log({"odd": nan}, step=7, time=0.1)
    run.log({"odd": math.inf}, step=-3, time=1e9 + 1 / 3)
    run.log_text("hello\nwor")
    run.log_text("ld", "stderr")
    run.log_text("end\n")
    run.log_event("look", kind="mine", level="warning", data={"x": [1.5, None]})
    run.set_progress(3, 10, operation="epoch")
    run.log_artifact(tmp_path / "größe.txt", "deep/größe.txt")
    run.log_checkpoint(5, weights)
    run.log_input("mnist", digest="1f", source="s3://bucket/mnist", context="training", tags={"split": "a"})
    run.log_output("clean", digest="2e", profile={"rows": 3})
    run.associate_execution("preprocess", execution_id="step-1", kind="system.Run", state="DONE", metadata={"a": [1]})
    tracker.runs.update(run.id, notes="the good one")
    run.log_classification(name="test", labels=["a", "b"], matrix=[[1, 2], [3, 4]], step=3)
    run.end()
    return tracker.runs.get(run.id)


def imports(tracker):
    """Whether what is exported can come back to the same kind of store."""
    kinds = {each.operation: each.support for each in tracker.capabilities()}
    return kinds["runs.import_from"] == "native"


def bits(run):
    """All points, bit for bit: for each metric its steps, times and values."""
    points = run.tracker.drive(run.backend.metrics.read(run.id, None, None))
    found = {}
    for block in points.blocks:
        for key, values in zip(block.keys, block.values, strict=True):
            columns = found.setdefault(key, [b"", b"", b""])
            for at, column in enumerate((block.steps, block.times, values)):
                columns[at] += column.tobytes()
    return found


def test_a_run_comes_back_equal_to_the_byte(tracker, full, elsewhere, other, tmp_path):
    path = tracker.runs.export("full", tmp_path / "run.jtrk")
    assert path == tmp_path / "run.jtrk"
    (made,) = elsewhere.runs.import_from(path)
    assert (made.id, made.name, made.experiment, made.state) == (full.id, "full", "digits", "succeeded")
    one, two = other.runs.get(full.id), elsewhere.runs.get("full")
    assert bits(two) == bits(one)
    assert two.series().equals(one.series())
    assert two.series(["odd"], wide=False).equals(one.series(["odd"], wide=False))
    # The experiment's id and the word for the state are those of the platform.
    plain = {"metrics": {}, **({} if imports(tracker) else {"experiment_id": "", "native_state": ""})}
    assert dataclasses.replace(two.info, **plain) == dataclasses.replace(one.info, **plain)
    assert list(two.info.metrics) == list(one.info.metrics)
    assert repr(two.info.metrics) == repr(one.info.metrics)
    assert two.events() == one.events()
    assert list(two.logs()) == list(one.logs())
    if imports(tracker):
        assert two.artifacts() == one.artifacts()
    else:  # a platform may not tell digests and times
        assert [(each.path, each.size) for each in two.artifacts()] == [(e.path, e.size) for e in one.artifacts()]
    assert two.checkpoints() == one.checkpoints()
    assert two.environment() == one.environment()
    assert two.inputs() == one.inputs()
    assert two.executions() == one.executions()
    assert len(two.inputs()) == len(two.executions()) == 1
    outputs = [run.tracker.drive(run.backend.lineage.outputs(run.id)) for run in (one, two)]
    assert outputs[0] == outputs[1]
    assert [use.dataset.name for use in outputs[0]] == ["clean"]
    assert [edge.relation for edge in two.lineage().edges] == [edge.relation for edge in one.lineage().edges]
    assert [each.data for each in two.classifications()] == [each.data for each in one.classifications()]
    for artifact in one.artifacts():
        copies = [run.download_artifact(artifact.path, tmp_path / f"copy{at}") for at, run in enumerate((one, two))]
        assert copies[0].read_bytes() == copies[1].read_bytes()


def test_a_log_of_any_bytes_comes_back_byte_for_byte(tracker, run, elsewhere, tmp_path):
    run.log_text("ok\n" * 70_000)
    run.log_text("a\udcffb é", "stderr")
    run.end()
    elsewhere.runs.import_from(run.export(tmp_path / "run.jtrk"))
    pieces = [
        [(piece.stream, piece.time, piece.data) for piece in _pieces(each.backend, run.id)]
        for each in (tracker, elsewhere.runs.get(run.id))
    ]
    assert pieces[0] == pieces[1]


def _pieces(backend, run_id):
    return jt.Tracker(backend).drive(backend.logs.pieces(run_id, None, 2**30)).items


@pytest.mark.needs("run variables", "assets")
def test_the_code_of_a_submitted_run_comes_with_it_and_the_values_of_variables_do_not(tracker, elsewhere, tmp_path):
    (tmp_path / "train.py").write_text("print('training')\n")
    run = tracker.runs.submit(
        "digits",
        code=str(tmp_path / "train.py"),
        variables={"TOKEN": "top-secret-value", "HIDDEN": jt.Secret("hush-hush")},
    )
    run.wait(60)
    path = run.export(tmp_path)
    assert path.name == "train.jtrk"
    assert b"top-secret-value" not in path.read_bytes()
    assert b"hush-hush" not in path.read_bytes()
    elsewhere.runs.import_from(path)
    found = elsewhere.runs.get("train")
    assert found.submission() == run.submission()
    assert sorted(found.submission().variables) == ["HIDDEN", "TOKEN"]
    kept = tracker.sources.get(run.info.source)
    assert found.info.source == run.info.source
    source = elsewhere.sources.get(found.info.source)
    assert source == kept
    assert (elsewhere.sources.download(source.id, tmp_path / "code") / "train.py").read_text() == "print('training')\n"
    again = elsewhere.runs.submit("digits", code=source).wait(60)
    assert str(again.logs()) == "training"


def test_an_experiment_comes_with_its_runs_in_their_order(tracker, elsewhere, tmp_path):
    tracker.experiments.create("digits", description="handwritten", tags={"team": "vision"})
    for name in ("first", "second", "gone", "kept"):
        tracker.runs.start("digits", name=name).end()
    tracker.runs.delete("gone")
    tracker.runs.archive("kept")
    tracker.runs.start("words").end()
    path = tracker.experiments.export("digits", tmp_path / "all.jtrk")
    assert sorted(made.name for made in elsewhere.runs.import_from(path)) == ["first", "kept", "second"]
    assert [run.name for run in elsewhere.runs.list()] == ["second", "first"]
    assert [run.name for run in elsewhere.runs.list(lifecycle="archived")] == ["kept"]
    one, two = tracker.experiments.get("digits"), elsewhere.experiments.get("digits")
    assert (two.description, two.tags, two.created_at) == (one.description, one.tags, one.created_at)
    assert two.id == one.id or not imports(tracker)
    assert [experiment.name for experiment in elsewhere.experiments.list()] == ["digits"]


def test_a_run_that_has_not_ended_is_exported_as_it_is_and_arrives_as_lost(tracker, run, elsewhere, tmp_path):
    run.log({"loss": 0.5})
    run.log({"acc": 0.5})
    (made,) = elsewhere.runs.import_from(run.export(tmp_path / "run.jtrk"))
    assert made.state == "lost"
    found = elsewhere.runs.get(made.id)
    assert found.series()["loss"].dropna().tolist() == [0.5]
    assert found.info.ended_at is not None
    assert "running" in found.info.reason
    assert (found.events()[-1].kind, found.events()[-1].level) == ("imported", "warning")
    run.refresh()
    assert run.state == "running"
    run.log({"loss": 0.4})


def test_a_run_that_is_there_already_is_a_conflict_and_comes_again_when_that_is_wanted(tracker, full, other, tmp_path):
    path = full.export(tmp_path / "run.jtrk")
    with pytest.raises(Conflict, match=r"already.*again=True"):
        tracker.runs.import_from(path)
    assert len(tracker.runs.list()) == 1
    (made,) = tracker.runs.import_from(path, again=True)
    assert made.id != full.id
    one, two = other.runs.get(full.id), other.runs.get(made.id)
    assert bits(one) == bits(two)
    assert {each.id for each in one.checkpoints()}.isdisjoint(each.id for each in two.checkpoints())
    assert two.download_artifact("deep/größe.txt", tmp_path / "copy").read_text() == "a\nb"
    assert len(tracker.runs.list("digits")) == 2


def test_runs_join_an_experiment_of_the_same_name_which_stays_as_it_is(tracker, full, elsewhere, tmp_path):
    elsewhere.experiments.create("digits", description="mine")
    path = full.export(tmp_path / "run.jtrk")
    found = elsewhere.runs.import_from(path)
    assert any("joined" in note for note in found.notes)
    assert "joined" in repr(found)
    assert elsewhere.experiments.get("digits").description == "mine"
    assert len(elsewhere.runs.list("digits")) == 1


def test_runs_can_go_to_another_experiment(full, elsewhere, tmp_path):
    path = full.export(tmp_path / "run.jtrk")
    (made,) = elsewhere.runs.import_from(path, experiment="guests")
    assert made.experiment == "guests"
    assert [each.name for each in elsewhere.experiments.list()] == ["guests"]
    with pytest.raises(InvalidInput, match="experiment name"):
        elsewhere.runs.import_from(path, experiment="\n", again=True)


def test_an_experiment_that_was_deleted_takes_no_runs(full, elsewhere, tmp_path):
    elsewhere.experiments.create("digits")
    elsewhere.experiments.delete("digits")
    with pytest.raises(Conflict, match="Restore it"):
        elsewhere.runs.import_from(full.export(tmp_path / "run.jtrk"))
    assert elsewhere.runs.list() == []


def test_an_imported_run_can_be_exported_again_and_is_the_same(full, elsewhere, other, tmp_path):
    elsewhere.runs.import_from(full.export(tmp_path / "one.jtrk"))
    path = elsewhere.runs.export(full.id, tmp_path / "two.jtrk")
    with jt.connect(f"local://{tmp_path / 'third'}") as third:
        third.runs.import_from(path)
        assert bits(third.runs.get(full.id)) == bits(other.runs.get(full.id))
        assert third.runs.get(full.id).events() == other.runs.get(full.id).events()


def test_an_imported_run_can_be_deleted_tagged_and_found(full, elsewhere, tmp_path):
    elsewhere.runs.import_from(full.export(tmp_path / "run.jtrk"))
    elsewhere.runs.get("full").set_tags({"seen": "yes"})
    found = elsewhere.runs.list(
        where="metrics.acc = 49 and params.lr = 0.1 and tags.seen = 'yes' and min(metrics.loss) < 0"
    )
    assert [run.name for run in found] == ["full"]
    elsewhere.runs.delete("full")
    assert elsewhere.runs.list() == []


def test_an_export_replaces_the_file_whole_or_not_at_all(tracker, full, tmp_path):
    path = tmp_path / "run.jtrk"
    path.write_text("old")
    with pytest.raises(NotFound):
        tracker.experiments.export("nothing", path)
    assert path.read_text() == "old"
    full.export(path)
    assert path.read_bytes()[:2] == b"PK"
    assert [each.name for each in tmp_path.iterdir() if ".partial" in each.name] == []


def test_an_export_needs_its_folder(full, tmp_path):
    with pytest.raises(NotFound, match="folder"):
        full.export(tmp_path / "nowhere" / "run.jtrk")


def test_what_cannot_be_imported_is_told(tracker, tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(NotFound) as caught:
        tracker.runs.import_from(tmp_path / "best.jtrk")
    assert "Did you mean" not in str(caught.value)
    with pytest.raises(NotFound, match=r"Did you mean 'notes\.txt'"):
        tracker.runs.import_from(tmp_path / "note.txt")
    with pytest.raises(InvalidImport, match="nothing that can be imported"):
        tracker.runs.import_from(tmp_path / "notes.txt")


def test_models_of_a_run_come_with_it_and_lead_back_to_it(tracker, full, elsewhere, tmp_path):
    (checkpoint,) = full.checkpoints()
    made = tracker.models.create("net", checkpoint=checkpoint, summary="good", metrics={"acc": 0.5}, tags={"a": "b"})
    tracker.models.create("net", path=tmp_path / "weights.bin", run=full.id, version="2.0.0-rc.1")
    tracker.models.archive("net@2.0.0-rc.1")
    tracker.models.create("gone", path=tmp_path / "weights.bin", run=full.id)
    tracker.models.delete("gone")
    tracker.models.create("of-nobody", path=tmp_path / "weights.bin")
    found = elsewhere.runs.import_from(full.export(tmp_path / "run.jtrk"))
    assert found.notes == ()
    assert elsewhere.models.list(versions=True) == [made]
    assert [model.label for model in elsewhere.models.list(lifecycle="archived")] == ["net@2.0.0-rc.1"]
    assert elsewhere.models.list("gone", lifecycle="deleted") == []
    details = elsewhere.models.describe("net@1.0.0")
    assert (details.run.id, details.checkpoint.id) == (full.id, checkpoint.id)
    copy = elsewhere.models.download("net@1.0.0", tmp_path / "copy")
    assert (copy / "weights.bin").read_bytes() == (tmp_path / "weights.bin").read_bytes()
    assert elsewhere.maintain().orphans_removed == 0


def test_a_model_that_is_here_stays_and_one_with_other_files_gets_the_next_version(tracker, full, elsewhere, tmp_path):
    (tmp_path / "other.bin").write_bytes(b"other")
    for name in ("same", "new"):
        tracker.models.create(name, path=tmp_path / "weights.bin", run=full.id)
    elsewhere.models.create("same", path=tmp_path / "weights.bin", summary="mine")
    elsewhere.models.create("new", path=tmp_path / "other.bin")
    found = elsewhere.runs.import_from(full.export(tmp_path / "run.jtrk"))
    assert sorted(found.notes) == [
        "The model new@1.0.0 is here with other files: its version is 1.1.0 here.",
        "The model same@1.0.0 is here already and stays as it is.",
    ]
    assert [model.label for model in elsewhere.models.list(versions=True)] == ["new@1.1.0", "new@1.0.0", "same@1.0.0"]
    assert elsewhere.models.get("same").summary == "mine"
    assert [model.label for model in elsewhere.models.list(run=full.id)] == ["new@1.1.0"]


def test_a_dataset_and_an_execution_that_are_here_are_shared(tracker, full, elsewhere, tmp_path):
    with elsewhere.runs.start("words", name="mine") as mine:
        mine.log_input("mnist", digest="1f", source="data/mine")
        mine.associate_execution("preprocess", execution_id="step-1", state="RUNNING")
    elsewhere.runs.import_from(full.export(tmp_path / "run.jtrk"))
    (use,) = elsewhere.runs.get(full.id).inputs()
    assert (use.dataset.source, use.tags) == ("data/mine", {"split": "a"})
    assert [each.state for each in elsewhere.runs.get(full.id).executions()] == ["RUNNING"]
    assert len(elsewhere.runs.list(where="datasets.digest = '1f'")) == 2


def test_runs_again_keep_their_inputs_and_executions(tracker, full, other, tmp_path):
    (made,) = tracker.runs.import_from(full.export(tmp_path / "run.jtrk"), again=True)
    one, two = other.runs.get(full.id), other.runs.get(made.id)
    assert two.inputs() == one.inputs()
    assert two.executions() == one.executions()


def test_a_sweep_and_a_run_of_several_attempts_come_back_as_they_were(tracker, elsewhere, tmp_path):
    sweep = tracker.runs.sweep(
        "digits", code="print(1)\n", space={"lr": [1, 2]}, metric="loss", priority=3, name="sweep"
    )
    sweep.wait(120)
    tried = tracker.runs.submit("digits", code="1 / 0\n", retries=1, retry_delay=0, priority=7, name="tried").wait(60)
    assert (tried.info.attempt, tried.info.priority) == (2, 7)
    elsewhere.runs.import_from(tracker.experiments.export("digits", tmp_path / "all.jtrk"))
    for run in tracker.runs.list("digits"):
        one, two = tracker.runs.get(run.id).info, elsewhere.runs.get(run.id).info
        assert two == one
    assert {run.info.parent for run in elsewhere.runs.get("sweep").children()} == {sweep.id}


def test_a_run_that_was_trimmed_and_the_retention_come_back_as_they_were(tracker, full, elsewhere, other, tmp_path):
    tracker.experiments.update("digits", retention_mode="metadata", retention_time=60)
    tracker.maintain(time="2100-01-01")
    elsewhere.runs.import_from(tracker.experiments.export("digits", tmp_path / "all.jtrk"))
    one, two = other.runs.get(full.id), elsewhere.runs.get(full.id)
    assert two.info.trimmed_at == one.info.trimmed_at is not None
    assert repr(two.info) == repr(one.info)
    assert elsewhere.experiments.get("digits") == tracker.experiments.get("digits")
    where = "min(metrics.loss) = -49 and first(metrics.acc) = 0 and best(metrics.acc) = 49"
    assert [run.id for run in elsewhere.runs.list(where=where)] == [full.id]
