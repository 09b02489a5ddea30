"""Runs in the local store."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from jupyter_tracker.backends.local import lifecycle, trash
from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.experiments import checked_name, usable_experiment
from jupyter_tracker.backends.local.finding import find_experiment
from jupyter_tracker.backends.local.listing import find_run, list_runs, with_journaled
from jupyter_tracker.backends.local.metrics import ATTEMPTS, LocalMetrics, settle, unsettled
from jupyter_tracker.backends.local.process.identity import host, identify
from jupyter_tracker.backends.local.process.keeper import Keeper
from jupyter_tracker.backends.local.process.liveness import reconcile
from jupyter_tracker.backends.local.purge import purge_run
from jupyter_tracker.backends.local.rows import microseconds, run_number
from jupyter_tracker.backends.local.sources.noun import LocalSources
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.local.values import add_params, change_tags, checked_notes, plain_data, plain_params
from jupyter_tracker.backends.local.variables import LocalVariables, check_variables
from jupyter_tracker.backends.operations import RunOperations, RunQuery
from jupyter_tracker.errors import InvalidSource, SourceTooLarge, StoreError, TrackerError
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import (
    Cleanup,
    Code,
    CodeKind,
    Environment,
    Imported,
    JsonValue,
    Level,
    Lifecycle,
    Page,
    Progress,
    RunInfo,
    RunKind,
    RunState,
    Submission,
)

T = TypeVar("T")


class LocalRuns(RunOperations):
    """Runs as rows, with a process behind each until it has ended."""

    def __init__(self, store: Store, metrics: LocalMetrics, variables: LocalVariables, sources: LocalSources) -> None:
        self._store = store
        self._metrics = metrics
        self._variables = variables
        self._sources = sources
        self._keeper = Keeper(store, metrics)

    def submit(self, submission: Submission) -> Flow[RunInfo]:
        def call() -> RunInfo:
            from jupyter_tracker.backends.local.process.launcher import launch

            check_variables(submission.variables)
            run_id = os.urandom(16).hex()
            code, source, left_out = self._code(submission.code, run_id)
            checked = dataclasses.replace(
                submission,
                code=code,
                params=plain_params(submission.params),
                resources=plain_data(submission.resources, "resource"),
            )
            variables = self._variables.injected(checked.experiment, checked.variables)
            record = dataclasses.asdict(dataclasses.replace(checked, variables={}))
            # Values of variables may be secrets: only their names are kept.
            record["variables"] = sorted(checked.variables)
            with self._store.write() as db:
                number = self._insert(
                    db,
                    run_id,
                    checked.experiment,
                    _default_name(checked.code) if checked.name is None else checked.name,
                    RunKind.SUBMITTED,
                    checked.params,
                    checked.tags,
                    json.dumps(record),
                    Environment(),
                    source,
                )
                if left_out is not None:
                    kind = "source_too_large" if isinstance(left_out, SourceTooLarge) else "source_not_kept"
                    message = f"The code was not kept as a source: {left_out}"
                    add_event(db, number, kind, message, Level.WARNING)
                add_event(db, number, "queued", "The run waits for its process.")
            try:
                launch(self._store, run_id, dataclasses.replace(checked, variables=variables))
            except TrackerError as error:
                with self._store.write() as db:
                    lifecycle.ended(db, number, RunState.FAILED, str(error))
                raise
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
        def call() -> RunInfo:
            run_id = os.urandom(16).hex()
            with self._store.write() as db:
                number = self._insert(
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
            self._keeper.keep(run_id, number, str(Path.cwd()) if environment == Environment() else None)
            return self._info(run_id)

        return local(call)

    def attach(self, run_id: str) -> Flow[RunInfo]:
        return local(lambda: self._info(run_id))

    def end(self, run_id: str, state: RunState, reason: str) -> Flow[RunInfo]:
        def call() -> RunInfo:
            stopped = self._keeper.release(run_id)
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

    def stop(self, run_id: str, grace_period: float) -> Flow[RunInfo]:
        def call() -> RunInfo:
            reconcile(self._store)
            return self._changed(run_id, lambda db, run: lifecycle.stop_requested(db, run, grace_period))

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

    def _code(self, code: Code, run_id: str) -> tuple[Code, str | None, Exception | None]:
        """The code as it is started, the source that has it, and why none has it where that is so."""
        from jupyter_tracker.backends.local.process.launcher import check_code

        if code.source:
            folder = self._store.run_folder(run_id)
            try:
                code = self._sources.unpacked_code(code, folder / "code" / "source")
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            return code, code.source, None
        code = check_code(code)
        try:
            return code, self._sources.snapshot(code).id, None
        except (InvalidSource, StoreError, OSError) as error:
            return code, None, error

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
            active = [row[0] for row in db.execute("SELECT number FROM runs WHERE ended_at IS NULL")]
            stale = [run for run in active if unsettled(self._store, db, run)]
        for run in stale:
            settle(self._store, run)

    def _changed(self, run_id: str, change: Callable[[sqlite3.Connection, int], None]) -> RunInfo:
        self._write(run_id, change)
        with self._store.read() as db:
            return find_run(db, run_id)[0]

    def _write(self, run_id: str, change: Callable[[sqlite3.Connection, int], None]) -> None:
        with self._store.write() as db:
            change(db, run_number(db, run_id))

    @staticmethod
    def _insert(
        db: sqlite3.Connection,
        run_id: str,
        experiment: str,
        name: str,
        kind: RunKind,
        params: Mapping[str, JsonValue],
        tags: Mapping[str, str],
        submission: str | None,
        environment: Environment,
        source: str | None = None,
    ) -> int:
        experiment_id = usable_experiment(db, experiment)
        cursor = db.execute(
            "INSERT INTO runs (id, experiment_id, name, kind, state, created_at, submission, environment, source)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run_id,
                experiment_id,
                checked_name("run", name),
                kind,
                RunState.QUEUED,
                now(),
                submission,
                json.dumps(dataclasses.asdict(environment)),
                source,
            ),
        )
        number = cursor.lastrowid or 0
        add_event(db, number, "created", f"The run was created in {experiment!r}.")
        add_params(db, number, params)
        change_tags(db, number, tags)
        return number


def submission_from(text: str) -> Submission:
    """A submission from the column `runs.submission`; of its variables only the names were kept."""
    fields = json.loads(text)
    code = Code(**{**fields["code"], "kind": CodeKind(fields["code"]["kind"])})
    kept = {"code": code, "variables": dict.fromkeys(fields["variables"], ""), "history": tuple(fields["history"])}
    return Submission(**{**fields, **kept})


def _default_name(code: Code) -> str:
    if code.kind is CodeKind.CELL:
        return "cell"
    return Path(code.entry_point if code.source else code.path).stem or "run"
