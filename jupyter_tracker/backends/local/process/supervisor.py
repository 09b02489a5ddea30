"""The process that starts the training of a submitted run, watches over it and records its true end.

    python -m jupyter_tracker.backends.local.process.supervisor RUN_ID [FD]

It belongs to nobody: the notebook that started it may be gone. Into the file descriptor FD it writes when it answers
for the run. It has three threads: this one waits for the end and for stop requests, `Capture` drains the pipes, and
`Upkeep` does the rest.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from select import select
from typing import Any

from jupyter_tracker.backends.local import lifecycle
from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.metrics import settle
from jupyter_tracker.backends.local.process.allowance import Allowance
from jupyter_tracker.backends.local.process.capture import Capture
from jupyter_tracker.backends.local.process.command import (
    child_environment,
    command,
    secret_values,
    sweep_command,
    unpacked_variables,
    working_directory,
)
from jupyter_tracker.backends.local.process.identity import alive, host, identify
from jupyter_tracker.backends.local.process.launcher import READY
from jupyter_tracker.backends.local.process.outcome import explain_exit_code, explain_signal, out_of_memory_kills
from jupyter_tracker.backends.local.process.tree import adopt_orphans, end_leftovers, send
from jupyter_tracker.backends.local.process.upkeep import Upkeep
from jupyter_tracker.backends.local.queue.claims import Claim, claim
from jupyter_tracker.backends.local.queue.starting import carry_out
from jupyter_tracker.backends.local.record import submission_from
from jupyter_tracker.backends.local.retention import apply_after_end
from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.config import default_home
from jupyter_tracker.errors import NotFound, TrackerError
from jupyter_tracker.models import Code, JsonValue, Level, Resources, RunState, Stream, span

LOOK_EVERY = 0.2
"""Seconds between two looks for a stop request."""
OWN_GRACE = 10.0
"""Grace period in seconds after a time-out, or when the supervisor itself is to end."""
RECORD_LIMIT = 600.0
"""Seconds for which it is tried to record the end while the store refuses."""
LONGEST_DELAY = 3600.0
"""Seconds between two attempts at most."""


@dataclass
class _Ending:
    """That the run is to end: who wants it, and when its grace is over."""

    state: RunState
    reason: str
    grace: float
    began: float

    @property
    def kill_at(self) -> float:
        return self.began + self.grace


@dataclass(frozen=True)
class _End:
    """How an attempt ended."""

    state: RunState
    reason: str
    exit_code: int | None = None
    signal: str | None = None
    final: bool = True
    """Whether another attempt could not do better: it was stopped, took too long or used too much."""


class Supervisor:
    """Keeps one submitted run from its start to its end."""

    def __init__(self, store: Store, run_id: str) -> None:
        self._store = store
        self._run_id = run_id
        with store.read() as db:
            self._run = run_number(db, run_id)
            text, self._attempts, allotted = db.execute(
                "SELECT submission, attempt, allotted FROM runs WHERE number = ?", (self._run,)
            ).fetchone()
        if text is None:
            raise NotFound("submission of the run", run_id)
        self._submission = submission_from(text)
        if self._submission.sweep is not None:
            # Resources, timeout and retries are those of each child.
            self._submission = dataclasses.replace(self._submission, resources={}, timeout=math.inf, retries=0)
        self._variables = unpacked_variables(os.environ)
        self._allowance = Allowance(Resources.parse(self._submission.resources), json.loads(allotted), self._variables)
        self._upkeep: Upkeep | None = None
        self._signal = ""
        self._ending: _Ending | None = None
        self._killed = False

    def register(self) -> bool:
        """Answer for the run from now on; False when it has ended already, or somebody else answers for it."""
        with self._store.write() as db:
            ended_at, keeper = db.execute("SELECT ended_at, keeper FROM runs WHERE number = ?", (self._run,)).fetchone()
            if ended_at is not None or (keeper and alive(keeper)):
                return False
            lifecycle.kept_by(db, self._run, host(), identify())
            if not self._submission.restart_interrupted:
                db.execute("DELETE FROM launches WHERE run = ?", (self._run,))
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, self._on_signal)
        return True

    def run(self) -> None:
        """Train, again if it fails and that was asked for, and record how it ended."""
        if self._stop_wanted() is not None:
            self._record_end(_End(RunState.STOPPED, "It was stopped before it was started."))
            return
        adopt_orphans()
        for message in self._allowance.not_enforced():
            self._event("not_enforced", message, Level.WARNING)
        end = self._attempt_once()
        for retry in range(1, self._submission.retries + 1):
            if end.final:
                break
            if not self._again(end, retry):
                end = _End(RunState.STOPPED, "It was stopped before it was tried again.", end.exit_code, end.signal)
                break
            end = self._attempt_once()
        if self._upkeep is not None:
            self._upkeep.stop()
        self._attempt(lambda: settle(self._store, self._run))
        self._allowance.close()
        self._record_end(end)

    def _attempt_once(self) -> _End:
        """Start the code and wait for its end."""
        kills_before = out_of_memory_kills()
        try:
            child, pipes = self._start(self._submission.code)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return _End(RunState.FAILED, f"The code could not be started: {_start_failure(error)}")
        capture = Capture(pipes, self._store.run_folder(self._run_id) / "log", secret_values(os.environ))
        capture.start()
        self._attempt(lambda: self._started(child.pid))
        if self._upkeep is None:
            self._upkeep = Upkeep(self._store, self._run_id, self._run, child.pid, self._submission)
            self._upkeep.start()
        self._upkeep.child = child.pid
        self._wait(child)
        end_leftovers(child.pid, self._on_leftovers)
        capture.finish()
        if capture.failure:
            message = f"Some output could not be written to the log at once: {capture.failure}."
            self._event("log_write_failed", message, Level.WARNING)
        kills = out_of_memory_kills()
        out_of_memory = kills is not None and kills_before is not None and kills > kills_before
        return self._outcome(child.returncode, capture.stderr_tail, out_of_memory)

    def _again(self, end: _End, retry: int) -> bool:
        """Wait for the time of a retry; False when the run is to stop instead."""
        # The next attempt's steps continue from what this one logged.
        self._attempt(lambda: settle(self._store, self._run))
        delay = min(self._submission.retry_delay * 2 ** min(retry - 1, 60), LONGEST_DELAY)
        of = f"retry {retry} of {self._submission.retries}"
        reason = f"Attempt {self._attempts} failed: {end.reason.rstrip('.')}. The {of} starts in {span(delay)}."
        data = {"attempt": self._attempts + 1, "delay": delay, "exit_code": end.exit_code, "signal": end.signal}
        try:
            with self._store.write() as db:
                if not lifecycle.retried(db, self._run, self._attempts + 1, reason, data):
                    return False
        except TrackerError as error:
            # It is tried again although that could not be told, as much else cannot while the store refuses.
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        self._attempts += 1
        until = time.monotonic() + delay
        while time.monotonic() < until and not self._signal and self._stop_wanted() is None:
            time.sleep(min(LOOK_EVERY, max(0.0, until - time.monotonic())))
        return not self._signal and self._stop_wanted() is None

    def tidy(self) -> None:
        """Remove what the retention of the experiment does not keep any longer of earlier runs."""
        self._attempt(lambda: apply_after_end(self._store, self._run, now()))

    def _start(self, code: Code) -> tuple[subprocess.Popen[bytes], Mapping[Stream, int]]:
        folder = self._store.run_folder(self._run_id)
        environment = child_environment(os.environ, self._store.home, self._run_id, self._submission, self._variables)
        environment.update(self._allowance.variables(environment))
        environment["JUPYTER_TRACKER_ATTEMPT"] = str(self._attempts)
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        try:
            with self._allowance.given():
                child = subprocess.Popen(
                    sweep_command() if self._submission.sweep else command(code, self._submission.params, folder),
                    cwd=working_directory(code),
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out_end,
                    stderr=err_end,
                    start_new_session=True,
                )
        except BaseException:
            os.close(out)
            os.close(err)
            raise
        finally:
            os.close(out_end)
            os.close(err_end)
        return child, {Stream.STDOUT: out, Stream.STDERR: err}

    def _started(self, child: int) -> None:
        with self._store.write() as db:
            lifecycle.started(db, self._run, identify(child))

    def _wait(self, child: subprocess.Popen[bytes]) -> None:
        """Until the main process has ended, and ending it when somebody wants that or its time is over."""
        limit = time.monotonic() + self._submission.timeout
        handle = os.pidfd_open(child.pid) if hasattr(os, "pidfd_open") else -1
        try:
            while not _ended_within(child, handle, LOOK_EVERY):
                self._look(child.pid, limit)
        finally:
            if handle >= 0:
                os.close(handle)

    def _look(self, group: int, limit: float) -> None:
        time_now = time.monotonic()
        grace = self._stop_wanted()
        if self._ending is None:
            if grace is not None:
                self._end(group, _Ending(RunState.STOPPED, "It was stopped on request.", grace, time_now))
            elif self._signal:
                reason = f"It was stopped because its supervisor got {self._signal}."
                self._end(group, _Ending(RunState.STOPPED, reason, OWN_GRACE, time_now))
            elif time_now >= limit:
                reason = f"timed out after {self._submission.timeout:g} s"
                self._event("timed_out", f"The run {reason}.", Level.ERROR)
                self._end(group, _Ending(RunState.FAILED, reason, OWN_GRACE, time_now))
            elif exceeded := self._allowance.exceeded():
                self._event("resources_exceeded", f"The run is {exceeded}.", Level.ERROR)
                # It would use still more of what the others need.
                self._end(group, _Ending(RunState.FAILED, exceeded, 0.0, time_now))
            return
        if grace is not None:
            self._ending.grace = min(self._ending.grace, grace)
        if time_now >= self._ending.kill_at:
            if not self._killed:
                self._killed = True
                message = f"SIGKILL was sent after {self._ending.grace:g} s of grace."
                self._event("killed", message, Level.WARNING, {"grace_period": self._ending.grace})
            send(group, signal.SIGKILL)

    def _end(self, group: int, ending: _Ending) -> None:
        self._ending = ending
        message = f"SIGTERM was sent; SIGKILL follows in {ending.grace:g} s."
        self._event("terminating", message, Level.WARNING, {"grace_period": ending.grace})
        send(group, signal.SIGTERM)

    def _outcome(self, code: int, stderr: str, out_of_memory: bool) -> _End:
        exit_code = code if code >= 0 else None
        name, explained = explain_signal(-code, out_of_memory) if code < 0 else (None, "")
        ending = self._ending
        if ending is None and self._stop_wanted() is not None:
            # The request came while it ended by itself.
            ending = _Ending(RunState.STOPPED, "It ended when it was to be stopped.", 0.0, 0.0)
        if ending is not None:
            killed = (
                f" It did not end within {ending.grace:g} s and was killed." if self._killed and ending.grace else ""
            )
            return _End(ending.state, ending.reason + killed, exit_code, name)
        if code == 0:
            return _End(RunState.SUCCEEDED, "", 0)
        return _End(RunState.FAILED, explained or explain_exit_code(code, stderr), exit_code, name, final=False)

    def _record_end(self, end: _End) -> None:
        limit = time.monotonic() + RECORD_LIMIT
        claims: list[Claim] = []
        while True:
            try:
                with self._store.write() as db:
                    (attempt,) = db.execute("SELECT attempt FROM runs WHERE number = ?", (self._run,)).fetchone()
                    if attempt == self._attempts:  # else it was given up, and somebody has started it again
                        lifecycle.ended(db, self._run, end.state, end.reason, end.exit_code, end.signal)
                    if not self._signal:  # the machine may be going down
                        claims = claim(db)
            except TrackerError as error:
                sys.stderr.write(f"The end of the run ({end.state}: {end.reason}) cannot be recorded: {error}\n")
                if time.monotonic() > limit:
                    raise
                time.sleep(1)
            else:
                break
        carry_out(self._store, claims)

    def _stop_wanted(self) -> float | None:
        try:
            with self._store.read() as db:
                return lifecycle.stop_wanted(db, self._run)
        except TrackerError as error:
            # The training goes on; the next look asks again.
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
            return None

    def _on_leftovers(self, count: int) -> None:
        noun = "process" if count == 1 else "processes"
        message = f"{count} {noun} outlived the main one and will be ended."
        self._event("leftover_processes", message, Level.WARNING, {"count": count})

    def _on_signal(self, number: int, _frame: object) -> None:
        self._signal = signal.Signals(number).name

    def _event(self, kind: str, message: str, level: Level, data: Mapping[str, JsonValue] | None = None) -> None:
        def call() -> None:
            with self._store.write() as db:
                add_event(db, self._run, kind, message, level, data)

        self._attempt(call)

    @staticmethod
    def _attempt(call: Callable[[], Any]) -> None:
        """Make a call that may fail without consequence for the training."""
        try:
            call()
        except TrackerError as error:
            sys.stderr.write(f"{type(error).__name__}: {error}\n")


def main(arguments: list[str]) -> int:
    """Keep the run of which the id is given; the result is the exit code."""
    run_id, ready = arguments[0], int(arguments[1]) if len(arguments) > 1 else -1
    supervisor = Supervisor(Store(default_home()), run_id)
    if not supervisor.register():
        sys.stderr.write(f"The run {run_id} has ended already.\n")
        return 1
    if ready >= 0:
        os.write(ready, READY)
        os.close(ready)
    supervisor.run()
    supervisor.tidy()
    return 0


def _ended_within(child: subprocess.Popen[bytes], handle: int, seconds: float) -> bool:
    if handle >= 0:
        select([handle], [], [], seconds)
        return child.poll() is not None
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _start_failure(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


if __name__ == "__main__":
    # The one who started us waits for this process only; what goes on is a child of nobody.
    if os.fork():
        os._exit(0)
    sys.exit(main(sys.argv[1:]))
