"""Finding runs: one by what people call it, many by a query."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from jupyter_tracker.backends.local.finding import find_experiment
from jupyter_tracker.backends.local.metrics import journaled_blocks
from jupyter_tracker.backends.local.query import Position, page
from jupyter_tracker.backends.local.rows import (
    NUMBER,
    RUN_COLUMNS,
    RunRows,
    metric_values,
    names_of,
    progress_of,
    run_info,
)
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.backends.local.summary import read_latest, with_points
from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.backends.operations.runs import EVERYTHING
from jupyter_tracker.collector import collector_paused
from jupyter_tracker.errors import Ambiguous, InvalidInput, NotFound
from jupyter_tracker.models import Page, RunInfo

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
            or _select(
                db,
                "runs.id >= ? AND runs.id < ? AND ? != '' AND runs.lifecycle != 'deleted' LIMIT 50",
                (reference, reference + "g", reference),
            )
        )
    if not rows:
        names = db.execute("SELECT name FROM runs WHERE lifecycle != 'deleted' ORDER BY number DESC LIMIT 1000")
        hint = _deleted_hint(db, reference) or "`%tracker runs` lists them."
        raise NotFound("run", reference, [name for (name,) in names], hint)
    if len(rows) > 1:
        experiments = names_of(db, rows).experiments
        raise Ambiguous("run", reference, [f"{row[0][:8]} ({experiments[row[1]]} / {row[2]})" for row in rows])
    number: int = rows[0][NUMBER]
    return run_info(rows[0], names_of(db, rows), progress_of(db, [number]).get(number, ())), number


def _deleted_hint(db: sqlite3.Connection, reference: str) -> str:
    """How a deleted run is found that a name or prefix, which most listings show, fits."""
    found = db.execute(
        "SELECT id FROM runs WHERE (name = ?1 OR (id >= ?1 AND id < ?1 || 'g' AND ?1 != '')) AND lifecycle = 'deleted'"
        " ORDER BY number DESC LIMIT 3",
        (reference,),
    ).fetchall()
    if not found:
        return ""
    return f"A deleted one goes by its whole id: {', '.join(identity for (identity,) in found)}."


def with_journaled(store: Store, db: sqlite3.Connection, info: RunInfo, number: int) -> RunInfo:
    """The run with the latest values that are still in journals only; FileNotFoundError when they moved meanwhile."""
    blocks = list(journaled_blocks(store, db, number))
    if not blocks:
        return info
    return dataclasses.replace(info, metrics=metric_values(with_points(read_latest(db, number), blocks)))


def list_runs(db: sqlite3.Connection, query: RunQuery) -> Page[RunInfo]:
    """One page of the runs that a query selects.

    A page goes on behind the last run of the one before, so that runs added meanwhile shift nothing.
    """
    scope, bound = "runs.lifecycle = ?", [str(query.lifecycle)]
    if query.experiment is not None:
        scope += " AND runs.experiment_id = ?"
        bound.append(find_experiment(db, query.experiment).id)
    after = None if query.cursor is None else _parse_cursor(query.cursor)
    if query.where == EVERYTHING and not query.order_by:
        return _newest(db, scope, bound, query.limit, after)
    found = page(db, (scope, list(bound)), query.where, query.order_by, query.limit + 1, after)
    shown = found[: query.limit]
    numbers = [position.number for position in shown]
    with collector_paused():
        rows = {row[NUMBER]: row for row in _select(db, "number IN (SELECT value FROM json_each(?))", (str(numbers),))}
        table = _table(db, [rows[number] for number in numbers])
    return Page(table, _format_cursor(shown[-1]) if len(found) > len(shown) > 0 else None)


def _newest(
    db: sqlite3.Connection, scope: str, bound: Sequence[object], limit: int, after: Position | None
) -> Page[RunInfo]:
    """All runs of a scope, newest first: their rows are read as they lie, without looking for positions first."""
    condition = f"{scope} AND runs.number < ? ORDER BY runs.number DESC LIMIT ?"
    with collector_paused():
        rows = _select(db, condition, (*bound, 2**63 - 1 if after is None else after.number, limit + 1))
        shown = rows[:limit]
        table = _table(db, shown)
    return Page(table, _format_cursor(Position(shown[-1][NUMBER])) if len(rows) > len(shown) > 0 else None)


def _table(db: sqlite3.Connection, rows: Sequence[tuple[Any, ...]]) -> RunRows:
    return RunRows(rows, names_of(db, rows), progress_of(db, [row[NUMBER] for row in rows]))


def _select(db: sqlite3.Connection, rest: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    return db.execute(f"SELECT {RUN_COLUMNS} FROM runs WHERE {rest}", values).fetchall()


def _format_cursor(position: Position) -> str:
    return json.dumps([position.number, *position.keys])


def _parse_cursor(text: str) -> Position:
    try:
        number, *keys = json.loads(text)
        return Position(int(number), tuple(keys))
    except (ValueError, TypeError):
        raise InvalidInput(f"{text!r} is not a cursor that listing runs gave.") from None
