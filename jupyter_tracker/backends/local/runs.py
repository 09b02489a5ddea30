"""Runs in the local store."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jupyter_tracker.backends.common.values import checked_name, checked_notes
from jupyter_tracker.backends.local import lifecycle, trash
from jupyter_tracker.backends.local.creation import insert_run
from jupyter_tracker.backends.local.finding import find_experiment
from jupyter_tracker.backends.local.journal import DELETED
from jupyter_tracker.backends.local.listing import find_run, list_runs, with_journaled
from jupyter_tracker.backends.local.metrics import ATTEMPTS, LocalMetrics, settle, unsettled
from jupyter_tracker.backends.local.process.identity import host, identify
from jupyter_tracker.backends.local.process.keeper import Keeper
from jupyter_tracker.backends.local.process.liveness import reconcile
from jupyter_tracker.backends.local.purge import purge_run
from jupyter_tracker.backends.local.queue.claims import waits
from jupyter_tracker.backends.local.queue.starting import advance
from jupyter_tracker.backends.local.record import submission_from
from jupyter_tracker.backends.local.rows import microseconds, run_number
from jupyter_tracker.backends.local.sources.noun import LocalSources
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.local.values import add_params, change_tags
from jupyter_tracker.backends.local.variables import LocalVariables
from jupyter_tracker.backends.operations import RunOperations, RunQuery
from jupyter_tracker.filters import to_text
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import (
    Cleanup,
    Environment,
    Imported,
    JsonValue,
    Lifecycle,
    Page,
    Progress,
    QueryPlan,
    RunInfo,
    RunKind,
    RunState,
    Secret,
    Submission,
)

if TYPE_CHECKING:
    from jupyter_tracker.backends.local.submitting import Submitter

T = TypeVar("T")


class LocalRuns(RunOperations):
    """Runs as rows, with a process behind each until it has ended."""

    def __init__(self, store: Store, metrics: LocalMetrics, variables: LocalVariables, sources: LocalSources) -> None:
        self._store = store
        self._metrics = metrics
        self._variables = variables
        self._sources = sources
        self.keeper = Keeper(store, metrics)

    @cached_property
    def _submitter(self) -> Submitter:
        # Most processes that log submit nothing.
        from jupyter_tracker.backends.local.submitting import Submitter

        return Submitter(self._store, self._variables, self._sources)

    def submit(self, submission: Submission) -> Flow[RunInfo]:
        return self.submit_as(os.urandom(16).hex(), submission)

    def submit_as(self, run_id: str, submission: Submission) -> Flow[RunInfo]:
        """The same for a run that has an id already."""
        return local(lambda: self._info(self._submitter.submit(run_id, submission)))

    def restart(self, run_id: str, variables: Mapping[str, str | Secret]) -> Flow[RunInfo]:
        def call() -> RunInfo:
            reconcile(self._store)
            self._submitter.restart(run_id, variables)
            return self._info(run_id)

        return local(call)

    def start(
        self,
        experiment: str,
        name: str | None,
        params: Mapping[str, JsonValue],
        tags: Mapping[str, str],
        environment: Environment,
    ) -> Flow[RunInfo]:
        return self.start_as(os.urandom(16).hex(), experiment, name, params, tags, environment)

    def start_as(
        self,
        run_id: str,
        experiment: str,
        name: str | None,
        params: Mapping[str, JsonValue],
        tags: Mapping[str, str],
        environment: Environment,
    ) -> Flow[RunInfo]:
        """The same for a run that has an id already."""

        def call() -> RunInfo:
            with self._store.write() as db:
                number = insert_run(
                    db,
                    run_id,
                    experiment,
                    "run" if name is None else name,
                    RunKind.IN_KERNEL,
                    params,
                    tags,
                    None,
                    environment,
                )
                lifecycle.kept_by(db, number, host(), identify())
                lifecycle.started(db, number, "")
            self.keeper.keep(run_id, number, str(Path.cwd()) if environment == Environment() else None)
            return self._info(run_id)

        return local(call)

    def attach(self, run_id: str) -> Flow[RunInfo]:
        return local(lambda: self._info(run_id))

    def end(self, run_id: str, state: RunState, reason: str) -> Flow[RunInfo]:
        def call() -> RunInfo:
            stopped = self.keeper.release(run_id)
            self._metrics.close(run_id)

            def change(db: sqlite3.Connection, run: int) -> None:
                if stopped or lifecycle.stop_wanted(db, run) is not None:
                    lifecycle.ended(db, run, RunState.STOPPED, reason or "It was stopped on request.")
                else:
                    lifecycle.ended(db, run, state, reason)

            info = self._changed(run_id, change)
            self._metrics.close(run_id)  # what another thread may have begun meanwhile
            return info

        return local(call)

    def get(self, reference: str) -> Flow[RunInfo]:
        return local(lambda: self._info(reference))

    def list(self, query: RunQuery) -> Flow[Page[RunInfo]]:
        def call() -> Page[RunInfo]:
            reconcile(self._store)
            self._settle_active()
            with self._store.read() as db:
                return list_runs(db, query)

        return local(call)

    def explain(self, query: RunQuery) -> Flow[QueryPlan]:
        yield from ()
        return QueryPlan(to_text(query.where))

    def stop(self, run_id: str, grace_period: float) -> Flow[RunInfo]:
        def call() -> RunInfo:
            reconcile(self._store)
            info = self._changed(run_id, lambda db, run: self._stop(db, run, grace_period))
            advance(self._store)
            return info

        return local(call)

    def delete(self, run_id: str) -> Flow[RunInfo]:
        return self._move(run_id, trash.DELETE)

    def restore(self, run_id: str) -> Flow[RunInfo]:
        return self._move(run_id, trash.RESTORE)

    def archive(self, run_id: str) -> Flow[RunInfo]:
        return self._move(run_id, trash.ARCHIVE)

    def unarchive(self, run_id: str) -> Flow[RunInfo]:
        return self._move(run_id, trash.UNARCHIVE)

    def purge(self, run_id: str) -> Flow[Cleanup]:
        return local(lambda: purge_run(self._store, run_id))

    def update(
        self, run_id: str, name: str | None, notes: str | None, tags: Mapping[str, str | None] | None
    ) -> Flow[RunInfo]:
        def change(db: sqlite3.Connection, run: int) -> None:
            (kept_name, where) = db.execute("SELECT name, lifecycle FROM runs WHERE number = ?", (run,)).fetchone()
            trash.check_not_deleted("run", kept_name, Lifecycle(where), "change")
            if name is not None:
                db.execute("UPDATE runs SET name = ? WHERE number = ?", (checked_name("run", name), run))
            if notes is not None:
                db.execute("UPDATE runs SET notes = ? WHERE number = ?", (checked_notes(notes), run))
            change_tags(db, run, tags or {})

        return local(lambda: self._changed(run_id, change))

    def delete_before(self, experiment: str, time: datetime, maximum: int) -> Flow[int]:
        def call() -> int:
            reconcile(self._store)
            with self._store.write() as db:
                return trash.delete_before(db, find_experiment(db, experiment), microseconds(time), maximum)

        return local(call)

    def restore_after(self, experiment: str, time: datetime, maximum: int) -> Flow[int]:
        def call() -> int:
            with self._store.write() as db:
                return trash.restore_after(db, find_experiment(db, experiment), microseconds(time), maximum)

        return local(call)

    def log_params(self, run_id: str, params: Mapping[str, JsonValue]) -> Flow[None]:
        return local(lambda: self._write(run_id, lambda db, run: add_params(db, run, params)))

    def set_tags(self, run_id: str, tags: Mapping[str, str | None]) -> Flow[None]:
        return local(lambda: self._write(run_id, lambda db, run: change_tags(db, run, tags)))

    def set_progress(self, run_id: str, progress: Progress) -> Flow[None]:
        def change(db: sqlite3.Connection, run: int) -> None:
            db.execute(
                "INSERT OR REPLACE INTO progress (run, operation, value, final_value, units, updated_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (run, progress.operation, progress.value, progress.final_value, progress.units, now()),
            )

        return local(lambda: self._write(run_id, change))

    def environment(self, run_id: str) -> Flow[Environment]:
        def call() -> Environment:
            with self._store.read() as db:
                (text,) = db.execute(
                    "SELECT environment FROM runs WHERE number = ?", (run_number(db, run_id),)
                ).fetchone()
            fields = json.loads(text)
            return Environment(**{**fields, "history": tuple(fields.get("history", ()))})

        return local(call)

    def submission(self, run_id: str) -> Flow[Submission | None]:
        def call() -> Submission | None:
            with self._store.read() as db:
                (text,) = db.execute(
                    "SELECT submission FROM runs WHERE number = ?", (run_number(db, run_id),)
                ).fetchone()
            return None if text is None else submission_from(text)

        return local(call)

    def import_from(self, path: Path, experiment: str | None, again: bool) -> Flow[Imported]:
        def call() -> Imported:
            from jupyter_tracker.backends.local.importing.entry import import_from

            return import_from(self._store, path, experiment, again=again)

        return local(call)

    @staticmethod
    def _stop(db: sqlite3.Connection, run: int, grace_period: float) -> None:
        waiting = waits(db, run)
        (keeper,) = db.execute("SELECT keeper FROM runs WHERE number = ?", (run,)).fetchone()
        lifecycle.stop_requested(db, run, grace_period)
        for (child,) in db.execute(
            "SELECT number FROM runs WHERE ended_at IS NULL AND parent = (SELECT id FROM runs WHERE number = ?)", (run,)
        ).fetchall():
            LocalRuns._stop(db, child, grace_period)
        if waiting:
            # No process has to be asked.
            lifecycle.ended(db, run, RunState.STOPPED, "It was stopped while it waited for a place.")
        elif keeper == lifecycle.UNWATCHED:
            lifecycle.ended(db, run, RunState.STOPPED, "It was marked as stopped; its process is not known here.")

    def _info(self, reference: str) -> RunInfo:
        reconcile(self._store)
        for _ in range(ATTEMPTS):
            with self._store.read() as db:
                info, number = find_run(db, reference)
                try:
                    # Reading must not need to write, so the newest points are taken in here rather than settled.
                    return with_journaled(self._store, db, info, number)
                except FileNotFoundError:
                    continue  # settled and deleted since the database was read
        return info  # somebody removed the journal; reading the points says so

    def _move(self, run_id: str, wanted: trash.Move) -> Flow[RunInfo]:
        def call() -> RunInfo:
            reconcile(self._store)
            return self._changed(run_id, lambda db, run: trash.move_run(db, run, wanted))

        return local(call)

    def _settle_active(self) -> None:
        with self._store.read() as db:
            # Points may also come after the end, through MLflow's client (guests.py).
            written = [row[0] for row in db.execute(f"SELECT DISTINCT run FROM journals WHERE state < {DELETED}")]
            stale = [run for run in written if unsettled(self._store, db, run)]
        for run in stale:
            settle(self._store, run)

    def _changed(self, run_id: str, change: Callable[[sqlite3.Connection, int], None]) -> RunInfo:
        self._write(run_id, change)
        with self._store.read() as db:
            return find_run(db, run_id)[0]

    def _write(self, run_id: str, change: Callable[[sqlite3.Connection, int], None]) -> None:
        with self._store.write() as db:
            change(db, run_number(db, run_id))
