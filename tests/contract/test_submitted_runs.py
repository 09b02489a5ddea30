"""Runs in a process of their own, from the first word to the true end."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from jupyter_tracker.errors import Conflict, InvalidCode, InvalidInput, InvalidParams
from jupyter_tracker.models import CodeKind, RunKind, RunState

LIMIT = 60
"""Seconds that any of these runs may take on a busy machine."""

SHOW_PARAMS = """
import json, os, sys
import jupyter_tracker as jt
run = jt.current_run()
print(json.dumps(run.params))
print(json.dumps(sys.argv[1:]))
print(os.environ["JUPYTER_TRACKER_PARAM_LR"])
"""
ENDLESS = "import time\nprint('ready', flush=True)\nwhile True:\n    time.sleep(0.1)\n"
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + ENDLESS
PARAMS = {"lr": 0.1, "epochs": 3, "flag": True, "off": False, "nothing": None, "layers": [1, 2], "deep": {"a": [1.0]}}


def submit(tracker, code, **options):
    return tracker.runs.submit("digits", code=code, **options)


def ready(run, eventually):
    eventually(lambda: "ready" in [line.text for line in run.logs()], LIMIT)


@pytest.mark.needs("processes")
def test_a_script_runs_with_its_params_and_ends(tracker, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SHOW_PARAMS)
    run = submit(tracker, script, params=PARAMS, tags={"team": "vision"}).wait(LIMIT)
    assert (run.state, run.info.exit_code, run.info.kind) == (RunState.SUCCEEDED, 0, RunKind.SUBMITTED), str(run.logs())
    import json

    seen, arguments, variable = [line.text for line in run.logs()]
    assert json.loads(seen) == PARAMS
    assert json.loads(arguments)[:5] == ["--lr", "0.1", "--epochs", "3", "--flag"]
    assert variable == "0.1"
    assert (run.name, dict(run.params), dict(run.tags)) == ("train", PARAMS, {"team": "vision"})


def test_a_folder_runs_its_entry_point_and_imports_its_modules(tracker, tmp_path):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "helper.py").write_text("WORD = 'helped'\n")
    (folder / "main.py").write_text("import helper, os\nprint(helper.WORD, os.path.basename(os.getcwd()))\n")
    (folder / "other.py").write_text("print('the other one')\n")
    run = submit(tracker, folder).wait(LIMIT)
    assert str(run.logs()) == "helped project"
    run = submit(tracker, folder, entry_point="other.py").wait(LIMIT)
    assert str(run.logs()) == "the other one"


def test_params_reach_a_script_as_arguments_and_variables(tracker, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        "import json, os, sys\nprint(json.dumps(sys.argv[1:]))\nprint(os.environ['JUPYTER_TRACKER_PARAM_LR'])\n"
    )
    run = submit(tracker, script, params=PARAMS).wait(LIMIT)
    assert run.state is RunState.SUCCEEDED, run.info.reason
    arguments, variable = [line.text for line in run.logs()]
    import json

    assert json.loads(arguments)[:5] == ["--lr", "0.1", "--epochs", "3", "--flag"]
    assert variable == "0.1"
    found = tracker.runs.get(run.id)
    assert (found.name, found.experiment, dict(found.params)) == ("train", "digits", PARAMS)
    assert [each.id for each in tracker.runs.list("digits", where="params.lr = 0.1 and state = 'succeeded'")] == [
        run.id
    ]


def test_code_that_fails_is_a_failure(tracker):
    run = submit(tracker, "raise ValueError('bad lr')\n").wait(LIMIT)
    assert run.state is RunState.FAILED
    assert "ValueError: bad lr" in str(run.logs())


def test_a_submitted_run_is_stopped(tracker):
    run = submit(tracker, ENDLESS)
    assert run.stop(grace_period=0).wait(LIMIT).state is RunState.STOPPED
    with pytest.raises(Conflict, match="ended already"):
        run.stop()


@pytest.mark.needs("processes")
def test_a_cell_runs_where_it_was_submitted(tracker, tmp_path):
    (tmp_path / "neighbour.py").write_text("WORD = 'next door'\n")
    run = submit(tracker, "import neighbour, os\nprint(neighbour.WORD)\nprint(os.getcwd())\n").wait(LIMIT)
    assert [line.text for line in run.logs()] == ["next door", str(tmp_path)]
    submission = run.submission()
    assert submission.code.kind is CodeKind.CELL
    assert "neighbour" in submission.code.text


@pytest.mark.needs("processes")
def test_what_it_logs_is_complete(tracker):
    code = """
