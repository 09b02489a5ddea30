"""Models: versions that are made of checkpoints or files, outlive them, and say where they come from."""

from __future__ import annotations

import math

import pytest

from jupyter_tracker.errors import Ambiguous, Conflict, InvalidInput, NotFound
from jupyter_tracker.models import Lifecycle, RunState


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_bytes(b"first")
    return path


@pytest.fixture
def checkpoint(run, tmp_path):
    with run.checkpoint(20) as folder:
        (folder / "deep").mkdir()
        (folder / "deep" / "state").write_bytes(b"12")
        (folder / "weights").write_bytes(b"345")
    return run.checkpoints()[0]


@pytest.fixture
def model(tracker, checkpoint):
    return tracker.models.create(
        "resnet",
        checkpoint=checkpoint,
        version="1.2.0",
        summary="of the paper",
        metrics={"acc": 0.97},
        tags={"stage": "test"},
    )


def labels(found):
    return [each.label for each in found]


def test_one_is_made_of_a_checkpoint(tracker, run, checkpoint, model, tmp_path):
    # Chariot: `create_model_from_checkpoint` with name, version, summary
    assert (model.name, model.version, model.label) == ("resnet", "1.2.0", "resnet@1.2.0")
    assert (model.run_id, model.checkpoint_id, model.step) == (run.id, checkpoint.id, 20)
    assert (model.summary, model.metrics, model.tags) == ("of the paper", {"acc": 0.97}, {"stage": "test"})
    assert (model.file_count, model.size, model.lifecycle) == (2, 5, Lifecycle.ACTIVE)
    target = tracker.models.download("resnet", tmp_path / "back")
    assert (target / "deep" / "state").read_bytes() == b"12"
    assert (target / "weights").read_bytes() == b"345"
    event = run.events()[-1]
    assert (event.kind, event.data["name"], event.data["version"]) == ("model", "resnet", "1.2.0")
    assert tracker.models.create("resnet", checkpoint=checkpoint.id[:12]).version == "1.3.0"


@pytest.mark.parametrize("reference", ["name", "version", "latest", "id", "prefix"])
def test_one_is_found_by_what_people_call_it(tracker, model, reference):
    written = {
        "name": "resnet",
        "version": "resnet@1.2.0",
        "latest": "resnet@latest",
        "id": model.id,
        "prefix": model.id[:12],
    }
    assert tracker.models.get(written[reference]) == model


def test_one_outlives_its_checkpoint_and_its_run(tracker, run, model, tmp_path):
    tracker.checkpoints.delete(run=run.id)
    run.end()
    tracker.runs.delete(run.id)
    assert (tracker.models.download("resnet", tmp_path / "back") / "weights").read_bytes() == b"345"
    described = tracker.models.describe("resnet")
    assert described.checkpoint is None
    assert described.model.checkpoint_id == model.checkpoint_id
    lineage = described.lineage
    assert lineage["kind"].tolist() == ["checkpoint", "run"]
    assert lineage["there"].tolist() == [False, False]
    assert lineage["name"].tolist() == ["step 20", f"digits / {run.name}"]


def test_a_file_that_is_replaced_in_the_run_stays_as_it_was_in_the_model(tracker, run, weights, tmp_path):
    made = run.log_checkpoint(1, weights)
    tracker.models.create("m", checkpoint=made)
    weights.write_bytes(b"other")
    run.log_artifact(weights, made.path)
    copy = tracker.models.download("m", tmp_path / "back") / "weights.bin"
    assert copy.read_bytes() == b"first"
    copy.write_bytes(b"a copy can be written")
    again = run.download_artifact(made.path, tmp_path / "artifact")
    again.write_bytes(b"this one, too")


def test_one_is_made_of_a_file_or_a_folder(tracker, run, weights, tmp_path):
    # ABEJA: `create_training_model`
    made = tracker.models.create("m", path=weights, run=run.id)
    assert (made.run_id, made.checkpoint_id, made.step, made.size) == (run.id, "", None, 5)
    weights.write_bytes(b"changed")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "a").write_bytes(b"a")
    (tmp_path / "folder" / "b").write_bytes(b"bb")
    without = tracker.models.create("m", path=tmp_path / "folder")
    assert (without.run_id, without.file_count, without.size) == ("", 2, 3)
    assert (tracker.models.download("m@1.0.0", tmp_path / "one") / "weights.bin").read_bytes() == b"first"
    assert (tracker.models.download("m@1.1.0", tmp_path / "two") / "deep" / "a").read_bytes() == b"a"
    assert tracker.models.describe("m").lineage.empty


def test_a_run_logs_one(tracker, run, weights):
    made = run.log_model(weights, "m", version="0.1.0", summary="s", metrics={"acc": 1}, tags={"a": "b"})
    assert (made.run_id, made.version, made.summary) == (run.id, "0.1.0", "s")
    assert (made.metrics, made.tags) == ({"acc": 1.0}, {"a": "b"})
    assert labels(tracker.models.list(run=run.id)) == ["m@0.1.0"]


