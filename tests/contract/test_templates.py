"""Templates: recipes that are found by name, version or pattern, check a config, and start runs."""

from __future__ import annotations

import json

import pytest

from jupyter_tracker.errors import Conflict, InvalidConfig, InvalidInput, InvalidSource, NotFound
from jupyter_tracker.models import Lifecycle, RunState

SCHEMA = {
    "type": "object",
    "properties": {
        "lr": {"type": "number", "exclusiveMinimum": 0, "description": "learning rate"},
        "layers": {"type": "array", "items": {"type": "integer", "minimum": 1}},
        "optimizer": {
            "type": "object",
            "properties": {"name": {"enum": ["adam", "sgd"]}, "beta": {"type": "number"}},
            "additionalProperties": False,
        },
    },
    "required": ["lr"],
    "additionalProperties": False,
}
CODE = "import json\nimport jupyter_tracker as jt\nprint(json.dumps(jt.current_run().params, sort_keys=True))\n"


@pytest.fixture
def recipe(tracker):
    defaults = {"layers": [2], "optimizer": {"name": "adam", "beta": 0.9}}
    return tracker.templates.create(
        "resnet", code=CODE, schema=SCHEMA, defaults=defaults, resources={"memory": "1Gi"}, description="the first"
    )


def names(found):
    return [each.label for each in found]


def paths(mistakes):
    return [each.path for each in mistakes]


def test_one_is_found_by_name_version_id_and_beginning(tracker, recipe):
    assert (recipe.name, recipe.version, recipe.description) == ("resnet", 1, "the first")
    assert recipe.schema == SCHEMA
    for reference in ("resnet", "resnet@1", recipe.id, recipe.id[:10]):
        assert tracker.templates.get(reference) == recipe
    assert tracker.sources.get(recipe.source).name == "cell"


def test_what_changed_is_the_next_version_and_what_did_not_is_the_same(tracker, recipe):
    given = {"code": tracker.sources.get(recipe.source), "schema": SCHEMA, "resources": {"memory": "1Gi"}}
    assert tracker.templates.create("resnet", defaults=recipe.defaults, **given).id == recipe.id
    second = tracker.templates.create("resnet", defaults={"layers": [3]}, **given)
    assert (second.version, tracker.templates.get("resnet").version) == (2, 2)
    assert tracker.templates.get("resnet@1").defaults["layers"] == [2]


def test_the_list_has_the_latest_of_each_that_fits_an_ilike_pattern(tracker, recipe):
    for name in ("ResNet50", "unet", "re_x", "rexx"):
        tracker.templates.create(name, code=CODE)
    tracker.templates.create("unet", code=CODE, defaults={"a": 1})
    assert names(tracker.templates.list()) == ["ResNet50@1", "re_x@1", "resnet@1", "rexx@1", "unet@2"]
    assert names(tracker.templates.list("RESNET%")) == ["ResNet50@1", "resnet@1"]
    assert names(tracker.templates.list("%NET")) == ["resnet@1", "unet@2"]
    assert names(tracker.templates.list("re\\_x")) == ["re_x@1"]
    assert names(tracker.templates.list("re_x")) == ["re_x@1", "rexx@1"]
    assert names(tracker.templates.list("unet", versions=True)) == ["unet@2", "unet@1"]
    assert tracker.templates.list("zebra") == []
    with pytest.raises(InvalidInput, match="pattern"):
        tracker.templates.list("%" * 1001)


def test_a_good_config_has_no_mistakes(tracker, recipe):
    assert tracker.templates.validate("resnet", {"lr": 0.1}) == []
    assert not tracker.templates.validate("resnet", {"lr": 1, "optimizer": {"name": "sgd"}})


def test_all_mistakes_are_told_at_once_each_with_its_path(tracker, recipe):
    config = {"layers": [1, 0, "x"], "optimizer": {"name": "lamb", "bta": 1}, "layer": 3}
    found = tracker.templates.validate("resnet", config)
    assert paths(found) == ["layer", "layers[1]", "layers[2]", "lr", "optimizer.bta", "optimizer.name"]
    told = {each.path: each.message for each in found}
    assert told["lr"] == "is missing"
    assert told["layer"] == "is not known. Did you mean 'layers'?"
    assert told["optimizer.bta"] == "is not known. Did you mean 'beta'?"
    assert "'lamb'" in told["optimizer.name"]
    assert "minimum of 1" in told["layers[1]"]
    assert found.frame()["rule"].tolist()[1] == "minimum"
    assert tracker.runs.list() == []


def test_a_config_that_does_not_fit_makes_no_run_and_the_error_has_all_mistakes(tracker, recipe):
    with pytest.raises(InvalidConfig, match=r"resnet@1 has 2 mistakes:\n  layers\[0\]: .*\n  lr: ") as caught:
        tracker.templates.submit("resnet", "digits", config={"lr": -1, "layers": [0]})
    assert paths(caught.value.mistakes) == ["layers[0]", "lr"]
    assert tracker.runs.list() == []


