"""`SubmitPanel`: what the page asks the kernel for, and what stays in the notebook."""

from __future__ import annotations

import asyncio
import json

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import InvalidCode, NotFound
from jupyter_tracker.widgets.panel import Panel

SCRIPT = """
import argparse, os
import jupyter_tracker as jt
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1, help="<b>step</b>")
parser.add_argument("--epochs", type=int, required=True)
args = parser.parse_args()
jt.current_run().log({"lr": args.lr})
print("token", os.environ.get("TOKEN"))
"""
SCHEMA = {
    "type": "object",
    "required": ["lr"],
    "properties": {
        "lr": {"type": "number", "exclusiveMinimum": 0},
        "optimizer": {"type": "object", "properties": {"kind": {"enum": ["sgd", "adam"]}}, "required": ["kind"]},
    },
    "additionalProperties": False,
}


@pytest.fixture
def tracker(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT)
    with jt.connect() as tracker:
        yield tracker


def call(panel, operation, **params):
    return asyncio.run(panel._call(operation, params))[0]


def filled(panel, **params):
    written = call(panel, "form.get")["written"]
    return {**written, "params": {**written["params"], **params}}


def test_a_script_is_submitted_with_what_was_written(tracker):
    panel = jt.SubmitPanel("train.py", tracker=tracker, experiment="digits")
    written = filled(panel, lr="0.5", epochs="2")
    written["variables"] = [{"name": "TOKEN", "value": "hunter2hunter2", "secret": True}]
    answer = call(panel, "form.submit", written=written)
    assert answer == {"run": panel.run, "name": "train"}
    run = panel.submitted.wait()
    assert (run.state, run.experiment, run.params) == ("succeeded", "digits", {"lr": 0.5, "epochs": 2})
    assert run.metrics["lr"] == 0.5
    assert "token ***" in str(run.logs())
    assert "hunter2" not in json.dumps(panel.get_state(), default=str) + panel.text() + panel.picture()
    assert "succeeded" in panel.text()
    assert panel.ended()


def test_all_mistakes_come_at_once_each_with_its_place(tracker):
    tracker.templates.create("net", code="train.py", schema=SCHEMA)
    panel = jt.SubmitPanel("net", tracker=tracker)
    written = filled(panel, lr="-1", optimizer={"kind": ""})
    written["resources"]["cpu"] = "many"
    written["schedule"].update(timeout="0", retries="-1", retry_delay="soon")
    written["variables"] = [{"name": "1A", "value": "hidden-value"}, {"name": "A", "value": "1"}] * 2
    mistakes = {each["path"]: each["message"] for each in call(panel, "form.validate", written=written)["mistakes"]}
    assert {path: message.partition(",")[0][:40] for path, message in mistakes.items()} == {
        "run.experiment": "is missing",
        "params.lr": "-1 is less than or equal to the minimum ",
        "resources.cpu": "must be a Kubernetes quantity",
        "schedule.retries": "-1 is less than the minimum of 0",
        "schedule.retry_delay": "must be seconds",
        "schedule.timeout": "must be more than 0 and at most 172",
        "variables[0]": "The variable '1A' needs a name of letter",
        "variables[2]": "The variable '1A' needs a name of letter",
        "variables[3]": "is the second one of the name A",
    }
    assert "hidden-value" not in str(mistakes)
    assert len(call(panel, "form.submit", written=written)["mistakes"]) == len(mistakes)
    assert panel.run == ""
    assert len(tracker.runs.list()) == 0


def test_a_value_that_cannot_be_read_is_one_mistake_and_not_missing_as_well(tracker):
    tracker.templates.create("net", code="train.py", schema=SCHEMA)
    panel = jt.SubmitPanel("net", tracker=tracker, experiment="digits")
    (mistake,) = call(panel, "form.validate", written=filled(panel, lr="abc"))["mistakes"]
    assert mistake["path"] == "params.lr"


def test_it_is_submitted_once(tracker):
    panel = jt.SubmitPanel("train.py", tracker=tracker, experiment="digits", params={"epochs": 1, "extra": [1]})
    assert json.loads(filled(panel)["params"]["other params"]) == {"extra": [1]}
    panel.set_trait("run", "x")
    with pytest.raises(jt.TrackerError, match="submitted already"):
        call(panel, "form.submit", written={})


def test_what_is_there_comes_before_a_template_of_the_same_name(tracker, tmp_path):
    tracker.templates.create("net", code="train.py", schema=SCHEMA)
    assert jt.SubmitPanel("net", tracker=tracker)._form.recipe.kind == "template"
    (tmp_path / "net").mkdir()
    (tmp_path / "net/main.py").write_text(SCRIPT)
    assert jt.SubmitPanel("net", tracker=tracker)._form.recipe.kind == "folder"
    source = tracker.sources.create("train.py")
    assert "epochs" in jt.SubmitPanel(source, tracker=tracker).text()
    with pytest.raises(NotFound, match=r"no file 'gone.py'"):
        jt.SubmitPanel("gone.py", tracker=tracker)
    with pytest.raises(InvalidCode):
        jt.SubmitPanel(source, tracker=tracker, entry_point="x.py")


def test_the_page_gets_the_id_of_the_run_and_the_front_end_only(tracker):
    import ipywidgets

    panel = jt.SubmitPanel("train.py", tracker=tracker, experiment="digits")
    own = set(panel.keys) - set(ipywidgets.DOMWidget().keys)
    assert own == {"home", "run", "_esm", "_css", "_anywidget_id"}
    assert isinstance(panel, Panel)


def test_the_saved_notebook_has_the_form_as_picture_and_text(tracker):
    panel = jt.SubmitPanel("train.py", tracker=tracker, experiment="digits<script>")
    data, _ = panel.bundle()
    assert "experiment  digits<script>  text, required" in data["text/plain"]
    assert "digits&lt;script&gt;" in data["image/svg+xml"]
    assert len(json.dumps(data)) < 50_000


def test_a_form_of_five_hundred_fields_stays_small_in_the_notebook(tracker):
    schema = {"properties": {f"x{number}": {"type": "number", "default": number} for number in range(500)}}
    tracker.templates.create("wide", code="train.py", schema=schema)
    panel = jt.SubmitPanel("wide", tracker=tracker)
    assert len(json.dumps(panel.bundle()[0])) < 50_000
    assert "more fields" in panel.text()
