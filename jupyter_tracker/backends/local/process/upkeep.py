"""What goes on beside a submitted run: heartbeat, machine samples, settling of metrics, adopted processes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Event, Thread

from jupyter_tracker.backends.local.journal import MetricWriter
from jupyter_tracker.backends.local.lifecycle import heartbeat, record_environment
from jupyter_tracker.backends.local.metrics import settle
from jupyter_tracker.backends.local.process.command import working_directory
from jupyter_tracker.backends.local.process.liveness import reconcile
from jupyter_tracker.backends.local.process.sampling import Sampler
from jupyter_tracker.backends.local.process.tree import reap
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.environment import capture
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.models import Submission

BEAT = 1.0
FIRST_SAMPLE = 0.5
SAMPLE_EVERY = 2.0
SETTLE_EVERY = 5.0
RECONCILE_EVERY = 5.0
"""Seconds after which it is looked whether somebody who should have started a run that waits is gone."""
TICK = 0.25


class Upkeep(Thread):
    """Does each of these in turn until it is stopped; one that fails is tried again at its next time."""

    def __init__(self, store: Store, run_id: str, run: int, child: int, submission: Submission) -> None:
        super().__init__(name="upkeep", daemon=True)
        self._store = store
        self._run_id = run_id
        self._run = run
        self.child = child
        """The main process of the training, which is waited for elsewhere; another one after a retry."""
        self._submission = submission
        self._over = Event()
        self._sampler = Sampler(own=False)
        self._writer: MetricWriter | None = None

    def stop(self) -> None:
        """Come to an end; the samples are complete afterwards."""
        self._over.set()
        self.join()

    def run(self) -> None:
        began = time.monotonic()
        jobs: list[tuple[Callable[[], None], float]] = [
            (self._beat, BEAT),
            (self._sample, SAMPLE_EVERY),
            (self._settle, SETTLE_EVERY),
            (lambda: reap(self.child), BEAT),
            (lambda: reconcile(self._store), RECONCILE_EVERY),
        ]
        due = [began, began + FIRST_SAMPLE, began + SETTLE_EVERY, began + BEAT, began + RECONCILE_EVERY]
        _attempt(self._describe)
        while not self._over.wait(TICK):
            for index, (job, every) in enumerate(jobs):
                if time.monotonic() >= due[index]:
                    due[index] = time.monotonic() + every
                    _attempt(job)
        if self._writer is not None:
            _attempt(self._writer.close)

    def _describe(self) -> None:
        environment = capture(working_directory(self._submission.code), self._submission.history)
        with self._store.write() as db:
            record_environment(db, self._run, environment)

    def _beat(self) -> None:
        with self._store.write() as db:
            heartbeat(db, self._run)

    def _sample(self) -> None:
        if self._writer is None:
            self._writer = MetricWriter(self._store, self._run_id, machine=True)
        self._writer.log(self._sampler.sample())

    def _settle(self) -> None:
        settle(self._store, self._run)


def _attempt(job: Callable[[], None]) -> None:
    """Make a call that must not end the supervisor: the training goes on although the disk is full."""
    try:
        job()
    except (TrackerError, OSError) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
