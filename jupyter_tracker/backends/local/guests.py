"""Runs that another tracker's client writes into the store, as MLflow's does through its plugin (integrations/mlflow).

Such a client has wider rules than ours: it says itself when a run began and ended, adds to runs that have ended and
takes them up again, and any process may do so. A run that was submitted belongs to its supervisor all the same: what
such a client says of its state changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from jupyter_tracker.backends.common.values import checked_name, checked_notes
from jupyter_tracker.backends.local import lifecycle, trash
from jupyter_tracker.backends.local.creation import insert_run
from jupyter_tracker.backends.local.lineage import uses_of
from jupyter_tracker.backends.local.metrics import LocalMetrics, settle
from jupyter_tracker.backends.local.process.identity import host, identify
from jupyter_tracker.backends.local.process.keeper import Keeper
from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.backends.local.values import add_params, change_tags, read_record
from jupyter_tracker.errors import Conflict
from jupyter_tracker.filters import param_number, param_text
from jupyter_tracker.models import DatasetUse, Environment, JsonValue, Lifecycle, RunKind, RunState


class LocalGuests:
    """What is done with runs by the rules of another tracker's client; they are given by their whole id.

    Raises:
        NotFound: there is no such run.
        Conflict: the run was deleted.
    """

    def __init__(self, store: Store, metrics: LocalMetrics, keeper: Keeper) -> None:
        self._store = store
        self._metrics = metrics
        self._keeper = keeper
        self._active: set[str] = set()

    def create(
        self,
        run_id: str,
        experiment: str,
        name: str,
        tags: Mapping[str, str],
        notes: str,
        parent: str,
        environment: Environment,
        began_at: int,
        *,
        watched: bool,
    ) -> None:
        """Make a run that goes on since `began_at`; a watched one is lost when this process dies without ending it."""
        with self._store.write() as db:
            number = insert_run(db, run_id, experiment, name, RunKind.IN_KERNEL, {}, tags, None, environment)
            lifecycle.kept_by(db, number, host(), identify() if watched else lifecycle.UNWATCHED)
            lifecycle.started(db, number, "")
            db.execute(
                "UPDATE runs SET created_at = ?, started_at = ?, parent = ?, notes = ? WHERE number = ?",
                (began_at, began_at, parent, checked_notes(notes), number),
            )
        if watched:
            self._keeper.keep(run_id, number, "." if environment == Environment() else None)

    def set_state(self, run_id: str, state: RunState, at: int | None, *, watched: bool) -> None:
        """End a run, at a time in microseconds, or take it up again; nothing where a supervisor answers for it.

        Nothing either when this process exits: MLflow's client then says that all went well, even after an exception.
        """
        if self._keeper.over:
            return
        with self._store.read() as db:
            number = run_number(db, run_id)
            (kind, was) = db.execute("SELECT kind, state FROM runs WHERE number = ?", (number,)).fetchone()
        if kind != RunKind.IN_KERNEL or was == state:
            return
        if state.ended:
            self._end(run_id, number, state, at)
        elif RunState(was).ended:
            with self._store.write() as db:
                lifecycle.resumed(db, number)
                lifecycle.kept_by(db, number, host(), identify() if watched else lifecycle.UNWATCHED)
            if watched:
                self._keeper.keep(run_id, number, None)

    def log(self, run_id: str, values: Mapping[str, float], step: int, time: float) -> None:
        """Add a point to some metrics, also after the end of the run."""
        if run_id not in self._active:
            with self._store.read() as db:
                self._check_active(db, run_number(db, run_id), "log to")
            self._active.add(run_id)
        try:
            self._metrics.writer(run_id, late=True).log(values, step, time)
        except Conflict:
            # Another thread has just ended the run, and its writer with it.
            self._metrics.writer(run_id, late=True).log(values, step, time)

    def write(
        self,
        run_id: str,
        params: Mapping[str, JsonValue],
        tags: Mapping[str, str | None],
        *,
        name: str | None = None,
        notes: str | None = None,
        parent: str | None = None,
    ) -> None:
        """Add params, and change the rest; a param that is there as the same number or text stays as it is."""
        with self._store.write() as db:
            run = run_number(db, run_id)
            self._check_active(db, run, "change")
            if params:
                known, _ = read_record(db, run)
                new = {key: value for key, value in params.items() if key not in known or not _same(known[key], value)}
                add_params(db, run, new)
            if tags:
                change_tags(db, run, tags)
            if name is not None:
                db.execute("UPDATE runs SET name = ? WHERE number = ?", (checked_name("run", name), run))
            if notes is not None:
                db.execute("UPDATE runs SET notes = ? WHERE number = ?", (checked_notes(notes), run))
            if parent is not None:
                db.execute("UPDATE runs SET parent = ? WHERE number = ?", (parent, run))

    def delete(self, run_id: str) -> None:
        """Delete a run, which ends it, unless it is deleted; `Conflict` while another process answers for it."""
        with self._store.read() as db:
            number = run_number(db, run_id)
            (where,) = db.execute("SELECT lifecycle FROM runs WHERE number = ?", (number,)).fetchone()
        if where == Lifecycle.DELETED:
            return
        self._end_own(run_id, number)
        self._active.discard(run_id)
        self._metrics.close(run_id)
        with self._store.write() as db:
            trash.move_run(db, number, trash.DELETE)

    def restore(self, run_id: str) -> None:
        """Bring a deleted run back; one that is not deleted stays where it is."""
        with self._store.write() as db:
            number = run_number(db, run_id)
            (where,) = db.execute("SELECT lifecycle FROM runs WHERE number = ?", (number,)).fetchone()
            if where == Lifecycle.DELETED:
                trash.move_run(db, number, trash.RESTORE)

    def end_all(self, experiment_id: str) -> None:
        """End those runs of an experiment for which no other process answers, so that it can be deleted."""
        with self._store.read() as db:
            rows = db.execute(
                "SELECT id, number FROM runs WHERE experiment_id = ? AND ended_at IS NULL", (experiment_id,)
            ).fetchall()
        for run_id, number in rows:
            self._end_own(run_id, number)

    def inputs(self, run_ids: Sequence[str]) -> Mapping[str, Sequence[DatasetUse]]:
        """The datasets that some runs read, by run; without those that read none."""
        with self._store.read() as db:
            return uses_of(db, run_ids, "input")

    def _end(self, run_id: str, number: int, state: RunState, at: int | None) -> None:
        stopped = self._keeper.release(run_id)
        self._metrics.close(run_id)
        with self._store.write() as db:
            if lifecycle.has_ended(db, number):
                lifecycle.resumed(db, number)
            if stopped or lifecycle.stop_wanted(db, number) is not None:
                lifecycle.ended(db, number, RunState.STOPPED, "It was stopped on request.", at=at)
            else:
                lifecycle.ended(db, number, state, at=at)
        # What other processes have logged, and another thread meanwhile.
        settle(self._store, number)

    def _end_own(self, run_id: str, number: int) -> None:
        """End a run unless another process answers for it."""
        with self._store.read() as db:
            (keeper, ended_at) = db.execute("SELECT keeper, ended_at FROM runs WHERE number = ?", (number,)).fetchone()
        if ended_at is None and keeper in {lifecycle.UNWATCHED, identify()}:
            self._end(run_id, number, RunState.STOPPED, None)

    @staticmethod
    def _check_active(db: sqlite3.Connection, run: int, verb: str) -> None:
        (name, where) = db.execute("SELECT name, lifecycle FROM runs WHERE number = ?", (run,)).fetchone()
        trash.check_not_deleted("run", name, Lifecycle(where), verb)


def _same(known: JsonValue, value: JsonValue) -> bool:
    """Whether a param is there already: the client has text only, where a submitted run has a number."""
    if param_text(known) == param_text(value) or str(known) == value:
        return True
    number = param_number(known)
    return number is not None and number == param_number(value)
