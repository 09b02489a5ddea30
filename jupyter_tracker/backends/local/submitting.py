"""From a submission to a run: checked, written down, and launched or left to wait."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from jupyter_tracker.backends.common.values import plain_data, plain_params
from jupyter_tracker.backends.common.variables import check_variables
from jupyter_tracker.backends.local import lifecycle
from jupyter_tracker.backends.local.creation import insert_run
from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.process.order import Order
from jupyter_tracker.backends.local.queue.claims import Claim, check_room, claim, enqueue, seal
from jupyter_tracker.backends.local.queue.noun import checked_priority
from jupyter_tracker.backends.local.queue.starting import carry_out, faithful
from jupyter_tracker.backends.local.record import record_of, submission_from
from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.backends.local.sources.noun import LocalSources
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.backends.local.variables import LocalVariables
from jupyter_tracker.backends.local.vault import Vault
from jupyter_tracker.errors import Conflict, InvalidInput, InvalidSource, SourceTooLarge, StoreError, TrackerError
from jupyter_tracker.models import (
    Code,
    CodeKind,
    Environment,
    Level,
    Lifecycle,
    Resources,
    RunKind,
    RunState,
    Secret,
    Submission,
)


class Submitter:
    """Makes submitted runs, and lets them go on after their end."""

    def __init__(self, store: Store, variables: LocalVariables, sources: LocalSources) -> None:
        self._store = store
        self._variables = variables
        self._sources = sources
        self._vault = Vault(store.home)

    def submit(self, run_id: str, submission: Submission) -> str:
        """Make a run of an id and start it, unless it has to wait; the result is the id."""
        check_variables(submission.variables)
        if submission.data is not None and not Path(submission.data).exists():
            raise InvalidInput(f"There is no data at {submission.data!r} on this machine.")
        resources = Resources.parse(submission.resources)
        checked_priority(submission.priority)
        code, source, left_out = self._code(submission.code, submission.kept, run_id)
        checked = dataclasses.replace(
            submission,
            code=code,
            params=plain_params(submission.params),
            resources=plain_data(submission.resources, "resource"),
        )
        variables = self._variables.injected(checked.experiment, checked.variables)
        order = Order.here(checked.variables)
        try:
            with self._store.write() as db:
                number = self._insert(db, run_id, checked, source)
                if left_out is not None:
                    kind = "source_too_large" if isinstance(left_out, SourceTooLarge) else "source_not_kept"
                    message = f"The code was not kept as a source: {left_out}"
                    add_event(db, number, kind, message, Level.WARNING)
                others, starts = self._queue(db, number, run_id, checked, resources, order)
        except BaseException:
            shutil.rmtree(self._store.home / "runs" / run_id, ignore_errors=True)
            raise
        if starts:
            self._launch(run_id, number, dataclasses.replace(checked, variables=variables), order)
        carry_out(self._store, others)
        return run_id

    def restart(self, run_id: str, variables: Mapping[str, str | Secret]) -> None:
        """Let a run that has ended go on as a further attempt."""
        check_variables(variables)
        with self._store.read() as db:
            number = run_number(db, run_id)
            (text,) = db.execute("SELECT submission FROM runs WHERE number = ?", (number,)).fetchone()
            if text is None:
                raise Conflict(f"The run {run_id[:8]} was the work of a notebook or script: run that again.")
        submission = submission_from(text)
        missing = sorted(set(submission.variables) - set(variables))
        if missing:
            raise InvalidInput(
                f"The values of the variables {', '.join(missing)} of the run were not kept."
                f" Give them again: run.restart(variables={{{missing[0]!r}: …}})."
            )
        with self._store.write() as db:
            _check_restart(db, number, run_id)
            lifecycle.restarted(db, number, "The run was started again.")
            record = json.dumps(record_of(dataclasses.replace(submission, variables=variables)))
            db.execute("UPDATE runs SET submission = ? WHERE number = ?", (record, number))
            searches = submission.sweep is not None
            enqueue(db, number, Resources.parse(submission.resources), claimed=searches)
            sealed = self._sealed(db, run_id, Order.here(variables))
            seal(db, number, sealed)
            claims = [*([Claim(number, sealed)] if searches else []), *claim(db)]
            _tell(db, number)
        carry_out(self._store, claims)

    def _insert(self, db: sqlite3.Connection, run_id: str, submission: Submission, source: str | None) -> int:
        number = insert_run(
            db,
            run_id,
            submission.experiment,
            default_name(submission.code) if submission.name is None else submission.name,
            RunKind.SUBMITTED if submission.sweep is None else RunKind.SWEEP,
            submission.params,
            submission.tags,
            json.dumps(record_of(submission)),
            Environment(),
            source,
        )
        if submission.parent:
            _check_parent(db, submission.parent)
        db.execute(
            "UPDATE runs SET parent = ?, priority = ? WHERE number = ?",
            (submission.parent, submission.priority, number),
        )
        return number

    def _queue(
        self,
        db: sqlite3.Connection,
        number: int,
        run_id: str,
        submission: Submission,
        resources: Resources,
        order: Order,
    ) -> tuple[list[Claim], bool]:
        """The claims of other runs, and whether this one has a place at once, too."""
        # A sweep itself does not train, and its children could not if it took their place.
        searches = submission.sweep is not None
        enqueue(db, number, resources, claimed=searches)
        claims = claim(db)
        starts = searches or any(each.run == number for each in claims)
        if not starts:
            experiment_id, name = db.execute(
                "SELECT experiment_id, experiments.name FROM runs JOIN experiments ON experiments.id = experiment_id"
                " WHERE number = ?",
                (number,),
            ).fetchone()
            check_room(db, experiment_id, name)
        if not starts or submission.restart_interrupted:
            seal(db, number, self._sealed(db, run_id, order))
        _tell(db, number)
        return [each for each in claims if each.run != number], starts

    def _launch(self, run_id: str, number: int, submission: Submission, order: Order) -> None:
        from jupyter_tracker.backends.local.process.launcher import launch

        try:
            launch(self._store, run_id, submission, order)
        except TrackerError as error:
            with self._store.write() as db:
                lifecycle.ended(db, number, RunState.FAILED, str(error))
                claims = claim(db)
            carry_out(self._store, claims)
            raise

    def _sealed(self, db: sqlite3.Connection, run_id: str, order: Order) -> bytes:
        return self._vault.seal(db, run_id, Secret(order.packed()))

    def _code(self, code: Code, kept: str, run_id: str) -> tuple[Code, str | None, Exception | None]:
        """The code as it is started, the source that has it, and why none has it where that is so."""
        from jupyter_tracker.backends.common.code.codecheck import check_code

        if kept:
            return faithful(self._sources, code, kept, self._store.run_folder(run_id) / "code" / "source"), kept, None
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


def _check_restart(db: sqlite3.Connection, run: int, run_id: str) -> None:
    text, where = db.execute("SELECT state, lifecycle FROM runs WHERE number = ?", (run,)).fetchone()
    state = RunState(text)
    if not state.ended:
        raise Conflict(f"The run {run_id[:8]} has not ended ({state}); there is nothing to restart.")
    if state is RunState.SUCCEEDED:
        raise Conflict(f"The run {run_id[:8]} has succeeded; there is nothing to restart. Submit its code again.")
    if where == Lifecycle.DELETED:
        raise Conflict(f"The run {run_id[:8]} was deleted. Restore it first: `%tracker restore {run_id[:8]}`.")


def _check_parent(db: sqlite3.Connection, parent: str) -> None:
    ended_at, stopping = db.execute(
        "SELECT ended_at, stop_requested_at FROM runs WHERE number = ?", (run_number(db, parent),)
    ).fetchone()
    if ended_at is not None or stopping is not None:
        raise Conflict(f"The run {parent[:8]}, of which this one was to be a part, has ended or is to stop.")


def _tell(db: sqlite3.Connection, run: int) -> None:
    (reason,) = db.execute("SELECT reason FROM runs WHERE number = ?", (run,)).fetchone()
    add_event(db, run, "queued", reason or "The run waits for its process.")


def default_name(code: Code) -> str:
    """The name of a run that is given none: that of the file that it starts."""
    if code.kind is CodeKind.CELL:
        return "cell"
    return Path(code.entry_point if code.source else code.path).stem or "run"
