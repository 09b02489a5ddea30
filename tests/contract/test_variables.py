"""Environment variables of the store and of experiments: inheritance, secrets, and what runs get."""

from __future__ import annotations

import json

import pytest

from jupyter_tracker import Secret
from jupyter_tracker.errors import Conflict, InvalidInput, NotFound
from jupyter_tracker.models import RunState, Scope

TOKEN = "tok-8f2e-s3cret"
PRINT = """
import json, os
print(json.dumps({name: os.environ.get(name) for name in ("A", "B", "C", "D")}))
"""


def printed(tracker, code, **options):
    run = tracker.runs.submit("digits", code=code, **options).wait(60)
    assert run.state is RunState.SUCCEEDED, run.info.reason
    return str(run.logs())


def test_one_that_was_created_is_found(tracker):
    made = tracker.variables.create("WORKERS", "4")
    found = tracker.variables.get("WORKERS")
    assert found == made
    assert (found.value, found.secret, found.scope, found.inherited) == ("4", False, Scope.STORE, False)


@pytest.mark.needs("times of variables")
def test_it_is_known_when_one_was_created(tracker):
    assert tracker.variables.create("WORKERS", "4").created_at.tzinfo is not None


def test_the_value_of_a_secret_is_never_returned(tracker, other):
    tracker.experiments.create("digits")
    secret = tracker.variables.create("TOKEN", TOKEN, secret=True)
    assert (secret.secret, secret.value) == (True, None)
    tracker.variables.create("OWN", Secret(TOKEN), experiment="digits")
    told = [
        secret,
        tracker.variables.get("TOKEN"),
        tracker.variables.update("TOKEN", TOKEN + "2"),
        tracker.variables.list(),
        tracker.variables.list("digits"),
        tracker.variables.list("digits").frame().to_string(),
        tracker.variables.list("digits")._repr_html_(),
        other.variables.get("TOKEN"),
        tracker.variables.delete("TOKEN"),
    ]
    assert TOKEN not in repr(told)


def test_a_secret_never_becomes_public_again(tracker):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    with pytest.raises(Conflict, match="never becomes public"):
        tracker.variables.update("TOKEN", secret=False)
    with pytest.raises(Conflict, match="never becomes public"):
        tracker.variables.update("TOKEN", "public", secret=False)
    assert tracker.variables.update("TOKEN", "another").secret
    assert tracker.variables.update("TOKEN", "another", name="KEY").secret
    assert tracker.variables.get("KEY").value is None


@pytest.mark.needs("renamed secrets")
def test_a_secret_gets_another_name_without_its_value(tracker):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    assert tracker.variables.update("TOKEN", name="KEY").secret
    assert tracker.variables.get("KEY").value is None


def test_a_public_one_becomes_a_secret(tracker):
    tracker.variables.create("TOKEN", TOKEN)
    assert tracker.variables.update("TOKEN", secret=True).value is None
    assert tracker.variables.get("TOKEN").secret


def test_variables_of_an_experiment_shadow_inherited_ones(tracker):
    tracker.experiments.create("digits")
    tracker.variables.create("A", "store")
    tracker.variables.create("B", "store")
    tracker.variables.create("B", "digits", experiment="digits")
    tracker.variables.create("C", "digits", experiment="digits")
    seen = [(each.name, each.value, each.inherited, each.shadows) for each in tracker.variables.list("digits")]
    assert seen == [("A", "store", True, False), ("B", "digits", False, True), ("C", "digits", False, False)]
    assert [each.name for each in tracker.variables.list()] == ["A", "B"]
    assert tracker.variables.get("B", experiment="digits").scope is Scope.EXPERIMENT
    assert tracker.variables.get("A", experiment="digits").inherited
    tracker.variables.delete("B", experiment="digits")
    assert tracker.variables.get("B", experiment="digits").value == "store"


def test_an_inherited_one_is_changed_where_it_belongs(tracker):
    tracker.experiments.create("digits")
    tracker.variables.create("A", "store")
    for change in (tracker.variables.update, tracker.variables.delete):
        with pytest.raises(NotFound, match="inherits it from the store"):
            change("A", experiment="digits")
    assert tracker.variables.get("A").value == "store"


def test_names_are_unique_within_store_or_experiment(tracker):
    tracker.experiments.create("digits")
    tracker.variables.create("A", "1")
    tracker.variables.create("B", "1")
    with pytest.raises(Conflict, match="A already"):
        tracker.variables.create("A", "2")
    with pytest.raises(Conflict, match="A already"):
        tracker.variables.update("B", name="A", value="2")
    assert tracker.variables.get("B").value == "1"
    tracker.variables.create("A", "2", experiment="digits")


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "Ä", "A\n", "JUPYTER_TRACKER_HOME", "A" * 251])
def test_a_name_that_is_none_of_an_environment_variable_is_refused(tracker, name):
    with pytest.raises(InvalidInput, match="variable"):
        tracker.variables.create(name, "x")


