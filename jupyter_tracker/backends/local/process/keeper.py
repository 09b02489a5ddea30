"""The thread that answers for the runs of this process: heartbeat, stop requests, machine samples, settling."""

from __future__ import annotations

import _thread
import atexit
import os
import sys
import time
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.lifecycle import ended, has_ended, heartbeat, record_environment
from jupyter_tracker.backends.local.metrics import LocalMetrics, settle
from jupyter_tracker.backends.local.process.sampling import Sampler
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.environment import capture
from jupyter_tracker.errors import Conflict, TrackerError
from jupyter_tracker.models import Level, RunState

BEAT = 0.5
"""Seconds between two looks at the store: how soon a stop request is seen."""
SAMPLE_EVERY = 2.0
SETTLE_EVERY = 5.0


@dataclass
class _Kept:
    run_id: str
    number: int
    surroundings: str | None
    """The folder of which the surroundings are still to be captured."""
    sampled_at: float = 0.0
    settled_at: float = field(default_factory=time.monotonic)
    stop_seen_at: float | None = None


class Keeper:
    """Keeps runs of this process alive in the store; its thread runs only while there are any."""

    def __init__(self, store: Store, metrics: LocalMetrics) -> None:
        self._store = store
        self._metrics = metrics
        self._runs: dict[str, _Kept] = {}
        self._lock = Lock()
        self._wake = Event()
        self._thread: Thread | None = None
        self._sampler: Sampler | None = None
        self.over = False
        """Whether the process exits, and how its runs ended is recorded."""
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)
        atexit.register(self._end_all)

    def keep(self, run_id: str, number: int, surroundings: str | None) -> None:
        """Answer for a run from now on, and capture what surrounds code in the folder `surroundings` if it is given."""
        with self._lock:
            self._runs[run_id] = _Kept(run_id, number, surroundings)
            if self._thread is None:
                self._wake = Event()
                self._thread = Thread(target=self._beat, args=(self._wake,), name="jupyter-tracker-keeper", daemon=True)
                self._thread.start()

    def release(self, run_id: str) -> bool:
        """Answer for it no more; whether its stop had been requested and noticed here."""
        with self._lock:
            kept = self._runs.pop(run_id, None)
            if not self._runs:
                self._wake.set()
                self._thread = None
        return kept is not None and kept.stop_seen_at is not None

    def _beat(self, wake: Event) -> None:
        while not wake.wait(BEAT):
            with self._lock:
                runs = list(self._runs.values())
            for kept in runs:
                try:
                    self._look_after(kept)
                except Conflict:
                    self.release(kept.run_id)
                    self._metrics.close(kept.run_id)
                except (TrackerError, OSError) as error:
                    # A full disk or a lock must not end the thread: the run goes on and the next beat tries again.
                    sys.stderr.write(f"jupyter_tracker: run {kept.run_id[:8]}: {error}\n")

    def _look_after(self, kept: _Kept) -> None:
        with self._store.write() as db:
            if has_ended(db, kept.number):
                raise Conflict(f"The run {kept.run_id[:8]} was ended by another process.")
            grace = heartbeat(db, kept.number)
            if grace is not None and kept.stop_seen_at is None:
                kept.stop_seen_at = time.monotonic()
                add_event(db, kept.number, "terminating", "The code was interrupted.", Level.WARNING)
                _thread.interrupt_main()
        now = time.monotonic()
        if kept.stop_seen_at is not None and grace is not None and now - kept.stop_seen_at > grace:
            self._give_up(kept, grace)
            return
        if kept.surroundings is not None:
            environment = capture(kept.surroundings)
            kept.surroundings = None
            with self._store.write() as db:
                record_environment(db, kept.number, environment)
        if now - kept.sampled_at >= SAMPLE_EVERY:
            kept.sampled_at = now
            self._sample(kept)
        if now - kept.settled_at >= SETTLE_EVERY:
            kept.settled_at = now
            settle(self._store, kept.number)

    def _sample(self, kept: _Kept) -> None:
        if self._sampler is None:
            self._sampler = Sampler()
        values = self._sampler.sample()
        if values:
            self._metrics.machine_writer(kept.run_id).log(values)

    def _give_up(self, kept: _Kept, grace: float) -> None:
        """A notebook kernel cannot be killed for a run: end the run, so that later points are refused."""
        self.release(kept.run_id)
        self._metrics.close(kept.run_id)
        with self._store.write() as db:
            reason = f"The code did not stop within {grace:g} s; what it logs from now on is refused."
            ended(db, kept.number, RunState.STOPPED, reason)
        self._metrics.close(kept.run_id)  # what another thread may have begun meanwhile

    def _end_all(self) -> None:
        """The process exits: say how, so that its runs do not count as lost."""
        self.over = True
        failure = getattr(sys, "last_value", None)
        for kept in list(self._runs.values()):
            self.release(kept.run_id)
            self._metrics.close(kept.run_id)
            with self._store.write() as db:
                if failure is None:
                    ended(db, kept.number, RunState.SUCCEEDED, "The process exited.")
                else:
                    ended(db, kept.number, RunState.FAILED, f"{type(failure).__name__}: {failure}")

    def _forget(self) -> None:
        """After a fork: the runs are the parent's."""
        self._runs = {}
        self._lock = Lock()
        self._thread = None