import jupyter_tracker as jt
run = jt.current_run()
for step in range(5000):
    run.log({"loss": step / 3, "acc": -step})
run.set_progress(3, 3, operation="epoch")
run.log_classification(labels=["a"], matrix=[[3]])
run.log_params({"found": [1, None]})
"""
    run = submit(tracker, code).wait(LIMIT)
    assert run.state is RunState.SUCCEEDED, run.info.reason
    frame = run.series()
    assert frame["loss"].tolist() == [step / 3 for step in range(5000)]
    assert run.metrics["acc"] == -4999
    assert dict(run.params) == {"found": [1, None]}
    assert run.progress.value == 3
    assert run.classification().accuracy == 1.0


@pytest.mark.needs("processes")
def test_both_streams_become_log_lines_and_the_exception_the_reason(tracker):
    run = submit(tracker, "import sys\nprint('out')\nsys.stdout.flush()\nraise ValueError('bad lr')\n").wait(LIMIT)
    assert (run.state, run.info.exit_code) == (RunState.FAILED, 1)
    assert "ValueError: bad lr" in run.info.reason
    streams = {str(line.stream) for line in run.logs()}
    assert streams == {"stdout", "stderr"}


def test_lines_can_be_followed_while_they_are_printed(tracker):
    run = submit(tracker, "import time\nfor n in range(20):\n    print('line', n, flush=True)\n    time.sleep(0.02)\n")
    assert [line.text for line in run.logs(follow=True)] == [f"line {number}" for number in range(20)]
    assert run.refresh().state is RunState.SUCCEEDED


def test_events_can_be_followed_to_the_end(tracker):
    run = submit(tracker, "print('x')\n")
    kinds = [event.kind for event in run.events(follow=True)]
    assert [kind for kind in kinds if kind in ("created", "queued", "started", "ended")] == [
        "created",
        "queued",
        "started",
        "ended",
    ]


@pytest.mark.needs("processes")
def test_stopping_asks_first(tracker, eventually):
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n    print('saved', flush=True)\n    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n" + ENDLESS
    )
    run = submit(tracker, code)
    ready(run, eventually)
    # The code may have ended by the time at which a platform tells the state.
    assert run.stop(grace_period=LIMIT).state in (RunState.STOPPING, RunState.STOPPED)
    run.wait(LIMIT)
    assert run.state is RunState.STOPPED
    assert [line.text for line in run.logs()][-1] == "saved"
    kinds = [event.kind for event in run.events()]
    assert kinds.index("stop_requested") < kinds.index("terminating") < kinds.index("ended")
    assert "killed" not in kinds


@pytest.mark.needs("processes")
def test_stopping_kills_what_ignores_it_after_the_grace_period(tracker, eventually):
    run = submit(tracker, STUBBORN)
    ready(run, eventually)
    run.stop(grace_period=0.5).wait(LIMIT)
    assert (run.state, run.info.signal) == (RunState.STOPPED, "SIGKILL")
    assert "killed" in [event.kind for event in run.events()]


@pytest.mark.needs("processes")
def test_stopping_ends_the_children_too(tracker, eventually):
    code = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n" + ENDLESS
    )
    run = submit(tracker, code)
    ready(run, eventually)
    child = int(run.logs()[0].text)
    run.stop(grace_period=5).wait(LIMIT)
    eventually(lambda: not alive(child))


@pytest.mark.needs("processes")
def test_a_run_that_takes_too_long_is_ended(tracker):
    run = submit(tracker, ENDLESS, timeout=1).wait(LIMIT)
    assert run.state is RunState.FAILED
    assert "timed out after 1 s" in run.info.reason


@pytest.mark.needs("processes")
def test_a_process_that_is_killed_from_outside_is_a_failure_that_says_so(tracker, eventually):
    run = submit(tracker, "import os\nprint(os.getpid(), flush=True)\n" + ENDLESS)
    ready(run, eventually)
    os.kill(int(run.logs()[0].text), signal.SIGKILL)
    run.wait(LIMIT)
    assert (run.state, run.info.signal) == (RunState.FAILED, "SIGKILL")
    assert "SIGKILL" in run.info.reason


@pytest.mark.needs("processes")
def test_a_run_whose_processes_all_vanish_is_lost_within_ten_seconds(tracker, eventually):
    run = submit(tracker, "import os\nprint(os.getpid(), os.getppid(), flush=True)\n" + ENDLESS)
    ready(run, eventually)
    child, keeper = map(int, run.logs()[0].text.split())
    os.kill(keeper, signal.SIGKILL)
    os.kill(child, signal.SIGKILL)
    assert run.wait(10).state is RunState.LOST
    assert [event.kind for event in run.events()].count("ended") == 1


@pytest.mark.needs("processes")
def test_it_survives_the_end_of_the_process_that_submitted_it(tracker, process, tmp_path):
    code = "import time\ntime.sleep(1)\nprint('still here')\n"
    submitter = process(f"print(tracker.runs.submit('digits', code={code!r}).id, flush=True)")
    run_id = submitter.stdout.readline().strip()
    assert submitter.wait(LIMIT) == 0
    run = tracker.runs.get(run_id)
    assert run.wait(LIMIT).state is RunState.SUCCEEDED
    assert str(run.logs()) == "still here"


@pytest.mark.needs("processes")
def test_it_survives_the_kill_of_the_process_that_submitted_it(tracker, process):
    code = "import time\ntime.sleep(1)\nprint('still here')\n"
    submitter = process(
        f"import time\nprint(tracker.runs.submit('digits', code={code!r}).id, flush=True)\ntime.sleep(600)"
    )
    run_id = submitter.stdout.readline().strip()
    submitter.send_signal(signal.SIGKILL)
    submitter.wait(LIMIT)
    run = tracker.runs.get(run_id)
    assert run.wait(LIMIT).state is RunState.SUCCEEDED


@pytest.mark.needs("run variables")
def test_variables_reach_the_code_and_their_values_are_not_kept(tracker, tmp_path):
    secret = "s3cret-value-of-a-variable"
    run = submit(
        tracker, "import os\nprint(len(os.environ['TOKEN']))\n", variables={"TOKEN": secret, "OMP_NUM_THREADS": "1"}
    ).wait(LIMIT)
    assert str(run.logs()) == str(len(secret))
    assert secret not in repr(run.submission())
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if secret.encode() in path.read_bytes()]


@pytest.mark.needs("data files")
def test_data_is_handed_over_by_path(tracker, tmp_path):
    (tmp_path / "data.csv").write_text("1,2,3")
    code = "import os\nprint(open(os.environ['JUPYTER_TRACKER_DATA']).read())\n"
    assert str(submit(tracker, code, data="data.csv").wait(LIMIT).logs()) == "1,2,3"


@pytest.mark.needs("processes")
def test_its_surroundings_are_captured(tracker, eventually):
    run = submit(tracker, "import time\ntime.sleep(1)\n").wait(LIMIT)
    environment = eventually(lambda: next(iter([run.environment()] if run.environment().python else []), None))
    assert environment.python.startswith(f"{sys.version_info.major}.{sys.version_info.minor}")
    assert "pytest" in environment.packages


@pytest.mark.needs("processes")
def test_the_machine_is_sampled(tracker):
    run = submit(tracker, "import time\ntime.sleep(1.5)\n").wait(LIMIT)
    assert {"system/cpu_percent", "system/memory_bytes"} <= set(run.machine().columns)
    assert run.series().empty


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("missing.py", "missing.py"),
        ("def broken(:\n    pass\n", "cell>:1"),
        ("", "no code"),
        ("   ", "no code"),
        ("empty-folder", "entry"),
    ],
)
def test_code_that_cannot_run_is_refused_before_anything_is_made(tracker, tmp_path, code, said):
    (tmp_path / "empty-folder").mkdir()
    with pytest.raises(InvalidCode, match=said):
        submit(tracker, code)
    assert tracker.runs.list() == []


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"timeout": 0}, InvalidInput),
        ({"timeout": 200_000}, InvalidInput),
        ({"timeout": float("nan")}, InvalidInput),
        ({"timeout": "1h"}, InvalidInput),
        ({"data": "nowhere.csv"}, InvalidInput),
        ({"variables": {"A=B": "x"}}, InvalidInput),
        ({"variables": {"N": 3}}, InvalidInput),
        ({"params": {"model": object()}}, InvalidParams),
        ({"tags": {"n": 3}}, InvalidInput),
        ({"resources": {"gpu": object()}}, InvalidInput),
        ({"entry_point": "main.py"}, InvalidCode),
        ({"name": ""}, InvalidInput),
    ],
)
def test_other_wrong_values_are_refused_before_anything_is_made(tracker, options, error):
    with pytest.raises(error):
        submit(tracker, "print(1)\n", **options)
    assert tracker.runs.list() == []


def test_several_at_once_all_end(tracker):
    runs = [submit(tracker, f"print({number})\n", name=f"r{number}") for number in range(4)]
    assert [str(run.wait(LIMIT).logs()) for run in runs] == ["0", "1", "2", "3"]


def alive(pid):
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text() if Path("/proc").is_dir() else _signalled(pid)
    except FileNotFoundError:
        return False


def _signalled(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
