"""The program of a sweep: it submits the trials as its children, and looks at how good they were.

    python -m jupyter_tracker.client.sweeps.driver

It runs as a submitted run, so it is watched over, stopped, logged and restarted like any other. Started again, it
goes on with the trials that are left.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import signal
import sys
import time
from threading import Event

from jupyter_tracker.client.current import current_run
from jupyter_tracker.client.run import Run
from jupyter_tracker.client.sweeps.search import SEARCHES, Search, Trial, better
from jupyter_tracker.errors import Conflict, NotFound, QueueFull
from jupyter_tracker.models import TRIAL_TAG, RunState, Secret, Submission, Sweep

LOOK_EVERY = 0.3
"""Seconds between two looks at the trials."""


class Driver:
    """Tries the points of a sweep.

    Args:
        parent: The run of the sweep.
        submission: What it was started from.
        sweep: What is searched.
        variables: The variables that each trial is given.
    """

    def __init__(self, parent: Run, submission: Submission, sweep: Sweep, variables: dict[str, str | Secret]) -> None:
        self._parent = parent
        self._sweep = sweep
        self._search: Search = SEARCHES[sweep.method](sweep)
        self._trial = dataclasses.replace(
            submission,
            name=None,
            variables=variables,
            history=(),
            parent=parent.id,
            kept=parent.info.source,
            sweep=None,
        )
        self._active: dict[int, Run] = {}
        self._tried: set[int] = set()
        self._logged: set[int] = set()
        """The trials whose values are in the curve of the sweep."""
        self._ended = 0
        self._succeeded = 0
        self._best: tuple[float, Run] | None = None
        self._pending: tuple[int, Trial] | None = None
        self._stop = Event()

    def run(self) -> int:
        """Until all trials have ended; the exit code is 1 when none succeeded."""
        signal.signal(signal.SIGTERM, lambda *_: self._stop.set())
        self._take_up()
        self._tell_progress()
        stopped = False
        while self._active or (self._left() and not stopped):
            if self._stop.is_set() and not stopped:
                stopped = True
                self._stop_trials()
            if not stopped:
                self._submit()
            self._look()
            if stopped:
                time.sleep(LOOK_EVERY)
            elif self._active or self._left():
                self._stop.wait(LOOK_EVERY)
        return self._summary()

    def _left(self) -> list[int]:
        return [number for number in range(1, self._search.total + 1) if number not in self._tried]

    def _take_up(self) -> None:
        """The trials of an attempt before this one."""
        points = self._parent.tracker.drive(self._parent.backend.metrics.read(self._parent.id, None, None))
        self._logged.update(step for block in points.blocks if self._sweep.metric in block.keys for step in block.steps)
        for child in self._parent.children():
            number = int(child.tags.get(TRIAL_TAG, 0))
            if number:
                self._tried.add(number)
                self._active[number] = child
        if self._active:
            sys.stdout.write(f"{len(self._active)} trials are there already.\n")

    def _submit(self) -> None:
        for number in self._left():
            if len(self._active) >= self._sweep.parallel:
                return
            if self._pending is None:
                self._pending = number, self._search.ask(number)
            try:
                child = self._submitted(*self._pending)
            except QueueFull:
                return  # there will be room
            except Conflict:
                self._stop.set()  # it is to stop, or its experiment was deleted
                return
            self._pending = None
            self._tried.add(number)
            self._active[number] = child

    def _submitted(self, number: int, params: Trial) -> Run:
        tracker = self._parent.tracker
        submission = dataclasses.replace(
            self._trial,
            name=f"{self._parent.name}-{number}"[-250:],
            params={**self._trial.params, **params},
            tags={**self._trial.tags, TRIAL_TAG: str(number)},
        )
        return Run(tracker, tracker.drive(tracker.backend.runs.submit(submission)))

    def _look(self) -> None:
        for number, child in list(self._active.items()):
            try:
                child.refresh()
            except NotFound:
                del self._active[number]  # somebody has removed it for good
                continue
            if child.state.ended:
                del self._active[number]
                self._take(number, child)

    def _take(self, number: int, child: Run) -> None:
        """A trial has ended."""
        sweep, value = self._sweep, None
        if child.state is RunState.SUCCEEDED:
            self._succeeded += 1
            value = None if sweep.metric is None else child.metrics.get(sweep.metric)
        self._ended += 1
        told = f"{child.state}"
        if value is not None and not math.isfinite(value):
            told, value = f"{sweep.metric} is {value}", None
        elif value is not None:
            told = f"{sweep.metric} {value:.6g}"
            if better(sweep.goal, value, self._best and self._best[0]):
                self._best = value, child
                told += ", the best so far"
        elif child.state is RunState.SUCCEEDED and sweep.metric is not None:
            told += f", but it logged no {sweep.metric}"
        point = {name: child.params.get(name) for name in sweep.space}
        self._search.tell(number, point, value)
        shown = " ".join(f"{name}={shown}" for name, shown in point.items())
        sys.stdout.write(f"trial {number} of {self._search.total}: {shown}: {told}\n")
        if value is not None and self._best is not None and number not in self._logged:
            self._parent.log({str(sweep.metric): value, f"best_{sweep.metric}": self._best[0]}, step=number)
        self._tell_progress()

    def _tell_progress(self) -> None:
        self._parent.set_progress(self._ended, self._search.total, operation="trial")

    def _stop_trials(self) -> None:
        for child in self._active.values():
            with contextlib.suppress(Conflict, NotFound):  # it has ended, or was asked already
                child.stop()

    def _summary(self) -> int:
        message = f"{self._succeeded} of {self._search.total} trials succeeded."
        if self._best is not None:
            value, child = self._best
            point = {name: child.params.get(name) for name in self._sweep.space}
            message += f" The best is {child.name} with {self._sweep.metric} {value:.6g}: {point}."
            self._parent.set_tags({"best_run": child.id, f"best_{self._sweep.metric}": repr(value)})
            data = {"run": child.id, "params": point, "metric": self._sweep.metric, "value": value}
            self._parent.log_event(message, kind="best_trial", data=data)
        sys.stdout.write(message + "\n")
        if self._succeeded:
            return 0
        sys.stderr.write("No trial succeeded.\n")
        return 1


def main() -> int:
    """Drive the sweep that this process was started as."""
    parent = current_run()
    submission = parent.submission()
    if submission is None or submission.sweep is None:
        sys.stderr.write("This run is no sweep.\n")
        return 2
    hidden = os.environ.get("JUPYTER_TRACKER_SECRETS", "").split(",")
    variables = {
        name: Secret(os.environ[name]) if name in hidden else os.environ[name] for name in submission.variables
    }
    return Driver(parent, submission, submission.sweep, variables).run()


if __name__ == "__main__":
    sys.exit(main())
