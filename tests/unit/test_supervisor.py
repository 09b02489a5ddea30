"""Submitted runs as real processes: whatever the code does, its end is recorded truly and its output is kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from jupyter_tracker.backends.local.backend import LocalBackend
from jupyter_tracker.backends.local.logfile.reader import LogReader
from jupyter_tracker.backends.local.process.identity import alive
from jupyter_tracker.backends.local.process.supervisor import Supervisor
from jupyter_tracker.errors import InvalidCode
from jupyter_tracker.flow import run as drive
from jupyter_tracker.models import Code, CodeKind, RunState, Stream, Submission

LIMIT = 60.0


class Bench:
    """A store and what a test asks of it."""

    def __init__(self, folder):
        self.folder = folder
        self.backend = LocalBackend(folder / "home")

    def script(self, text, name="train.py"):
        path = self.folder / name
        path.write_text(textwrap.dedent(text))
        return Code(CodeKind.SCRIPT, path=str(path), working_directory=str(self.folder))

    def submit(self, code, **options):
        if isinstance(code, str):
            code = self.script(code)
        return drive(self.backend.runs.submit(Submission("demo", code, **options))).id

    def info(self, run_id):
        return drive(self.backend.runs.get(run_id))

    def ended(self, run_id):
        limit = time.monotonic() + LIMIT
        while not (info := self.info(run_id)).state.ended:
            assert time.monotonic() < limit, f"{info}\n{self.text(run_id)}"
            time.sleep(0.02)
        return info

    def events(self, run_id):
        return drive(self.backend.events.read(run_id, 0, 1000))

    def kinds(self, run_id):
        return [event.kind for event in self.events(run_id)]

    def lines(self, run_id):
        found, cursor = [], None
        while (page := drive(self.backend.logs.read(run_id, cursor, 5000))).items:
            found.extend(page.items)
            cursor = page.cursor
        return found

    def text(self, run_id, stream=Stream.STDOUT):
        return "".join(each.text + "\n" * each.terminated for each in self.lines(run_id) if each.stream is stream)

    def until_printed(self, run_id, text):
        limit = time.monotonic() + LIMIT
        while text not in (shown := self.text(run_id)):
            assert time.monotonic() < limit, shown
            time.sleep(0.02)
        return shown

    def keeper(self, run_id):
        with self.backend.store.read() as db:
            return db.execute("SELECT keeper FROM runs WHERE id = ?", (run_id,)).fetchone()[0]

    def child(self, run_id):
        with self.backend.store.read() as db:
            return db.execute("SELECT child FROM runs WHERE id = ?", (run_id,)).fetchone()[0]

    def files(self, run_id):
        return self.folder / "home" / "runs" / run_id


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    with made.backend.store.read() as db:
        left = [row[0] for row in db.execute("SELECT id FROM runs WHERE ended_at IS NULL")]
    for run_id in left:
        drive(made.backend.runs.stop(run_id, 0.0))
    for run_id in left:
        made.ended(run_id)
    made.backend.close()


def gone(pid):
    limit = time.monotonic() + LIMIT
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def test_a_script_gets_params_and_its_lines_and_exit_are_recorded(bench):
    run_id = bench.submit(
        """
        import json, os, sys
        print(json.dumps(sys.argv[1:]))
        print(os.environ["JUPYTER_TRACKER_PARAM_LR"], os.getcwd())
        print("warned", file=sys.stderr)
        print("without an end", end="")
        """,
        params={"lr": 0.5, "deep": True},
    )
    info = bench.ended(run_id)
    assert (info.state, info.exit_code, info.signal, info.reason) == (RunState.SUCCEEDED, 0, None, "")
    assert bench.text(run_id) == f'["--lr", "0.5", "--deep"]\n0.5 {bench.folder}\nwithout an end'
    assert bench.text(run_id, Stream.STDERR) == "warned\n"
    assert bench.kinds(run_id) == ["created", "queued", "started", "ended"]
    assert info.started_at <= info.ended_at


def test_a_failure_is_explained_by_the_end_of_the_traceback(bench):
    run_id = bench.submit("import sys\nraise ValueError('bad lr')\n")
    info = bench.ended(run_id)
    assert (info.state, info.exit_code, info.reason) == (RunState.FAILED, 1, "exit code 1: ValueError: bad lr")


def test_a_cell_runs_with_its_working_directory_importable(bench):
    (bench.folder / "helper.py").write_text("ANSWER = 42\n")
    cell = Code(CodeKind.CELL, text="import helper\nprint(helper.ANSWER)", working_directory=str(bench.folder))
    run_id = bench.submit(cell)
    assert bench.ended(run_id).state is RunState.SUCCEEDED
    assert bench.text(run_id) == "42\n"


def test_a_folder_runs_in_itself_and_a_program_by_itself(bench):
    folder = bench.folder / "project"
    folder.mkdir()
    (folder / "main.py").write_text("import os, part\nprint(os.getcwd())\n")
    (folder / "part.py").touch()
    program = bench.script("#!/bin/sh\necho $JUPYTER_TRACKER_PARAM_LR $2\nexit 3\n", "train.sh")
    Path(program.path).chmod(0o700)
    of_folder = bench.submit(Code(CodeKind.FOLDER, path=str(folder)))
    of_program = bench.submit(program, params={"lr": 1})
    assert bench.ended(of_folder).state is RunState.SUCCEEDED
    assert bench.text(of_folder) == f"{folder}\n"
    assert bench.ended(of_program).reason == "exit code 3"
    assert bench.text(of_program) == "1 1\n"


def test_what_the_training_logs_is_complete_when_the_run_has_ended(bench):
    run_id = bench.submit(
        """
        import jupyter_tracker as jt
        run = jt.current_run()
        for step in range(500):
            run.log({"loss": 1 / (step + 1)})
        """
    )
    bench.ended(run_id)
    with bench.backend.store.read() as db:
        assert db.execute("SELECT count, last_step FROM metrics WHERE key = 'loss'").fetchone() == (500, 499)


def test_lines_and_the_beginning_of_a_line_are_seen_while_the_code_runs(bench):
    run_id = bench.submit("print('one')\nprint('tw', end='')\nimport time\ntime.sleep(600)\n")
    assert bench.until_printed(run_id, "tw") == "one\ntw"
    assert bench.info(run_id).state is RunState.RUNNING


def test_stopping_goes_from_requested_to_terminating_to_ended(bench):
    run_id = bench.submit("print('up')\nimport time\ntime.sleep(600)\n")
    bench.until_printed(run_id, "up")
    drive(bench.backend.runs.stop(run_id, 30.0))
    info = bench.ended(run_id)
    assert (info.state, info.signal) == (RunState.STOPPED, "SIGTERM")
    assert bench.kinds(run_id)[-3:] == ["stop_requested", "terminating", "ended"]


def test_code_that_ends_well_on_a_stop_counts_as_stopped(bench):
    run_id = bench.submit(
        """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: (print("saved"), sys.exit(0)))
        print("up")
        time.sleep(600)
        """
    )
    bench.until_printed(run_id, "up")
    drive(bench.backend.runs.stop(run_id, 30.0))
    info = bench.ended(run_id)
    assert (info.state, info.exit_code) == (RunState.STOPPED, 0)
    assert bench.text(run_id) == "up\nsaved\n"


def test_code_that_ignores_the_stop_is_killed_after_its_grace(bench):
    run_id = bench.submit(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(600)\n"
    )
    bench.until_printed(run_id, "up")
    drive(bench.backend.runs.stop(run_id, 0.5))
    info = bench.ended(run_id)
    assert (info.state, info.signal) == (RunState.STOPPED, "SIGKILL")
    assert "did not end within 0.5 s" in info.reason
    assert bench.kinds(run_id)[-4:] == ["stop_requested", "terminating", "killed", "ended"]


def test_a_shorter_grace_asked_for_later_counts(bench):
    run_id = bench.submit(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up')\ntime.sleep(600)\n"
    )
    bench.until_printed(run_id, "up")
    drive(bench.backend.runs.stop(run_id, 500.0))
    drive(bench.backend.runs.stop(run_id, 0.1))
    assert bench.ended(run_id).signal == "SIGKILL"


def test_a_run_that_takes_too_long_fails_with_the_reason(bench):
    run_id = bench.submit("import time\ntime.sleep(600)\n", timeout=0.5)
    info = bench.ended(run_id)
    assert (info.state, info.reason) == (RunState.FAILED, "timed out after 0.5 s")
    assert "timed_out" in bench.kinds(run_id)


def test_a_killed_child_fails_with_the_signal(bench):
    run_id = bench.submit("print('up')\nimport time\ntime.sleep(600)\n")
    bench.until_printed(run_id, "up")
    os.kill(int(bench.child(run_id).partition(":")[0]), signal.SIGKILL)
    info = bench.ended(run_id)
    assert (info.state, info.exit_code, info.signal) == (RunState.FAILED, None, "SIGKILL")
    assert "memory" in info.reason


def test_a_crash_in_native_code_is_named(bench):
    run_id = bench.submit("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    assert bench.ended(run_id).signal == "SIGSEGV"


def test_children_that_outlive_the_code_are_ended_and_never_block_its_end(bench):
    run_id = bench.submit(
        """
        import os, signal, time
        for detached in (False, True):
            seen, say = os.pipe()
            if os.fork() == 0:
                if detached:
                    os.setsid()
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    if os.fork():
                        os._exit(0)
                os.write(1, f"child {os.getpid()}\\n".encode())
                os.write(say, b"x")
                time.sleep(600)
            os.read(seen, 1)
        """
    )
    info = bench.ended(run_id)
    assert (info.state, info.exit_code) == (RunState.SUCCEEDED, 0)
    (event,) = [event for event in bench.events(run_id) if event.kind == "leftover_processes"]
    assert event.data == {"count": 2}
    assert [gone(int(line.split()[1])) for line in bench.text(run_id).splitlines()] == [True, True]


def test_a_stop_reaches_processes_in_sessions_of_their_own(bench):
    run_id = bench.submit(
        """
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        print("child", child.pid)
        time.sleep(600)
        """
    )
    pid = int(bench.until_printed(run_id, "child").split()[1])
    drive(bench.backend.runs.stop(run_id, 30.0))
    assert bench.ended(run_id).state is RunState.STOPPED
    assert gone(pid)


def test_binary_output_is_kept(bench):
    run_id = bench.submit("import os\nos.write(1, bytes(range(256)) * 100)\n")
    assert bench.ended(run_id).state is RunState.SUCCEEDED
    assert bench.text(run_id) == (bytes(range(256)) * 100).decode("utf-8", "replace")


def test_a_hundred_megabytes_on_one_line_are_one_line_in_parts(bench):
    run_id = bench.submit("import sys\nfor _ in range(100):\n    sys.stdout.write('x' * 1_000_000)\nprint()\n")
    assert bench.ended(run_id).state is RunState.SUCCEEDED
    size, cursor = 0, None
    reader = LogReader(bench.files(run_id) / "log")
    while (page := reader.read(cursor, 100)).items:
        assert {line.line for line in page.items} == {0}
        size += sum(len(line.text) for line in page.items)
        cursor = page.cursor
    assert size == 100_000_000
    assert reader.count == 1
    assert sum(len(line.text) for line in reader.tail(10).items) <= 9_000_000


def test_no_line_is_lost_at_full_speed(bench):
    run_id = bench.submit("for number in range(200_000):\n    print('line', number)\n")
    assert bench.ended(run_id).state is RunState.SUCCEEDED
    assert bench.text(run_id) == "".join(f"line {number}\n" for number in range(200_000))


@pytest.mark.parametrize(("text", "words"), [("import os\nprint(1", "train.py:2"), (None, "There is no file")])
def test_code_that_cannot_run_makes_no_run(bench, text, words):
    path = bench.folder / "train.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidCode, match=words):
        bench.submit(Code(CodeKind.SCRIPT, path=str(path)))
    with bench.backend.store.read() as db:
        assert db.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_a_program_that_cannot_be_executed_fails_with_the_reason(bench):
    code = bench.script("#!/no/such/interpreter\n", "train.sh")
    Path(code.path).chmod(0o700)
    info = bench.ended(bench.submit(code))
    assert info.state is RunState.FAILED
    assert "could not be started" in info.reason
    assert "train.sh" in info.reason


def test_secrets_in_variables_reach_the_code_and_no_file(bench):
    secret = "s3cret-0f-the-te5t"
    run_id = bench.submit("import os\nprint(len(os.environ['TOKEN']))\n", variables={"TOKEN": secret})
    bench.ended(run_id)
    assert bench.text(run_id) == f"{len(secret)}\n"
    bench.backend.close()
    for file in bench.folder.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file


def test_the_environment_is_described_and_the_machine_sampled(bench):
    run_id = bench.submit("import time\nx = bytearray(30_000_000)\ntime.sleep(600)\n")
    limit = time.monotonic() + LIMIT
    while "system/cpu_percent" not in (metrics := bench.info(run_id).metrics):
        assert time.monotonic() < limit
        time.sleep(0.05)
    assert metrics["system/memory_bytes"].value > 30_000_000
    environment = drive(bench.backend.runs.environment(run_id))
    assert environment.python == ".".join(map(str, sys.version_info[:3]))
    assert "psutil" in environment.packages


def test_the_end_of_the_submitting_process_leaves_the_run_alone(bench):
    code = f"""
        import os, signal
        from pathlib import Path
        from jupyter_tracker.backends.local.backend import LocalBackend
        from jupyter_tracker.flow import run
        from jupyter_tracker.models import Code, CodeKind, Submission
        backend = LocalBackend(Path({str(bench.folder / "home")!r}))
        cell = Code(CodeKind.CELL, text="import time\\ntime.sleep(1)\\nprint('done')", working_directory="/")
        print(run(backend.runs.submit(Submission("demo", cell))).id, flush=True)
        os.killpg(0, signal.SIGKILL)
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, start_new_session=True, check=False
    )
    assert result.returncode == -signal.SIGKILL
    run_id = result.stdout.decode().strip()
    assert bench.ended(run_id).state is RunState.SUCCEEDED
    assert bench.text(run_id) == "done\n"


