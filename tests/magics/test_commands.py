"""Sub-commands by what they give."""

from __future__ import annotations

import pytest

import jupyter_tracker as jt
from jupyter_tracker.client import Run
from jupyter_tracker.client.results import EventList, ExperimentList, LogList, RunList
from jupyter_tracker.errors import Ambiguous, Conflict, InvalidCode, InvalidFilter, NotFound
from jupyter_tracker.magics import load
from jupyter_tracker.magics.commands import COMMANDS, doctor
from jupyter_tracker.magics.mistakes import Interrupted, RunFailed, UsageMistake
from jupyter_tracker.magics.parser import parse
from jupyter_tracker.magics.table import Arguments
from jupyter_tracker.models import Experiment, Lifecycle, RunState


def test_runs_are_an_object_with_a_frame(digits):
    digits.value("x = %tracker runs digits")
    assert isinstance(digits.names["x"], RunList)
    assert list(digits.names["x"].frame()["name"]) == ["large", "small"]


def test_runs_are_filtered_ordered_and_limited(digits):
    found = digits.value('%tracker runs digits --where "params.lr > 0.05"')
    assert [run.name for run in found] == ["large"]
    found = digits.value('%tracker runs --order-by "params.lr" --limit 1')
    assert [run.name for run in found] == ["small"]


def test_variables_of_the_user_are_put_in(digits):
    digits.names.update(name="digits", rate=0.05)
    found = digits.value('%tracker runs $name --where "params.lr < {rate}"')
    assert [run.name for run in found] == ["small"]


def test_all_runs_are_listed_until_an_experiment_is_in_use(digits):
    with digits.tracker.runs.start("other"):
        pass
    assert len(digits.value("%tracker runs")) == 3
    assert isinstance(digits.value("%tracker use digits"), Experiment)
    assert len(digits.value("%tracker runs")) == 2
    assert len(digits.value("%tracker runs --all")) == 3
    assert len(digits.value("%tracker runs other")) == 1


def test_an_empty_store_has_no_runs_and_is_no_error(shell):
    assert digits_of(shell.value("%tracker runs")) == []


def digits_of(runs):
    return [run.name for run in runs]


def test_using_an_unknown_experiment_suggests_and_can_make_it(digits):
    error, printed = digits.error("%tracker use digit")
    assert isinstance(error, NotFound)
    assert "Did you mean 'digits'" in printed
    assert "--create" in printed
    assert digits.value("%tracker use new --create").name == "new"
    assert "new" in digits.value("%tracker use")


def test_new_runs_go_to_the_configured_experiment(shell):
    shell.value("%config TrackerMagics.experiment = 'mine'")
    shell.value("%%tracker track\npass")
    assert shell.tracker.runs.get("last").experiment == "mine"


@pytest.mark.parametrize("reference", ["last", "large", "id", "prefix"])
def test_a_run_is_given_by_id_prefix_name_or_last(digits, reference):
    large = digits.tracker.runs.get("large")
    written = {"id": large.id, "prefix": large.id[:10]}.get(reference, reference)
    shown = digits.value(f"%tracker run {written}")
    assert isinstance(shown, Run)
    assert shown.id == large.id


def test_unknown_runs_are_suggested(digits):
    error, printed = digits.error("%tracker run smal")
    assert isinstance(error, NotFound)
    assert "Did you mean 'small'" in printed


def test_a_name_of_two_runs_is_ambiguous(digits):
    with digits.tracker.runs.start("digits", name="small"):
        pass
    error, printed = digits.error("%tracker metrics small")
    assert isinstance(error, Ambiguous)
    assert "Traceback" not in printed


def test_a_filter_that_cannot_be_read_is_pointed_at(digits):
    error, printed = digits.error('%tracker runs --where "params.lr >"')
    assert isinstance(error, InvalidFilter)
    assert "^" in printed


def test_metrics_are_the_latest_values(digits):
    latest = digits.value("%tracker metrics large")
    assert latest == {"loss": 0.2, "acc": 0.4}
    assert "loss" in repr(latest)
    assert "<td" in latest._repr_html_()


def test_series_are_all_points(digits):
    assert list(digits.value("%tracker series large").columns) == ["loss", "acc"]
    assert list(digits.value("%tracker series large acc").columns) == ["acc"]
    assert len(digits.value("%tracker series large --long")) == 10
    error, printed = digits.error("%tracker series large los")
    assert isinstance(error, NotFound)
    assert "Did you mean 'loss'" in printed


