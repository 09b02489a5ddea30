"""Stores of very many runs, as they lie in the tables after the runs have ended; made in bulk."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from jupyter_tracker.backends.local.packing import Point, key_set, pack, pack_points
from jupyter_tracker.client import Tracker
from jupyter_tracker.filters import param_number, param_text
from jupyter_tracker.models import JsonValue

TOGETHER = 5_000
"""Runs that are inserted at once."""
TABLES = {"params": 4, "tags": 3, "metrics": 11}
"""Tables of a row for each value, and their columns."""


def fill(tracker: Tracker, runs: int) -> None:
    """Runs of the experiment `sweep` with 10 params, 10 metrics and 5 tags each."""
    tracker.experiments.create("sweep")
    store = tracker.backend.store  # type: ignore[attr-defined]  # the local backend
    with store.write() as db, _indexed_afterwards(db):
        (experiment,) = db.execute("SELECT id FROM experiments").fetchone()
        for first in range(1, runs + 1, TOGETHER):
            _add(db, experiment, range(first, min(first + TOGETHER, runs + 1)))


def _add(db: sqlite3.Connection, experiment: str, numbers: range) -> None:
    chance = random.Random(numbers.start)
    rows: dict[str, list[tuple[object, ...]]] = {"runs": [], **{table: [] for table in TABLES}}
    for number in numbers:
        params: dict[str, JsonValue] = {f"p{index}": chance.random() for index in range(8)}
        params |= {"model": chance.choice(["resnet", "vit"]), "layers": number % 12}
        tags = {f"t{index}": f"value {number % 7}" for index in range(5)}
        names = ["loss", *(f"m{index}" for index in range(1, 10))]
        latest: dict[str, Point] = {name: (chance.random(), 1000, 1.7e9 + number + chance.random()) for name in names}
        record = pack(params, tags)
        created = 1_700_000_000_000_000 + number * 1_000_000
        shapes = key_set(db, record.names), record.numbers, record.texts, key_set(db, names), pack_points(latest)
        times = created, created + 10, created + chance.randrange(1_000_000, 3_600_000_000)
        state = "failed" if number % 1000 == 0 else "succeeded"
        rows["runs"].append((number, f"{number:032x}", experiment, f"run-{number}", state, *shapes, *times))
        rows["params"] += [(number, key, param_number(value), param_text(value)) for key, value in params.items()]
        rows["tags"] += [(number, key, value) for key, value in tags.items()]
        for key, (value, step, time) in latest.items():
            history = value + chance.random(), 0, time - 9, value - chance.random(), value + chance.random()
            rows["metrics"].append((number, key, 1000, value, step, time, *history))
    db.executemany(
        "INSERT INTO runs (number, id, experiment_id, name, kind, state, fields, numbers, texts, metrics, points,"
        " created_at, started_at, ended_at, exit_code) VALUES (?, ?, ?, ?, 'submitted', ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
        rows["runs"],
    )
    for table, columns in TABLES.items():
        db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * columns)})", rows[table])


@contextmanager
def _indexed_afterwards(db: sqlite3.Connection) -> Iterator[None]:
    """Indexes are made many times faster when all rows are there."""
    indexes = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    chosen = [(name, sql) for name, sql in indexes if name.startswith((*TABLES, "runs_"))]
    for name, _ in chosen:
        db.execute(f"DROP INDEX {name}")
    yield
    for _, sql in chosen:
        db.execute(sql)
