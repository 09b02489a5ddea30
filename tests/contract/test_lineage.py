"""Inputs and outputs of runs, executions, and the graph of all that."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from jupyter_tracker.errors import InvalidInput, NotFound


@pytest.fixture
def data(tmp_path):
    """A folder of data."""
    folder = tmp_path / "mnist"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.bin").write_bytes(b"one")
    (folder / "deep" / "b.bin").write_bytes(b"two")
    return folder


def test_an_input_has_name_digest_source_and_context(run, data):
    made = run.log_input("mnist", source=data, context="training", tags={"split": "60000"})
    (found,) = run.inputs()
    assert (found.dataset, found.context, found.tags) == (made.dataset, "training", {"split": "60000"})
    assert (found.dataset.name, found.dataset.source_type, found.dataset.source) == ("mnist", "local", str(data))
    assert len(found.dataset.digest) == 32
    frame = run.inputs().frame()
    assert frame[["name", "context"]].values.tolist() == [["mnist", "training"]]
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"


def test_a_run_without_inputs_says_so(run):
    assert run.inputs() == []
    assert repr(run.inputs()) == "No inputs."
    assert repr(run.executions()) == "No executions."
    assert "Nothing is known" in repr(run.lineage())
    assert run.lineage()._repr_svg_() is None
    assert len(run.lineage().frame()) == 0


def test_equal_files_have_one_digest_and_a_change_another_one(run, data, tmp_path):
    first = run.log_input("mnist", source=data).dataset.digest
    copy = tmp_path / "copy"
    data.rename(copy)
    assert run.log_input("mnist", source=str(copy)).dataset.digest == first
    (copy / "deep" / "b.bin").rename(copy / "b.bin")
    assert run.log_input("mnist", source=copy).dataset.digest != first
    assert run.log_input("one", source=copy / "a.bin").dataset.digest == "7692c3ad3540bb803c020b3aee66cd88"


def test_a_frame_and_an_array_are_known_by_their_contents(run):
    def frame():
        return pd.DataFrame({"x": [1.0, 2.0], "label": ["a", "b"]})

    def digest(data):
        return run.log_input("t", data=data).dataset.digest

    used = run.log_input("table", data=frame(), source="s3://bucket/table.parquet").dataset
    assert (used.source_type, used.source) == ("s3", "s3://bucket/table.parquet")
    assert [column["name"] for column in used.schema["columns"]] == ["x", "label"]
    assert used.profile == {"rows": 2, "columns": 2}
    assert digest(frame()) == used.digest
    others = [frame().rename(columns={"x": "y"}), frame().astype({"x": "float32"}), frame()[::-1], frame()[["x"]]]
    array = np.arange(6.0).reshape(2, 3)
    arrays = [array, array.T, array.reshape(3, 2), array.astype("float32")]
    assert len({digest(each) for each in [frame(), *others, *arrays]}) == 9
    assert digest(np.asfortranarray(array)) == digest(array)
    assert run.log_input("t", data=array).dataset.schema == {"type": "float64", "shape": [2, 3]}


def test_a_digest_of_ones_own_is_kept_and_the_address_is_enough_for_one(run):
    assert run.log_input("a", digest="v1.0").dataset.digest == "v1.0"
    first = run.log_input("b", source="https://example.org/b.csv").dataset
    assert (first.source_type, len(first.digest)) == ("http", 32)
    assert run.log_input("b", source="https://example.org/c.csv").dataset.digest != first.digest


def test_the_password_of_an_address_is_not_kept(run):
    used = run.log_input("a", source="https://me:hidden-word@example.org/a.csv", digest="1")
    assert used.dataset.source == "https://example.org/a.csv"
    assert "hidden-word" not in run.inputs().frame().to_string()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("", {"digest": "1"}, "name of a dataset must be text of 1 to 500"),
        ("x" * 501, {"digest": "1"}, "name of a dataset"),
        ("a", {}, "Give its source, the data itself, or a digest"),
        ("a", {"digest": "x" * 37}, "digest of a dataset must be 1 to 36"),
        ("a", {"digest": "has space"}, "digest of a dataset"),
        ("a", {"data": object()}, "of which no digest can be taken"),
        ("a", {"digest": "1", "context": "two\nlines"}, "context of a dataset"),
        ("a", {"digest": "1", "tags": {"a": 1}}, "tags of a dataset must be text, not 'a': 1"),
    ],
)
def test_what_is_no_dataset_is_refused(run, name, options, message):
    with pytest.raises(InvalidInput, match=message):
        run.log_input(name, **options)
    assert run.inputs() == []


def test_a_path_where_nothing_lies_is_not_found(run, data):
    with pytest.raises(NotFound, match=r"Did you mean '.*mnist'"):
        run.log_input("mnist", source=data.with_name("mnst"))


def test_the_same_dataset_in_the_same_context_is_one_input_and_its_tags_are_the_last_ones(run):
    # MLflow, log_inputs: a dataset is one by name and digest.
    for tag in ("1", "2"):
        run.log_input("mnist", digest="1f", context="training", tags={"try": tag})
    run.log_input("mnist", digest="1f", context="evaluation")
    assert [(use.context, use.tags) for use in run.inputs()] == [("training", {"try": "2"}), ("evaluation", {})]


def test_which_runs_used_this_data(tracker):
    for name, digest in (("a", "1f"), ("b", "1f"), ("c", "2e")):
        with tracker.runs.start("digits", name=name) as run:
            run.log_input("mnist", digest=digest, context="training")
            run.log_output("clean", digest=name)

    def names(where):
        return [run.name for run in tracker.runs.list(where=where)]

    assert names("datasets.digest = '1f'") == ["b", "a"]
    assert names("datasets.name = 'mnist' AND datasets.context LIKE 'train%'") == ["c", "b", "a"]
    assert names("datasets.name = 'clean'") == []
    assert names("NOT datasets.digest = '1f'") == ["c"]
    lineage = tracker.lineage(dataset="mnist@1f")
    assert [node.name for node in lineage.nodes if node.kind == "run"] == ["digits / a", "digits / b"]
    assert {node.name for node in tracker.lineage(dataset="mnist").nodes if node.kind == "dataset"} == {
        *("mnist@1f", "mnist@2e", "clean@a", "clean@b", "clean@c"),
    }


def test_lineage_leads_from_data_over_runs_to_what_they_made(tracker, data, tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"w" * 10)
    with tracker.runs.start("prepare", name="clean") as prepare:
        prepare.log_input("raw", source=data)
        prepare.log_output("clean", digest="1f")
    with tracker.runs.start("digits", name="train") as train:
        train.log_input("clean", digest="1f", context="training")
        train.log_checkpoint(3, tmp_path / "weights.bin")
        train.log_artifact(data)
        train.log_artifact(tmp_path / "weights.bin")
        train.associate_execution("evaluate", state="COMPLETE")
    with tracker.runs.start("digits", name="another") as another:
        another.log_input("clean", digest="1f")
    frame = tracker.lineage("train").frame()
    steps = set(zip(frame["before"], frame["relation"], frame["after"], strict=True))
    raw = f"raw@{prepare.inputs()[0].dataset.digest[:8]}"
    assert steps == {
        (raw, "input", "prepare / clean"),
        ("prepare / clean", "output", "clean@1f"),
        ("clean@1f", "input", "digits / train"),
        ("digits / train", "checkpoint", "step 3"),
        ("digits / train", "artifact", "mnist/"),
        ("digits / train", "artifact", "weights.bin"),
        ("digits / train", "execution", "evaluate"),
    }
    assert frame["label"].tolist().count("training") == 1
    assert "digits / another" in repr(prepare.lineage())
    assert {node.name for node in train.outputs()} == {"step 3", "mnist/", "weights.bin"}
    assert train.outputs().frame()["kind"].tolist() == ["checkpoint", "artifact", "artifact"]


def test_lineage_has_the_code_of_a_submitted_run(tracker):
    run = tracker.runs.submit("digits", code="print(1)\n", name="small").wait(60)
    source = tracker.sources.get(run.info.source)
    (edge,) = run.lineage().edges
    assert (edge.before, edge.relation) == (f"source:{source.id}", "code")


def test_a_model_follows_from_its_checkpoint_and_from_its_run_once_that_is_gone(tracker, tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"w" * 10)
    with tracker.runs.start("digits", name="train") as run:
        run.log_input("mnist", digest="1f")
        kept = run.log_checkpoint(3, tmp_path / "weights.bin")
    tracker.models.create("resnet", checkpoint=kept)
    tracker.models.create("file", path=tmp_path / "weights.bin", run=run.id)

    def steps():
        return {(edge.before.split(":")[0], edge.relation) for edge in tracker.lineage(dataset="mnist").edges}

    assert steps() == {("dataset", "input"), ("run", "checkpoint"), ("checkpoint", "model"), ("run", "model")}
    assert "    model resnet@" in repr(run.lineage())
    tracker.checkpoints.delete(run=run.id)
    assert steps() == {("dataset", "input"), ("run", "model")}
    assert sorted(node.name.split("@")[0] for node in run.outputs()) == ["file", "resnet"]


def test_the_lineage_of_a_model_leads_back_to_its_data(tracker, tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"1")
    with tracker.runs.start("digits", name="train") as run:
        run.log_input("mnist", digest="1f")
        checkpoint = run.log_checkpoint(3, tmp_path / "weights.bin")
    model = tracker.models.create("net", checkpoint=checkpoint)
    for reference in ("net", "net@1.0.0", model.id):
        found = tracker.lineage(model=reference)
        assert {(edge.relation) for edge in found.edges} == {"input", "checkpoint", "model"}
        assert repr(found).splitlines()[0] == "model net@1.0.0 · 1 bytes"
        assert "run digits / train" in repr(found)
    with pytest.raises(NotFound, match="model"):
        tracker.lineage(model="nets")


def test_lineage_is_a_tree_in_text_and_a_picture_in_a_notebook(tracker):
    with tracker.runs.start("digits", name="<b>hostile</b>") as run:
        run.log_input("mnist", digest="1f", context="training")
        run.log_output("clean", digest="2e")
    told = repr(run.lineage()).splitlines()
    assert told == [
        "run digits / <b>hostile</b> · succeeded",
        "  came from",
        "    input (training): dataset mnist@1f",
        "  led to",
        "    output: dataset clean@2e",
    ]
    picture = run.lineage()._repr_svg_()
    assert "&lt;b&gt;hostile" in picture
    assert "<b>" not in picture


def test_a_run_that_changes_its_data_in_place_is_a_circle_and_what_follows_is_found(tracker, run):
    run.log_input("mnist", digest="1f")
    run.log_output("mnist", digest="1f")
    lineage = run.lineage()
    assert len(lineage.nodes) == 2
    assert len(lineage.edges) == 2
    with tracker.runs.start("digits", name="next") as following:
        following.log_input("mnist", digest="1f")
    assert "digits / next" in repr(run.lineage())
    assert lineage._repr_svg_()


def test_a_lineage_of_very_many_is_cut_and_says_so(tracker):
    for number in range(12):
        with tracker.runs.start("digits", name=f"run-{number}") as run:
            run.log_input("mnist", digest="1f")
    lineage = tracker.lineage(dataset="mnist", limit=10)
    assert (len(lineage.nodes), lineage.complete) == (10, False)
    assert "a higher limit shows it" in repr(lineage)
    assert tracker.lineage(dataset="mnist", limit=13).complete
    with pytest.raises(InvalidInput, match="limit must be 1"):
        tracker.lineage("last", limit=0)


def test_an_execution_may_belong_to_several_runs_and_is_brought_up_to_date(tracker):
    # Vertex AI, associate_execution: it may be repeated.
    with tracker.runs.start("digits") as first, tracker.runs.start("digits") as second:
        made = first.associate_execution("step", execution_id="job/1", kind="system.Run", metadata={"gpu": 1})
        second.associate_execution("step", execution_id="job/1", kind="system.Run", state="COMPLETE")
    assert (made.id, made.metadata) == ("job/1", {"gpu": 1})
    assert [each.state for each in first.executions()] == ["COMPLETE"]
    assert first.executions() == second.executions()
    assert first.executions().frame()["name"].tolist() == ["step"]
    with pytest.raises(InvalidInput, match="name of an execution"):
        first.associate_execution("")
    with pytest.raises(InvalidInput, match="metadata of an execution must be JSON"):
        first.associate_execution("a", metadata={"a": object()})


def test_whose_lineage_must_be_said_and_be_there(tracker):
    for whose in ({}, {"run": "last", "dataset": "mnist"}):
        with pytest.raises(InvalidInput, match="Give a run, a dataset or a model"):
            tracker.lineage(**whose)
    with tracker.runs.start("digits") as run:
        run.log_input("mnist", digest="1f")
    with pytest.raises(NotFound, match="Did you mean 'mnist'"):
        tracker.lineage(dataset="mnst")
    (found,) = [node.key for node in run.lineage().nodes if node.kind == "dataset"]
    for reference in ("mnist", "mnist@1", "1f", "mnist@1f"):
        assert tracker.lineage(dataset=reference).data.starts == (found,)
    with pytest.raises(NotFound):
        tracker.lineage("nobody")


def test_a_deleted_run_stays_in_the_past_of_what_it_made(tracker):
    with tracker.runs.start("digits", name="gone") as run:
        run.log_output("clean", digest="1f")
    tracker.runs.delete(run.id)
    (node,) = [node for node in tracker.lineage(dataset="clean").nodes if node.kind == "run"]
    assert node.detail in ("succeeded, deleted", "deleted")  # where it is gone for good, nobody knows how it ended
