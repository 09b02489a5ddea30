"""Vertex AI: executions and datasets of runs, ours and those of others."""

from __future__ import annotations

import pytest

from jupyter_tracker.errors import Unsupported

S = "projects/p/locations/us-central1/metadataStores/default"


@pytest.fixture
def address(vertex):
    return vertex.address


@pytest.fixture
def run(tracker):
    with tracker.runs.start("digits", name="first") as made:
        yield made


def node(vertex, kind, identity, **fields):
    """Something that a pipeline made."""
    name = f"{S}/{kind}/{identity}"
    vertex.resources[name] = {"name": name, "etag": "1", "createTime": vertex.now(), "metadata": {}, **fields}
    return name


def test_an_execution_of_the_platform_belongs_to_a_run_and_stays_as_it_is(vertex, run):
    made = node(vertex, "executions", "step-1234", displayName="train", state=3, schemaTitle="system.Run")
    for reference in ("step-1234", made):
        found = run.associate_execution("mine", execution_id=reference, state="FAILED")
        assert (found.id, found.name, found.kind, found.state) == ("step-1234", "train", "system.Run", "COMPLETE")
    assert [one.name for one in run.executions()] == ["train"]
    assert vertex.resources[made]["displayName"] == "train"


def test_an_execution_of_ones_own_is_one_of_the_platform_and_exact_here(tracker, run):
    made = run.associate_execution("evaluate", execution_id="job/1", state="warming up", metadata={"gpu": 1})
    (found,) = run.executions()
    assert (found, type(found.metadata["gpu"])) == (made, int)
    (native,) = tracker.native.get_executions("digits", "first")
    assert (native["schemaTitle"], native["metadata"]["gpu"]) == ("system.ContainerExecution", 1.0)


def test_datasets_are_artifacts_with_events_that_other_tools_see(vertex, tracker, run):
    run.log_input("mnist", digest="1f", source="gs://data/mnist", context="training")
    run.log_output("clean", digest="2e")
    artifacts = {one["displayName"]: one for one in tracker.native.get_artifacts("digits", "first")}
    assert artifacts["mnist"]["schemaTitle"] == "system.Dataset"
    assert artifacts["mnist"]["uri"] == "gs://data/mnist"
    assert sorted(one["type"] for one in vertex.events) == [1, 2]
    assert run.executions() == []  # the one that holds the events is not of the user
    assert run.artifacts() == []


def test_what_a_pipeline_read_is_an_input_of_the_run(vertex, run):
    dataset = node(vertex, "artifacts", "raw-data", displayName="raw", schemaTitle="system.Dataset", uri="gs://d/raw")
    step = node(vertex, "executions", "step-1234", displayName="prepare", state=3, schemaTitle="system.Run")
    vertex.members.setdefault(f"{S}/contexts/{run.id}", []).extend([dataset, step])
    vertex.events.append({"artifact": dataset, "execution": step, "type": "INPUT"})
    (found,) = run.inputs()
    assert (found.dataset.name, found.dataset.digest, found.dataset.source) == ("raw", "raw-data", "gs://d/raw")
    assert found.context == "prepare"
    assert {(edge.before.split(":")[0], edge.relation) for edge in run.lineage().edges} == {
        ("dataset", "input"),
        ("run", "execution"),
    }


def test_a_note_on_uses_that_somebody_spoilt_loses_none(vertex, run):
    run.log_input("mnist", digest="1f")
    vertex.resources[f"{S}/executions/{run.id}-data"]["metadata"]["_jupyter_tracker"] = "[1, 2"
    assert [each.dataset.name for each in run.inputs()] == ["mnist"]  # the events still tell


def test_models_are_not_found_by_name(tracker):
    with pytest.raises(Unsupported, match=r"models\.get"):
        tracker.lineage(model="net")
