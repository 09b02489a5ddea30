"""Points of a run that is imported, as chunks."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable

from jupyter_tracker.backends.common.values import writable
from jupyter_tracker.backends.local.journal import DELETED, EARLIEST, LATEST
from jupyter_tracker.backends.local.packing import key_set, pack_points
from jupyter_tracker.backends.local.process.identity import host
from jupyter_tracker.backends.local.summary import read_latest, summarize
from jupyter_tracker.errors import InvalidImport
from jupyter_tracker.models import PointBlock

FLUSH_BYTES = 4 * 2**20
"""How much is collected before chunks are made of it."""
_WORD = 8


class ChunkWriter:
    """Takes blocks of points in the order in which they were logged; the points of each metric stay in that order."""

    def __init__(self, db: sqlite3.Connection, run_id: str, run: int) -> None:
        self._db = db
        self._run = run
        self._rows = 0
        self._size = 0
        self._collected: dict[tuple[str, ...], list[bytearray]] = {}
        self._homes: dict[str, tuple[str, ...]] = {}
        self.points = 0
        """Over all metrics."""
        cursor = db.execute(
            "INSERT INTO journals (run, name, host, owner, state) VALUES (?, ?, ?, '', ?)",
            (run, f"{run_id}-imported", host(), DELETED),
        )
        self._journal = cursor.lastrowid

    def add(self, block: PointBlock) -> None:
        """Take points.

        Raises:
            InvalidImport: the name of a metric is none, or a time cannot be shown.
        """
        if not len(block):
            return
        if block.keys not in self._collected:
            self._check_names(block.keys)
            if any(key in self._homes for key in block.keys):
                self.flush()  # a metric that comes in two sets keeps its order
            self._homes.update(dict.fromkeys(block.keys, block.keys))
            self._collected[block.keys] = [bytearray() for _ in range(2 + len(block.keys))]
        for time in block.times:
            if not EARLIEST <= time <= LATEST:
                raise InvalidImport(f"The time of a point of {block.keys[0]!r} must be in the years 1 to 9999: {time}.")
        columns = self._collected[block.keys]
        columns[0].extend(block.steps.cast("B"))
        for column, values in zip(columns[1:], (block.times, *block.values), strict=True):
            column.extend(values.cast("B"))
        self.points += len(block) * len(block.keys)
        self._size += len(block) * _WORD * len(columns)
        if self._size >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        """Make chunks of what was collected."""
        for keys, columns in self._collected.items():
            rows = len(columns[0]) // _WORD
            numbers = array("q", range(self._rows, self._rows + rows)).tobytes()
            number = key_set(self._db, keys)
            self._db.execute(
                "INSERT INTO chunks (run, journal, key_set, first_row, last_row, rows, data)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    self._run,
                    self._journal,
                    number,
                    self._rows,
                    self._rows + rows - 1,
                    rows,
                    b"".join([numbers, *columns]),
                ),
            )
            steps, times, *values = (memoryview(bytes(column)) for column in columns)
            block = PointBlock(keys, steps.cast("q"), times.cast("d"), tuple(each.cast("d") for each in values))
            summarize(self._db, self._run, block)
            self._rows += rows
        self._collected, self._homes, self._size = {}, {}, 0

    def finish(self, order: Iterable[str] = ()) -> None:
        """All points were given; the listing shows the metrics in this order."""
        self.flush()
        self._db.execute("UPDATE journals SET settled_rows = ? WHERE id = ?", (self._rows, self._journal))
        latest = read_latest(self._db, self._run)
        ordered = {key: latest[key] for key in order if key in latest} | latest
        self._db.execute(
            "UPDATE runs SET metrics = ?, points = ? WHERE number = ?",
            (key_set(self._db, [*ordered]), pack_points(ordered), self._run),
        )

    @staticmethod
    def _check_names(keys: tuple[str, ...]) -> None:
        for key in keys:
            if not isinstance(key, str) or not 0 < len(key) <= 250 or not writable(key):
                raise InvalidImport(f"The metric name {key!r} is not text of 1 to 250 characters.")