@pytest.mark.needs("assets")
def test_the_lineage_leads_from_model_to_source(tracker):
    code = (
        "import jupyter_tracker as jt\n"
        "with jt.current_run().checkpoint(7) as folder:\n"
        "    (folder / 'w').write_bytes(b'1')\n"
    )
    run = tracker.runs.submit("digits", code=code, name="trained").wait(60)
    assert run.state is RunState.SUCCEEDED, run.info.reason
    tracker.models.create("m", checkpoint=run.checkpoints()[0])
    described = tracker.models.describe("m")
    assert (described.run.id, described.source.id) == (run.id, run.info.source)
    assert described.checkpoint.step == 7
    assert described.lineage["kind"].tolist() == ["checkpoint", "run", "source"]
    assert described.lineage["name"].tolist() == ["step 7", "digits / trained", "cell@1"]
    assert described.lineage["there"].all()
    assert [file.path for file in described] == ["w"]
    for part in ("model m@1.0.0", "1 file, 1 byte", "step 7", "digits / trained", "cell@1"):
        assert part in repr(described)


def test_the_next_version_is_the_minor_one_behind_the_highest_release(tracker, weights):
    def create(version=None):
        return tracker.models.create("m", path=weights, version=version).version

    assert create("2.0.0-rc.1") == "2.0.0-rc.1"
    assert create() == "2.0.0"
    assert create() == "2.1.0"
    assert create("2.10.3") == "2.10.3"
    assert create("2.9.0") == "2.9.0"
    assert create("3.0.0-alpha") == "3.0.0-alpha"
    assert create() == "2.11.0"
    tracker.models.delete("m@2.11.0")
    assert create() == "2.12.0"
    assert tracker.models.create("other", path=weights).version == "1.0.0"


def test_the_latest_is_the_highest_release_by_precedence(tracker, weights):
    for version in ("1.2.0", "1.10.0-rc.1", "1.9.0+linux", "1.1.10"):
        tracker.models.create("m", path=weights, version=version)
    assert tracker.models.get("m").version == "1.9.0+linux"
    assert labels(tracker.models.list()) == ["m@1.9.0+linux"]
    order = ["m@1.9.0+linux", "m@1.2.0", "m@1.1.10", "m@1.10.0-rc.1"]
    assert labels(tracker.models.list(versions=True)) == order
    tracker.models.create("pre", path=weights, version="1.0.0-beta.2")
    tracker.models.create("pre", path=weights, version="1.0.0-beta.11")
    assert tracker.models.get("pre").version == "1.0.0-beta.11"


def test_a_version_that_is_there_is_a_conflict(tracker, model, weights):
    with pytest.raises(Conflict, match=r"resnet@1\.2\.0 already \(active\)"):
        tracker.models.create("resnet", path=weights, version="1.2.0")
    tracker.models.delete("resnet@1.2.0")
    with pytest.raises(Conflict, match="deleted"):
        tracker.models.create("resnet", path=weights, version="1.2.0")


@pytest.mark.parametrize("version", ["1", "1.2", "v1.2.3", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "latest", "", 1])
def test_a_version_is_semantic(tracker, weights, version):
    with pytest.raises(InvalidInput, match="Semantic Versioning"):
        tracker.models.create("m", path=weights, version=version)
    assert tracker.models.list() == []


def test_the_list_takes_a_pattern_a_run_and_a_lifecycle(tracker, run, model, weights):
    for name in ("ResNet50", "unet", "re_x", "rexx"):
        tracker.models.create(name, path=weights)
    tracker.models.create("unet", path=weights)
    assert labels(tracker.models.list("RES%")) == ["ResNet50@1.0.0", "resnet@1.2.0"]
    assert labels(tracker.models.list("re\\_x")) == ["re_x@1.0.0"]
    assert labels(tracker.models.list("unet", versions=True)) == ["unet@1.1.0", "unet@1.0.0"]
    assert labels(tracker.models.list(run=run.id)) == ["resnet@1.2.0"]
    assert tracker.models.list("zebra") == []
    tracker.models.archive("unet@1.1.0")
    assert labels(tracker.models.list("unet")) == ["unet@1.0.0"]
    assert labels(tracker.models.list(lifecycle="archived")) == ["unet@1.1.0"]
    with pytest.raises(InvalidInput, match="pattern"):
        tracker.models.list("%" * 1001)


def test_an_archived_one_leaves_the_list_stays_usable_and_comes_back(tracker, model, tmp_path):
    # ABEJA: `archive_training_model`, `unarchive_training_model`
    assert tracker.models.archive("resnet").lifecycle is Lifecycle.ARCHIVED
    assert tracker.models.list() == []
    assert (tracker.models.download("resnet", tmp_path / "back") / "weights").exists()
    assert tracker.models.unarchive("resnet").lifecycle is Lifecycle.ACTIVE
    with pytest.raises(Conflict, match="not archived"):
        tracker.models.unarchive("resnet")


