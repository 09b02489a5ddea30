"""The table of runs: what it takes, what it remembers, what it leaves in the notebook."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker.errors import InvalidFilter
from jupyter_tracker.widgets import remembered

MOST_SAVED = 50_000


@pytest.fixture
def tracker(store_folder):
    with jt.connect() as tracker:
        yield tracker


@pytest.fixture
def runs(tracker):
    """Three ended runs."""
    made = []
    for number in range(3):
        with tracker.runs.start("digits", name=f"r{number}", params={"lr": number / 10}) as run:
            run.log({"loss": 1 / (number + 1)})
        made.append(run)
    return made


@pytest.fixture
def notebook(monkeypatch):
    """The kernel knows in which notebook it is."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/notebooks/train.ipynb")


def test_it_takes_a_name_an_experiment_a_list_or_a_tracker(tracker, runs):
    listed = tracker.runs.list("digits", where="params.lr > 0", order_by=["params.lr", "name DESC"])
    panel = jt.RunsPanel(listed)
    assert (panel.experiment, panel.where, panel.order_by) == ("digits", "params.lr > 0", "params.lr, name DESC")
    assert [run.name for run in panel.runs] == ["r1", "r2"]
    assert jt.RunsPanel("digits").experiment == "digits"
    assert jt.RunsPanel(tracker.experiments.get("digits")).experiment == "digits"
    assert len(jt.RunsPanel(tracker).runs) == 3
    with pytest.raises(TypeError, match="not int"):
        jt.RunsPanel(7)


def test_a_mistake_in_a_filter_points_at_its_column(tracker, runs):
    with pytest.raises(InvalidFilter) as caught:
        jt.RunsPanel("digits", where="params.lr >> 1")
    assert caught.value.column == 11
    panel = jt.RunsPanel("digits")
    with pytest.raises(InvalidFilter):
        panel.where = "params.lr >> 1"
    assert panel.where == ""
    panel.where = "params.lr > 0"
    assert len(panel.runs) == 2


def test_picture_and_text_show_the_first_runs(runs):
    panel = jt.RunsPanel("digits", order_by="params.lr")
    for shown in (panel.picture(), panel.text()):
        assert [shown.index(name) for name in ("r0", "r1", "r2")] == sorted(
            shown.index(name) for name in ("r0", "r1", "r2")
        )
    assert "3 runs" in panel.picture()


def test_many_runs_with_hostile_names_leave_a_small_picture(tracker):
    for number in range(30):
        name = f"</text><script>{number}" + "x" * 10_000
        with tracker.runs.start("digits", name=name[:200], params={"note": "<b>" * 1000, "bell": "\x07"}):
            pass
    panel = jt.RunsPanel("digits")
    data, _ = panel.bundle()
    assert "<script" not in data["image/svg+xml"]
    assert "and 15 more" in data["image/svg+xml"]
    assert "and 10 more runs" in data["text/plain"]
    assert len(json.dumps(data)) < MOST_SAVED


def test_an_experiment_that_is_not_there_yet_is_waited_for(tracker):
    panel = jt.RunsPanel("tomorrow")
    assert not panel.ended()
    with tracker.runs.start("tomorrow"):
        assert not panel.ended()
    assert panel.ended()


@pytest.mark.usefixtures("notebook")
def test_a_view_is_remembered_for_notebook_and_experiment(runs, monkeypatch):
    panel = jt.RunsPanel("digits")
    panel.where = "params.lr > 0"
    panel.columns = ["name", "min(metrics.loss)"]
    panel.view = {"pinned": ["name"], "widths": {"name": 300}, "group": ""}
    again = jt.RunsPanel("digits")
    assert (again.where, again.columns, again.view["widths"]) == ("params.lr > 0", panel.columns, {"name": 300})
    assert jt.RunsPanel("digits", where="params.lr > 1").where == "params.lr > 1"
    assert jt.RunsPanel().where == ""
    monkeypatch.setenv("JPY_SESSION_NAME", "/notebooks/other.ipynb")
    assert jt.RunsPanel("digits").where == ""


@pytest.mark.usefixtures("notebook", "store_folder")
@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"x": 3}',
        '"text"',
        '{"PLACE": {"where": "x >>", "columns": 3, "view": []}}',
        '{"PLACE": {"where": 1}}',
    ],
)
def test_what_was_remembered_and_cannot_be_read_is_forgotten(content):
    panel = jt.RunsPanel("digits")
    panel.columns = ["name"]
    (file,) = Path(remembered.default_home(), "views").iterdir()
    file.write_text(content.replace("PLACE", panel._place))
    again = jt.RunsPanel("digits")
    assert (again.where, again.columns, again.view) == ("", [], {})


@pytest.mark.usefixtures("notebook", "store_folder")
def test_only_so_many_panels_are_remembered():
    for number in range(remembered.MOST + 5):
        remembered.remember(f"runs {number}", {"where": str(number)})
    assert remembered.recall("runs 0") == {}
    assert remembered.recall(f"runs {remembered.MOST + 4}") == {"where": str(remembered.MOST + 4)}


def test_nothing_is_remembered_without_a_notebook(runs, monkeypatch):
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    jt.RunsPanel("digits").where = "params.lr > 0"
    assert jt.RunsPanel("digits").where == ""