def test_a_supervisor_that_is_ended_stops_the_code_and_says_so(bench):
    run_id = bench.submit("print('up')\nimport time\ntime.sleep(600)\n")
    bench.until_printed(run_id, "up")
    os.kill(int(bench.keeper(run_id).partition(":")[0]), signal.SIGTERM)
    info = bench.ended(run_id)
    assert info.state is RunState.STOPPED
    assert "supervisor got SIGTERM" in info.reason
    assert not alive(bench.child(run_id))


def test_the_supervisor_is_nobodys_child_and_leaves_no_process_behind(bench):
    run_id = bench.submit("print('up')\nimport time\ntime.sleep(1)\n")
    keeper = int(bench.keeper(run_id).partition(":")[0])
    assert keeper not in [child.pid for child in psutil.Process().children(recursive=True)]
    bench.ended(run_id)
    assert gone(keeper)
    assert (bench.files(run_id) / "supervisor.log").read_text() == ""


def test_a_run_that_was_stopped_before_it_began_is_not_started(bench):
    run_id = bench.ended(bench.submit("pass")).id
    with bench.backend.store.write() as db:
        db.execute("UPDATE runs SET state = 'queued', ended_at = NULL, stop_requested_at = 1, grace_period = 1")
    Supervisor(bench.backend.store, run_id).run()
    assert bench.info(run_id).state is RunState.STOPPED