def test_a_run_of_it_gets_config_defaults_and_resources(tracker, recipe):
    run = tracker.templates.submit(
        "resnet", "digits", config={"lr": 0.1, "optimizer": {"beta": 0.5}}, resources={"cpu": 2}, tags={"a": "b"}
    ).wait(60)
    assert run.state is RunState.SUCCEEDED, run.info.reason
    expected = {"lr": 0.1, "layers": [2], "optimizer": {"name": "adam", "beta": 0.5}}
    assert json.loads(str(run.logs())) == expected == dict(run.params)
    submission = run.submission()
    assert submission.resources == {"memory": "1Gi", "cpu": 2}
    assert (submission.template, run.info.source, run.name) == (recipe.id, recipe.source, "resnet")
    assert dict(run.tags) == {"a": "b"}


def test_an_old_version_runs_the_code_that_it_had(tracker, tmp_path):
    (tmp_path / "train.py").write_text("print('one')\n")
    tracker.templates.create("train", code="train.py")
    (tmp_path / "train.py").write_text("print('two')\n")
    tracker.templates.create("train", code="train.py")
    for version, word in ((1, "one"), (2, "two")):
        run = tracker.templates.submit(f"train@{version}", "digits").wait(60)
        assert str(run.logs()) == word


def test_a_folder_is_started_at_the_entry_point_of_the_template(tracker, tmp_path):
    (tmp_path / "project").mkdir()
    for name in ("main.py", "other.py"):
        (tmp_path / "project" / name).write_text(f"print({name!r})\n")
    source = tracker.sources.create("project")
    tracker.templates.create("other", code=source, entry_point="./other.py")
    assert str(tracker.templates.submit("other", "digits").wait(60).logs()) == "other.py"
    with pytest.raises(InvalidInput, match=r"entry point 'nothing\.py'"):
        tracker.templates.create("nothing", code=source, entry_point="nothing.py")
    (tmp_path / "project" / "main.py").unlink()
    with pytest.raises(InvalidInput, match="entry_point="):
        tracker.templates.create("nothing", code="project")


def test_a_schema_that_is_none_is_refused_with_all_its_mistakes(tracker):
    schema = {"type": "objekt", "properties": {"lr": {"minimum": "0"}}}
    with pytest.raises(InvalidInput, match="no JSON Schema") as caught:
        tracker.templates.create("resnet", code=CODE, schema=schema)
    assert "type: 'objekt'" in str(caught.value)
    assert "properties.lr.minimum: '0'" in str(caught.value)
    for wrong in ([], "x", {"$schema": 3}):
        with pytest.raises(InvalidInput, match="schema"):
            tracker.templates.create("resnet", code=CODE, schema=wrong)
    assert tracker.sources.list() == []


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/schema.json", "file:///etc/passwd", "other.json"])
def test_a_schema_refers_to_its_own_parts_only(tracker, reference):
    with pytest.raises(InvalidInput, match=r"properties\.a\.\$ref"):
        tracker.templates.create("resnet", code=CODE, schema={"properties": {"a": {"$ref": reference}}})


def test_defaults_fit_the_schema_but_need_not_be_whole(tracker, recipe):
    with pytest.raises(InvalidConfig, match="defaults of the template 'unet' has 1 mistake:\n  layers"):
        tracker.templates.create("unet", code=CODE, schema=SCHEMA, defaults={"layers": [0]})


def test_a_deleted_one_is_restored_by_its_version(tracker, recipe):
    tracker.templates.delete("resnet")
    assert tracker.templates.list() == []
    with pytest.raises(NotFound, match="by its version: resnet@1"):
        tracker.templates.submit("resnet", "digits", config={"lr": 1})
    assert names(tracker.templates.list(lifecycle="deleted")) == ["resnet@1"]
    assert tracker.templates.restore("resnet@1").lifecycle is Lifecycle.ACTIVE


def test_an_archived_one_leaves_the_list_and_stays_usable(tracker, recipe):
    assert tracker.templates.archive("resnet").lifecycle is Lifecycle.ARCHIVED
    assert tracker.templates.list() == []
    assert tracker.templates.validate("resnet", {"lr": 1}) == []


def test_one_of_a_deleted_source_says_so(tracker, recipe):
    tracker.sources.delete(recipe.source)
    with pytest.raises(Conflict, match=r"deleted.*[Rr]estore"):
        tracker.templates.submit("resnet", "digits", config={"lr": 1})


def test_what_is_not_there_is_named(tracker, recipe):
    with pytest.raises(NotFound, match="Did you mean 'resnet'"):
        tracker.templates.get("resnt")
    with pytest.raises(InvalidSource, match="no file or folder"):
        tracker.templates.create("x", code="nothing.py")
    with pytest.raises(InvalidInput, match="template name"):
        tracker.templates.create("", code=CODE)


def test_it_is_described_in_other_words_and_prints(tracker, recipe):
    assert tracker.templates.update("resnet", description="of the paper").description == "of the paper"
    found = tracker.templates.list()
    assert "of the paper" in repr(found)
    assert found.frame()["required"].tolist() == ["lr"]


@pytest.mark.needs("assets")
def test_capabilities_show_them(tracker):
    tracker.templates.list()  # where the backend has them
    shown = {each.operation: str(each.support) for each in tracker.capabilities()}
    verbs = {operation.partition(".")[2] for operation in shown if operation.startswith("templates.")}
    assert {"create", "get", "list", "delete", "restore", "archive"} <= verbs
    assert {shown[f"templates.{verb}"] for verb in verbs} == {"native"}