def test_comparing_shows_params_that_differ_first(digits):
    with digits.tracker.runs.start("digits", name="third", params={"layers": 2, "lr": 0.01}) as run:
        run.log({"loss": 3.0})
    frame = digits.value("%tracker compare third large")
    assert list(frame.index) == ["third", "large"]
    assert list(frame.columns) == ["experiment", "state", "params.lr", "params.layers", "metrics.loss", "metrics.acc"]
    assert frame.loc["large", "params.lr"] == 0.1


def test_comparing_shows_a_panel_where_it_can_and_still_gives_the_frame(digits, monkeypatch):
    shown, session = [], digits.magics.session
    monkeypatch.setattr(session.surface, "rich", True)
    monkeypatch.setattr(session.surface, "display", shown.append)
    frame = digits.value("%tracker compare small large")
    assert list(frame.index) == ["small", "large"]
    (panel,) = shown
    assert isinstance(panel, jt.ComparePanel)
    assert len(panel.runs) == 2
    panel.close()


def test_runs_of_one_name_are_told_apart_when_compared(digits):
    with digits.tracker.runs.start("digits", name="small") as again:
        pass
    first = next(run for run in digits.tracker.runs.list("digits") if run.name == "small" and run.id != again.id)
    frame = digits.value(f"%tracker compare {first.id} {again.id}")
    assert list(frame.index) == [f"small {first.id[:8]}", f"small {again.id[:8]}"]
    error, _ = digits.error("%tracker compare large")
    assert isinstance(error, UsageMistake)


def test_logs_and_events_are_lists_and_can_be_followed(shell):
    shell.value("%%tracker track --name talk\nprint('one')\nprint('two')")
    logs = shell.value("%tracker logs talk")
    assert isinstance(logs, LogList)
    assert [line.text for line in logs] == ["one", "two"]
    assert [line.text for line in shell.value("%tracker logs talk --tail 1")] == ["two"]
    assert shell.cell("%tracker logs talk --follow")[1] == "one\ntwo\n"
    assert isinstance(shell.value("%tracker events talk"), EventList)
    assert "started" in shell.cell("%tracker events talk --follow")[1]


def test_classification_checkpoints_and_artifacts_are_read(digits, tmp_path):
    (tmp_path / "model.bin").write_bytes(b"weights")
    with digits.tracker.runs.start("digits", name="full") as run:
        run.log_classification(name="test", labels=["a", "b"], matrix=[[3, 1], [0, 4]])
        run.log_checkpoint(1, tmp_path / "model.bin")
        run.log_artifact(tmp_path / "model.bin")
    assert digits.value("%tracker classification full").accuracy == 7 / 8
    assert digits.value("%tracker classification full test").name == "test"
    assert [each.step for each in digits.value("%tracker checkpoints full")] == [1]
    assert "model.bin" in [each.path for each in digits.value("%tracker artifacts full")]
    where = digits.value("%tracker artifacts full --download model.bin --to copies")
    assert where.read_bytes() == b"weights"
    error, _ = digits.error("%tracker artifacts full --to copies")
    assert isinstance(error, UsageMistake)


def test_experiments_are_made_changed_and_listed(shell):
    made = shell.value('%tracker experiments create digits --description "ten of them" --tag team=vision')
    assert (made.description, made.tags) == ("ten of them", {"team": "vision"})
    shell.value("%tracker use digits")
    shell.value("%tracker experiments update digits --name numbers")
    found = shell.value("%tracker experiments")
    assert isinstance(found, ExperimentList)
    assert [each.name for each in found] == ["numbers"]
    assert "numbers" in shell.value("%tracker use")
    assert isinstance(shell.error("%tracker experiments create numbers")[0], Conflict)
    assert isinstance(shell.error("%tracker experiments update numbers")[0], UsageMistake)
    printed = shell.cell("%tracker experiments update numbers --description new")[1]
    assert "experiment numbers" in printed
    assert "Experiment(" not in printed


