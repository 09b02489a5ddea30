"""Carrying out claims: launching runs from what is kept of them, in the name of who submitted them."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from jupyter_tracker.backends.local import lifecycle
from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.queue.claims import Claim, anyone_waits, claim, decisions
from jupyter_tracker.backends.local.record import record_of, submission_from
from jupyter_tracker.backends.local.sources.noun import LocalSources
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.backends.local.variables import LocalVariables
from jupyter_tracker.backends.local.vault import Vault
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.models import Code, Level, RunState


def advance(store: Store) -> None:
    """Launch what may start now; nothing, and no writing, when nobody waits."""
    with store.read() as db:
        if not anyone_waits(db) or not any(decision.starts for decision in decisions(db)):
            return
    with store.write() as db:
        claims = claim(db)
    carry_out(store, claims)


def carry_out(store: Store, claims: Iterable[Claim]) -> None:
    """Launch the runs of claims. One that cannot be launched has failed, and its place goes to the next."""
    pending = list(claims)
    while pending:
        run = pending.pop(0).run
        try:
            _launch(store, run)
        except (TrackerError, OSError) as error:
            with store.write() as db:
                (keeper,) = db.execute("SELECT keeper FROM runs WHERE number = ?", (run,)).fetchone()
                if not keeper:  # else another one was faster, whose claim was thought to be void
                    lifecycle.ended(db, run, RunState.FAILED, f"It could not be started: {error}")
                pending += claim(db)


def faithful(sources: LocalSources, code: Code, source: str, folder: Path) -> Code:
    """Code that is what was kept: where it lies when it is still the same, else a copy of what was kept, in `folder`.

    So nobody has to keep their hands off the files while runs wait.
    """
    from jupyter_tracker.backends.common.code.codecheck import check_code

    if code.source:
        return code if Path(code.path).exists() else sources.unpacked_code(code, folder)
    try:
        if sources.snapshot(check_code(code)).id == source:
            return code
    except (TrackerError, OSError):
        pass  # gone or broken: what was kept is neither
    return sources.unpacked_code(dataclasses.replace(code, source=source), folder)


def _launch(store: Store, run: int) -> None:
    from jupyter_tracker.backends.local.process.launcher import launch
    from jupyter_tracker.backends.local.process.order import Order

    with store.read() as db:
        kept = _kept(db, run)
        if kept is None:
            return  # it has ended meanwhile
        run_id, text, source, sealed = kept
        order = Order.unpacked(Vault(store.home).open(db, run_id, sealed).reveal())
    submission = submission_from(text)
    if source is not None:
        folder = store.run_folder(run_id) / "code" / "source"
        code = faithful(LocalSources(store), submission.code, source, folder)
        if code != submission.code:
            submission = dataclasses.replace(submission, code=code, variables=dict.fromkeys(order.variables, ""))
            with store.write() as db:
                db.execute("UPDATE runs SET submission = ? WHERE number = ?", (json.dumps(record_of(submission)), run))
                message = "The code has changed since it was submitted; the run starts what was kept of it."
                add_event(db, run, "source_restored", message, Level.INFO, {"source": source})
    variables = LocalVariables(store).injected(submission.experiment, order.variables)
    launch(store, run_id, dataclasses.replace(submission, variables=variables), order)


def _kept(db: sqlite3.Connection, run: int) -> tuple[str, str, str | None, bytes] | None:
    row: tuple[str, str, str | None, bytes] | None = db.execute(
        "SELECT id, submission, source, sealed FROM runs JOIN launches ON run = number"
        " WHERE number = ? AND keeper = ''",
        (run,),
    ).fetchone()
    return row
