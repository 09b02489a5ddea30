"""Where records are, and what brings them from one place to another; anything else is a `Conflict`.

    active ──archive──▶ archived ──delete──▶ deleted
    active ──delete──▶ deleted
    archived ──unarchive──▶ active
    archived, deleted ──restore──▶ active

An experiment takes its runs along when it is deleted, and brings back those that it took: `runs.lifecycle_before` says
where each of them was. A run that was deleted on its own stays deleted. What is deleted for good is in purge.py.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.store import now
from jupyter_tracker.errors import Conflict
from jupyter_tracker.models import Experiment, Lifecycle


@dataclass(frozen=True, slots=True)
class Move:
    """One verb: from where it takes records, and to where."""

    verb: str
    taken_from: frozenset[Lifecycle]
    target: Lifecycle

    @property
    def event(self) -> str:
        """The kind of the event that it leaves with a run, such as `archived`."""
        return f"{self.verb}d"


ARCHIVE = Move("archive", frozenset({Lifecycle.ACTIVE}), Lifecycle.ARCHIVED)
UNARCHIVE = Move("unarchive", frozenset({Lifecycle.ARCHIVED}), Lifecycle.ACTIVE)
DELETE = Move("delete", frozenset({Lifecycle.ACTIVE, Lifecycle.ARCHIVED}), Lifecycle.DELETED)
RESTORE = Move("restore", frozenset({Lifecycle.ARCHIVED, Lifecycle.DELETED}), Lifecycle.ACTIVE)


def move(db: sqlite3.Connection, noun: str, identity: str, label: str, wanted: Move) -> None:
    """Move an experiment, run, source or template: a record of the table `noun`s; `label` is what people call it."""
    (where,) = db.execute(f"SELECT lifecycle FROM {noun}s WHERE id = ?", (identity,)).fetchone()
    check_move(noun, label, where, wanted)
    deleted_at = now() if wanted.target is Lifecycle.DELETED else None
    db.execute(f"UPDATE {noun}s SET lifecycle = ?, deleted_at = ? WHERE id = ?", (wanted.target, deleted_at, identity))


def check_move(noun: str, label: str, where: Lifecycle, wanted: Move) -> None:
    """Raise `Conflict` when a record cannot be moved so from where it is."""
    if where not in wanted.taken_from:
        raise Conflict(_refusal(noun, label, where, wanted))


def move_run(db: sqlite3.Connection, run: int, wanted: Move) -> None:
    """Move a run; `Conflict` also when it has not ended and is to be deleted, or its experiment is deleted."""
    identity, label, ended_at, experiment, of_deleted = db.execute(
        "SELECT runs.id, runs.name, runs.ended_at, experiments.name, experiments.lifecycle = 'deleted'"
        " FROM runs JOIN experiments ON experiments.id = runs.experiment_id WHERE runs.number = ?",
        (run,),
    ).fetchone()
    if wanted is DELETE and ended_at is None:
        raise Conflict(f"The run {identity[:8]} has not ended. Stop it first: `%tracker stop {identity[:8]}`.")
    if wanted is RESTORE and of_deleted:
        raise Conflict(
            f"The run {label!r} belongs to the experiment {experiment!r}, which was deleted. "
            f"Restore that: `%tracker restore --experiment {experiment}`."
        )
    move(db, "run", identity, f"{label} ({identity[:8]})", wanted)
    add_event(db, run, wanted.event, f"The run is {wanted.target}.")


def move_experiment(db: sqlite3.Connection, found: Experiment, wanted: Move) -> None:
    """Move an experiment; deleting and restoring it takes its runs along."""
    if wanted is DELETE:
        (active,) = db.execute(
            "SELECT count(*) FROM runs WHERE experiment_id = ? AND ended_at IS NULL", (found.id,)
        ).fetchone()
        if active:
            raise Conflict(f"{active} runs of {found.name!r} have not ended. Stop them first.")
    move(db, "experiment", found.id, found.name, wanted)
    db.execute("UPDATE experiments SET updated_at = ? WHERE id = ?", (now(), found.id))
    if wanted is DELETE:
        taken = "experiment_id = ? AND lifecycle != 'deleted'"
        _tell(db, taken, (found.id,), wanted, f"It was deleted with its experiment {found.name!r}.")
        db.execute(
            f"UPDATE runs SET lifecycle_before = lifecycle, lifecycle = 'deleted', deleted_at = ? WHERE {taken}",
            (now(), found.id),
        )
    elif found.lifecycle is Lifecycle.DELETED:
        taken = "experiment_id = ? AND lifecycle_before IS NOT NULL"
        _tell(db, taken, (found.id,), wanted, f"It was restored with its experiment {found.name!r}.")
        db.execute(
            f"UPDATE runs SET lifecycle = lifecycle_before, lifecycle_before = NULL, deleted_at = NULL WHERE {taken}",
            (found.id,),
        )


def delete_before(db: sqlite3.Connection, found: Experiment, time: int, maximum: int) -> int:
    """Delete runs created until `time`, the oldest first; how many there were."""
    return _move_many(
        db,
        "experiment_id = ? AND lifecycle = 'active' AND ended_at IS NOT NULL AND created_at <= ?"
        " ORDER BY created_at, number LIMIT ?",
        (found.id, time, maximum),
        DELETE,
    )


def restore_after(db: sqlite3.Connection, found: Experiment, time: int, maximum: int) -> int:
    """Restore runs deleted since `time`, the one deleted last first; how many there were."""
    if found.lifecycle is Lifecycle.DELETED:
        raise Conflict(
            f"The experiment {found.name!r} was deleted. Restore it first, which restores the runs deleted with it: "
            f"`%tracker restore --experiment {found.name}`."
        )
    return _move_many(
        db,
        "experiment_id = ? AND lifecycle = 'deleted' AND deleted_at >= ? ORDER BY deleted_at DESC, number DESC LIMIT ?",
        (found.id, time, maximum),
        RESTORE,
    )


def check_not_deleted(noun: str, label: str, where: Lifecycle, verb: str) -> None:
    """Raise `Conflict` when something is to be done with what was deleted."""
    if where is Lifecycle.DELETED:
        raise Conflict(f"The {noun} {label!r} was deleted. Restore it to {verb} it.")


def check_deleted(noun: str, label: str, where: str) -> None:
    """Raise `Conflict` when something is to be purged that was not deleted before."""
    if where != Lifecycle.DELETED:
        raise Conflict(f"The {noun} {label!r} is {where}. Only what was deleted can be purged: delete it first.")


def _move_many(db: sqlite3.Connection, condition: str, bound: tuple[object, ...], wanted: Move) -> int:
    chosen = f"number IN (SELECT number FROM runs WHERE {condition})"
    _tell(db, chosen, bound, wanted, f"The run is {wanted.target}.")
    deleted_at = now() if wanted.target is Lifecycle.DELETED else None
    changed = db.execute(
        f"UPDATE runs SET lifecycle = ?, deleted_at = ? WHERE {chosen}", (wanted.target, deleted_at, *bound)
    )
    return changed.rowcount


def _tell(db: sqlite3.Connection, condition: str, bound: tuple[object, ...], wanted: Move, message: str) -> None:
    """Add the event of a move to each run that a condition selects."""
    db.execute(
        "INSERT INTO events (run, sequence, time, kind, level, message, data)"
        " SELECT number, 1 + (SELECT coalesce(max(sequence), 0) FROM events WHERE run = number),"
        f" ?, ?, 'info', ?, '{{}}' FROM runs WHERE {condition}",
        (now(), wanted.event, message, *bound),
    )


def _refusal(noun: str, label: str, where: str, wanted: Move) -> str:
    if where == Lifecycle.DELETED:
        return f"The {noun} {label} is deleted. `restore` brings it back."
    if where == Lifecycle.ARCHIVED:
        return f"The {noun} {label} is archived already. `unarchive` brings it back."
    return f"The {noun} {label} is active: there is nothing to {wanted.verb}."