def test_runs_and_experiments_are_deleted_restored_and_archived(digits):
    large = digits.value("%tracker delete large")
    assert large.info.lifecycle is Lifecycle.DELETED
    assert digits_of(digits.value("%tracker runs digits --deleted")) == ["large"]
    digits.value(f"%tracker restore {large.id}")
    digits.value("%tracker archive large")
    assert digits_of(digits.value("%tracker runs digits --archived")) == ["large"]
    digits.value("%tracker restore large")
    digits.value("%tracker archive --experiment digits")
    assert [each.name for each in digits.value("%tracker experiments --archived")] == ["digits"]
    for line in ("%tracker delete", "%tracker delete large --experiment digits", "%tracker runs --archived --deleted"):
        assert isinstance(digits.error(line)[0], UsageMistake)


def test_connect_stays_for_the_session_and_forgets_the_experiment(digits, tmp_path):
    digits.value("%tracker use digits")
    digits.value(f"%tracker connect local://{tmp_path / 'other'}")
    assert digits.value("%tracker runs") == []
    assert str(tmp_path / "other") in digits.cell("%tracker connect")[1]
    _, printed = digits.error("%tracker connect lokal")
    assert "Did you mean 'local'" in printed


def test_capabilities_name_every_operation(shell):
    found = shell.value("%tracker capabilities")
    assert "runs.submit" in [each.operation for each in found]
    assert all(each.operation in repr(found) for each in found)
    assert "<td>runs.submit</td>" in found._repr_html_()


def test_doctor_finds_a_store_that_cannot_be_used(shell, tmp_path):
    found = shell.value("%tracker doctor")
    names = [check.check for check in found]
    assert names[:2] == ["Python", "jupyter_tracker"]
    assert {"connection", "active runs", "store", "size of the store", "panels", "lab extension", "GPU"} <= set(names)
    (tmp_path / "file").write_text("")
    shell.value(f"%tracker connect local://{tmp_path / 'file'}")
    found = shell.value("%tracker doctor")
    assert not found.healthy
    assert "connection" in [check.check for check in found if check.result == "problem"]


def test_commands_work_without_ipython(session):
    with session.tracker.runs.start("digits", name="a"):
        pass
    runs = next(command for command in COMMANDS if command.name == "runs")
    assert [run.name for run in runs.action(session, parse(runs, []))] == ["a"]
    assert doctor.doctor(session, Arguments()).healthy in (True, False)


def test_waiting_tells_how_a_run_failed_and_an_interrupt_leaves_it_running(session):
    run = session.tracker.runs.start("digits", name="a")
    run.end(RunState.FAILED, "It broke.")
    with pytest.raises(RunFailed, match=r"digits / a failed: It broke\. `%tracker logs"):
        session.wait(run)
    with pytest.raises(Interrupted, match="goes on"), session.following(run):
        raise KeyboardInterrupt


def test_code_that_is_not_there_is_one_line(shell):
    error, printed = shell.error("%tracker submit nothere.py")
    assert isinstance(error, InvalidCode)
    assert printed.count("\n") == 1


def test_stopping_a_run_that_has_ended_says_so(digits):
    error, printed = digits.error("%tracker stop last")
    assert isinstance(error, Conflict)
    assert "Traceback" not in printed


def test_training_needs_no_front_end(session, monkeypatch, capsys):
    def missing(run):
        raise FileNotFoundError("run-panel.js")

    monkeypatch.setattr("jupyter_tracker.RunPanel", missing, raising=False)
    session.surface.rich = True
    run = session.tracker.runs.start("digits")
    assert session.panel(run, wanted=False) is None
    assert capsys.readouterr().out == ""
    assert session.panel(run) is None
    assert "run-panel.js" in capsys.readouterr().out
    run.end()


def test_help_is_text_everywhere(shell):
    overview = shell.cell("%tracker")[1]
    for line in ("%tracker help", "%tracker help runs", "%tracker runs --help", "%tracker logs x -h"):
        assert "%tracker" in shell.cell(line)[1]
    for command in COMMANDS:
        assert command.written in overview
        assert command.written in shell.cell(f"%tracker help {command.name}")[1]
    assert "usage" not in shell.magics.tracker.__doc__
    assert "%tracker runs" in shell.magics.tracker.__doc__


def test_loading_again_keeps_the_session_and_doubles_nothing(digits):
    digits.value("%tracker use digits")
    load(digits.ipython)
    load(digits.ipython)
    assert "digits" in digits.value("%tracker use")
    assert digits.ipython.configurables.count(digits.magics) == 1
    assert len(digits.ipython.Completer.custom_matchers) == 1
    digits.value("%%tracker track --name once\nprint(1)")
    assert [line.text for line in digits.tracker.runs.get("once").logs()] == ["1"]