@pytest.mark.parametrize("value", ["a\0b", "x" * 100_001, 1, None, "\udc80"])
def test_a_value_that_cannot_be_one_is_refused_and_not_shown(tracker, value):
    with pytest.raises(InvalidInput, match="variable TOKEN") as caught:
        tracker.variables.create("TOKEN", value)
    assert str(value) == "None" or str(value)[:10] not in str(caught.value)


def test_unknown_ones_are_not_found_and_close_names_suggested(tracker):
    tracker.variables.create("WORKERS", "4")
    with pytest.raises(NotFound, match="Did you mean 'WORKERS'"):
        tracker.variables.get("WORKER")
    with pytest.raises(NotFound, match="experiment"):
        tracker.variables.create("A", "x", experiment="nothing")


@pytest.mark.needs("restoring")
def test_those_of_a_deleted_experiment_are_kept_for_its_restoration(tracker):
    tracker.experiments.create("digits")
    tracker.variables.create("A", "1", experiment="digits")
    tracker.experiments.delete("digits")
    with pytest.raises(Conflict, match="deleted"):
        tracker.variables.update("A", "2", experiment="digits")
    tracker.experiments.restore("digits")
    assert tracker.variables.get("A", experiment="digits").value == "1"


@pytest.mark.needs("run variables")
def test_submitted_runs_get_them_the_nearest_first(tracker):
    tracker.experiments.create("digits")
    for name in "ABC":
        tracker.variables.create(name, "of the store")
    for name in "BC":
        tracker.variables.create(name, "of the experiment", experiment="digits")
    seen = json.loads(printed(tracker, PRINT, variables={"C": "of the run"}))
    assert seen == {"A": "of the store", "B": "of the experiment", "C": "of the run", "D": None}


@pytest.mark.needs("processes")
def test_secrets_reach_the_run_and_are_masked_in_its_log(tracker):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    code = """
import os, sys, time
import jupyter_tracker as jt
token = os.environ["TOKEN"]
print(len(token), "token=" + token)
sys.stdout.write(token[:6]); sys.stdout.flush(); time.sleep(0.4)
print(token[6:])
jt.current_run().log_text(f"logged {token}\\n")
print("to stderr", token, file=sys.stderr)
"""
    text = printed(tracker, code)
    assert TOKEN not in text
    lines = set(text.splitlines())
    assert {f"{len(TOKEN)} token=***", "***", "logged ***", "to stderr ***"} <= lines


@pytest.mark.needs("processes")
def test_a_secret_in_the_reason_of_a_failure_is_masked(tracker):
    run = tracker.runs.submit(
        "digits", code="import os\nraise ValueError(os.environ['TOKEN'])\n", variables={"TOKEN": Secret(TOKEN)}
    ).wait(60)
    assert run.info.reason == "exit code 1: ValueError: ***"
    assert TOKEN not in repr(run.events()) + repr(run.submission())


@pytest.mark.needs("processes")
def test_a_runs_own_value_in_the_place_of_a_secret_is_masked_too(tracker):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    assert printed(tracker, "import os\nprint(os.environ['TOKEN'])\n", variables={"TOKEN": "other-token"}) == "***"


@pytest.mark.needs("processes")
def test_a_secret_that_a_run_hands_to_one_that_it_submits_is_masked_there_too(tracker, address):
    code = f"""
import jupyter_tracker as jt
jt.connect({address!r}).runs.submit("inner", code="import os\\nprint(os.environ['TOKEN'])\\n").wait(60)
"""
    printed(tracker, code, variables={"TOKEN": Secret(TOKEN)})
    (inner,) = tracker.runs.list("inner")
    assert str(inner.logs()) == "***"


def test_public_values_are_shown(tracker):
    tracker.variables.create("A", "plain value")
    assert printed(tracker, "import os\nprint(os.environ['A'])\n") == "plain value"


def test_the_list_turns_into_a_frame_and_prints(tracker):
    tracker.variables.create("TOKEN", TOKEN, secret=True)
    tracker.variables.create("WORKERS", "4")
    frame = tracker.variables.list().frame()
    assert frame["name"].tolist() == ["TOKEN", "WORKERS"]
    assert frame["value"].fillna("").tolist() == ["", "4"]
    assert frame["secret"].tolist() == [True, False]
    assert "WORKERS" in repr(tracker.variables.list())


@pytest.mark.needs("assets")
def test_capabilities_show_them(tracker):
    tracker.variables.list()  # where the backend has them
    shown = {each.operation: str(each.support) for each in tracker.capabilities()}
    verbs = ("create", "get", "list", "update", "delete")
    assert {shown[f"variables.{verb}"] for verb in verbs} == {"native"}
