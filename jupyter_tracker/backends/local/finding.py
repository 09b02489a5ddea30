"""Finding experiments by what people call them."""

from __future__ import annotations

import sqlite3

from jupyter_tracker.backends.local.rows import EXPERIMENT_COLUMNS, experiment
from jupyter_tracker.errors import NotFound
from jupyter_tracker.models import Experiment, Lifecycle


def find_experiment(db: sqlite3.Connection, reference: str) -> Experiment:
    """The experiment of that id or name, in whatever lifecycle; `NotFound` suggests close names."""
    row = db.execute(
        f"SELECT {EXPERIMENT_COLUMNS} FROM experiments WHERE id = ? OR name = ? ORDER BY id = ? DESC",
        (reference, reference, reference),
    ).fetchone()
    if row is None:
        active = db.execute("SELECT name FROM experiments WHERE lifecycle = ?", (Lifecycle.ACTIVE,))
        known = [name for (name,) in active]
        raise NotFound("experiment", reference, known, "`%tracker experiments` lists them.")
    return experiment(row)


def within(db: sqlite3.Connection, reference: str | None) -> tuple[str, tuple[str, ...]]:
    """A condition on `runs` and `experiments`, and its values: runs of one experiment, or of all; no deleted ones."""
    if reference is None:
        return "runs.lifecycle != 'deleted' AND experiments.lifecycle != 'deleted'", ()
    return "runs.lifecycle != 'deleted' AND experiments.id = ?", (find_experiment(db, reference).id,)
