"""New runs as rows."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Mapping

from jupyter_tracker.backends.common.values import checked_name
from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.experiments import usable_experiment
from jupyter_tracker.backends.local.store import now
from jupyter_tracker.backends.local.values import add_params, change_tags
from jupyter_tracker.models import Environment, JsonValue, RunKind, RunState


def insert_run(
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
    """Make the row of a run, with its experiment if that is not there; the result is its number."""
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