def test_a_deleted_one_is_restored_by_its_version(tracker, model):
    tracker.models.delete("resnet")
    assert tracker.models.list() == []
    with pytest.raises(NotFound, match=r"by its version: resnet@1\.2\.0"):
        tracker.models.get("resnet")
    with pytest.raises(Conflict, match="not archived"):
        tracker.models.unarchive("resnet@1.2.0")
    assert labels(tracker.models.list(lifecycle="deleted")) == ["resnet@1.2.0"]
    assert tracker.models.restore("resnet@1.2.0").lifecycle is Lifecycle.ACTIVE


def test_summary_and_tags_are_changed_and_nothing_else(tracker, model):
    # ABEJA: `patch_training_model`
    changed = tracker.models.update("resnet", summary="better", tags={"stage": None, "owner": "me"})
    assert (changed.summary, changed.tags) == ("better", {"owner": "me"})
    assert (changed.metrics, changed.version, changed.size) == (model.metrics, model.version, model.size)
    assert tracker.models.update("resnet", tags={"a": "b"}).summary == "better"
    for wrong in ({"a": 3}, {3: "a"}):
        with pytest.raises(InvalidInput, match="tag"):
            tracker.models.update("resnet", tags=wrong)


def test_an_incomplete_checkpoint_makes_no_model(tracker, run):
    def write():
        with run.checkpoint(1) as folder:
            (folder / "half").touch()
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        write()
    with pytest.raises(Conflict, match="incomplete"):
        tracker.models.create("m", checkpoint=run.checkpoints()[0])
    assert tracker.models.list() == []


@pytest.mark.parametrize("metrics", [{"acc": "high"}, {"acc": True}, {"acc": None}, {3: 1.0}])
def test_a_metric_is_a_number_with_a_name(tracker, weights, metrics):
    with pytest.raises(InvalidInput, match="metric"):
        tracker.models.create("m", path=weights, metrics=metrics)


def test_odd_numbers_are_kept(tracker, weights):
    tracker.models.create("m", path=weights, metrics={"zero": 0, "nan": math.nan, "inf": math.inf})
    found = tracker.models.get("m").metrics
    assert (found["zero"], found["inf"]) == (0.0, math.inf)
    assert math.isnan(found["nan"])


def test_what_it_is_made_of_is_one_thing_that_is_there(tracker, run, checkpoint, weights, tmp_path):
    with pytest.raises(InvalidInput, match="checkpoint= or path="):
        tracker.models.create("m")
    with pytest.raises(InvalidInput, match="checkpoint= or path="):
        tracker.models.create("m", path=weights, checkpoint=checkpoint)
    with pytest.raises(InvalidInput, match="run="):
        tracker.models.create("m", checkpoint=checkpoint, run=run.id)
    with pytest.raises(NotFound, match="Did you mean"):
        tracker.models.create("m", path=tmp_path / "weigths.bin")
    with pytest.raises(NotFound, match="checkpoint"):
        tracker.models.create("m", checkpoint="zebra")
    with pytest.raises(NotFound, match="run"):
        tracker.models.create("m", path=weights, run="zebra")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidInput, match="no files"):
        tracker.models.create("m", path=tmp_path / "empty")
    with pytest.raises(InvalidInput, match="model name"):
        tracker.models.create("", path=weights)
    assert tracker.models.list() == []


def test_what_is_not_there_is_named(tracker, model, weights, tmp_path):
    with pytest.raises(NotFound, match="Did you mean 'resnet'"):
        tracker.models.get("resnt")
    with pytest.raises(NotFound, match=r"Did you mean 'resnet@1\.2\.0'"):
        tracker.models.get("resnet@1.2.1")
    made = [tracker.models.create("m", path=weights) for _ in range(17)]
    letters = [each.id[0] for each in made]
    with pytest.raises(Ambiguous, match="m@"):
        tracker.models.get(next(letter for letter in letters if letters.count(letter) > 1))
    with pytest.raises(Conflict, match="not an empty folder"):
        tracker.models.download("resnet", tmp_path)


def test_the_list_prints_and_is_a_frame(tracker, model):
    found = tracker.models.list()
    frame = found.frame()
    assert frame["version"].tolist() == ["1.2.0"]
    assert frame["metrics.acc"].tolist() == [0.97]
    assert frame["tags.stage"].tolist() == ["test"]
    assert frame["step"].tolist() == [20]
    assert model.id not in repr(found)
    assert model.id[:8] in repr(found)
    described = tracker.models.describe("resnet")
    assert list(described.frame().columns) == ["path", "size", "sha256"]
    assert "of the paper" in repr(described)


@pytest.mark.needs("assets")
def test_capabilities_show_them(tracker):
    tracker.models.create("net", path=__file__)  # where the backend has all of them
    shown = {each.operation: str(each.support) for each in tracker.capabilities()}
    for verb in (
        "create",
        "get",
        "list",
        "describe",
        "download",
        "update",
        "delete",
        "restore",
        "archive",
        "unarchive",
    ):
        assert shown[f"models.{verb}"] == "native"
