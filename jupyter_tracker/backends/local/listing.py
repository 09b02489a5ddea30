"""Finding runs: one by what people call it, many by a query."""

from __future__ import annotations

import sqlite3
from typing import Any

from jupyter_tracker.backends.base import RunQuery
from jupyter_tracker.backends.local.experiments import find_experiment
from jupyter_tracker.backends.local.query import order_sql, where_sql
from jupyter_tracker.backends.local.rows import RUN_COLUMNS, RUN_TABLES, progress_of, run_info
from jupyter_tracker.errors import Ambiguous, InvalidInput, NotFound
from jupyter_tracker.models import Lifecycle, Page, Progress, RunInfo

LAST = "last"


def find_run(db: sqlite3.Connection, reference: str) -> tuple[RunInfo, int]:
    """The run of that id, name or unique prefix of an id, or the one created last; and its number.

    Deleted runs are found by id only.

    Raises:
        NotFound: there is none; close names are suggested.
        Ambiguous: a name or prefix fits several.
    """
    if reference == LAST:
        rows = _select(db, "runs.lifecycle != 'deleted' ORDER BY runs.number DESC LIMIT 1", ())
        if not rows:
            raise NotFound("run", reference, (), "There are no runs yet.")
    else:
        rows = (
            _select(db, "runs.id = ?", (reference,))
            or _select(db, "runs.name = ? AND runs.lifecycle != 'deleted' LIMIT 50", (reference,))
            or _select(db, "runs.id >= ? AND runs.id < ? AND ? != '' LIMIT 50", (reference, reference + "g", reference))
        )
    if not rows:
        names = db.execute("SELECT DISTINCT name FROM runs WHERE lifecycle != 'deleted' ORDER BY number DESC LIMIT 1000")
        raise NotFound("run", reference, [name for (name,) in names], "`%tracker runs` lists them.")
    if len(rows) > 1:
        raise Ambiguous("run", reference, [f"{row[0][:8]} ({row[3]} / {row[1]})" for row in rows])
    number: int = rows[0][16]
    return run_info(rows[0], progress_of(db, number)), number


def list_runs(db: sqlite3.Connection, query: RunQuery) -> Page[RunInfo]:
    """One page of the runs that a query selects."""
    conditions, values = ["runs.lifecycle = ?"], [str(query.lifecycle)]
    if query.experiment is not None:
        conditions.append("runs.experiment_id = ?")
        values.append(find_experiment(db, query.experiment).id)
    elif query.lifecycle is Lifecycle.ACTIVE:
        conditions.append("experiments.lifecycle != 'deleted'")
    if query.where is not None:
        condition, bound = where_sql(query.where)
        conditions.append(f"({condition})")
        values.extend(bound)
    return _page(db, query, " AND ".join(conditions), values)


def _page(db: sqlite3.Connection, query: RunQuery, condition: str, values: list[object]) -> Page[RunInfo]:
    newest, offset = _parse_cursor(query.cursor)
    if newest is None:
        (newest,) = db.execute("SELECT coalesce(max(number), 0) FROM runs").fetchone()
    order, bound = order_sql(query.order_by)
    rows = _select(
        db,
        # Runs added while somebody turns the pages are left out, so that no row is seen twice.
        f"{condition} AND runs.number <= ? ORDER BY {order} LIMIT ? OFFSET ?",
        (*values, newest, *bound, query.limit + 1, offset),
    )
    shown = rows[: query.limit]
    progress = _progress_of_active(db)
    return Page(
        tuple(run_info(row, progress.get(row[16], ())) for row in shown),
        f"{newest}:{offset + len(shown)}" if len(rows) > len(shown) else None,
    )


def _progress_of_active(db: sqlite3.Connection) -> dict[int, tuple[Progress, ...]]:
    """Progress for the listing: of the runs that have not ended."""
    active = db.execute("SELECT number FROM runs WHERE ended_at IS NULL").fetchall()
    return {number: progress_of(db, number) for (number,) in active}


def _select(db: sqlite3.Connection, rest: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    return db.execute(f"SELECT {RUN_COLUMNS} FROM {RUN_TABLES} WHERE {rest}", values).fetchall()


def _parse_cursor(text: str | None) -> tuple[int | None, int]:
    if text is None:
        return None, 0
    newest, _, offset = text.partition(":")
    if not newest.isdigit() or not offset.isdigit():
        raise InvalidInput(f"{text!r} is not a cursor that listing runs gave.")
    return int(newest), int(offset)
