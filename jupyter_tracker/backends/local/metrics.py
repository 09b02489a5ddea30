"""Metric points in the local store: written through a journal, settled into chunks, read from both.

A chunk is a BLOB of columns, the points of one key set of one journal: row numbers (int64), steps (int64), times
(float64, seconds), and a float64 column for each key. A point is addressed by its journal and its row number there, so
that a reader can go on behind any point, wherever the point lies by then.
"""

from __future__ import annotations

import json
import os
import sqlite3
from array import array
from bisect import bisect_left
from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock

from jupyter_tracker.backends.local.journal import COMPLETE, DELETED, MetricWriter, Segment, read_journal, segments
from jupyter_tracker.backends.local.process.identity import alive, host
from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.backends.local.summary import read_summaries, summarize
from jupyter_tracker.backends.operations import MetricOperations
from jupyter_tracker.errors import InvalidInput, StoreError
from jupyter_tracker.flow import Emit, Flow, Local, Streaming, local
from jupyter_tracker.models import MetricSummary, PointBlock, Points

SETTLE_BYTES = 4 * 2**20
"""How much of a journal one transaction moves, so that other writers need not wait long."""
CHUNK_ROWS = 2048
"""A chunk with fewer rows is filled up before a new one is begun."""
ATTEMPTS = 5
"""How often reading begins anew because a journal was settled and deleted meanwhile."""
_WORD = 8


class LocalMetrics(MetricOperations):
    """Metrics of the runs in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writers: dict[str, MetricWriter] = {}
        self._machine_writers: dict[str, MetricWriter] = {}
        self._lock = Lock()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def log(self, run_id: str, values: Mapping[str, float], step: int | None, time: float | None) -> Flow[None]:
        yield Local(lambda: self.writer(run_id).log(values, step, time), brief=True)

    def read(self, run_id: str, keys: Sequence[str] | None, after: str | None) -> Flow[Points]:
        return local(lambda: read_points(self._store, run_id, keys, after))

    def summaries(self, run_ids: Sequence[str], keys: Sequence[str]) -> Flow[Mapping[str, Mapping[str, MetricSummary]]]:
        return local(lambda: _summaries(self._store, run_ids, keys))

    def stream(self, run_id: str) -> Streaming:
        blocks = _blocks_as_they_are(self._store, run_id)
        try:
            while batch := (yield Local(lambda: _batch(blocks))):
                yield Emit(batch)
        finally:
            blocks.close()

    def writer(self, run_id: str, *, late: bool = False) -> MetricWriter:
        """The writer of this process for a run; opened when it is first used, a late one also after the run's end."""
        writer = self._writers.get(run_id)
        return writer or self._opened(self._writers, run_id, machine=False, late=late)

    def machine_writer(self, run_id: str) -> MetricWriter:
        """The same for samples of the machine."""
        writer = self._machine_writers.get(run_id)
        return writer or self._opened(self._machine_writers, run_id, machine=True)

    def close(self, run_id: str) -> None:
        """End this process' writing to a run and settle what it wrote; nothing when it wrote nothing."""
        with self._lock:
            writers = [of.pop(run_id) for of in (self._writers, self._machine_writers) if run_id in of]
        for writer in writers:
            writer.close()
        if writers:
            with self._store.read() as db:
                run = run_number(db, run_id)
            settle(self._store, run)

    def close_all(self) -> None:
        """End all writing of this process."""
        for run_id in {*self._writers, *self._machine_writers}:
            self.close(run_id)

    def _opened(
        self, writers: dict[str, MetricWriter], run_id: str, *, machine: bool, late: bool = False
    ) -> MetricWriter:
        with self._lock:
            if run_id not in writers:
                writers[run_id] = MetricWriter(self._store, run_id, machine=machine, late=late)
            return writers[run_id]

    def _forget(self) -> None:
        """After a fork: the parent's journals are not ours."""
        self._writers, self._machine_writers = {}, {}
        self._lock = Lock()


def _summaries(store: Store, run_ids: Sequence[str], keys: Sequence[str]) -> Mapping[str, Mapping[str, MetricSummary]]:
    found: dict[str, Mapping[str, MetricSummary]] = {}
    for run_id in run_ids:
        for _ in range(ATTEMPTS):
            with store.read() as db:
                run = run_number(db, run_id)
                try:
                    unsettled_ = list(journaled_blocks(store, db, run))
                except FileNotFoundError:
                    continue  # settled and deleted since the database was read
                found[run_id] = read_summaries(db, run, keys, unsettled_)
                break
    return found


def settle(store: Store, run: int) -> None:
    """Move what lies in the journals of a run into chunks, and bring its listing up to date.

    Journals to which nothing can be added, because they are complete or their process is gone, are deleted afterwards.
    """
    while True:
        with store.write() as db:
            moved = _settle_some(store, db, run)
            if moved:
                continue
            finished = _finished_journals(db, run)
        for name in finished:
            # Readers that still hold the old view of the database find the file gone and look again.
            (store.journal_folder() / name).unlink(missing_ok=True)
        return


def read_points(store: Store, run_id: str, keys: Sequence[str] | None, after: str | None) -> Points:
    """The points of a run behind a cursor."""
    for _ in range(ATTEMPTS):
        try:
            return _read_points(store, run_id, keys, _parse_cursor(after))
        except FileNotFoundError:
            continue  # settled and deleted since the database was read: it has the points now
    raise _journal_missing(store, run_id)


def _journal_missing(store: Store, run_id: str) -> StoreError:
    return StoreError(f"A journal of the run {run_id[:8]} is missing in {store.journal_folder()}; its points are lost.")


def _read_points(store: Store, run_id: str, keys: Sequence[str] | None, position: dict[int, tuple[int, int]]) -> Points:
    position = dict(position)
    with store.read() as db:
        blocks = tuple(_blocks_behind(store, db, run_number(db, run_id), keys, position))
    return Points(blocks, _format_cursor(position))


def _blocks_behind(
    store: Store, db: sqlite3.Connection, run: int, keys: Sequence[str] | None, position: dict[int, tuple[int, int]]
) -> Iterator[PointBlock]:
    """The points behind a position, which goes along."""
    journals = db.execute(
        "SELECT id, name, settled_bytes, settled_rows, state FROM journals WHERE run = ? ORDER BY id", (run,)
    ).fetchall()
    key_sets = _KeySets(db)
    for journal, name, settled_bytes, settled_rows, state in journals:
        next_row, next_byte = position.get(journal, (0, 0))
        if next_row < settled_rows:
            yield from _chunk_blocks(db, key_sets, run, journal, next_row, keys)
            next_row, next_byte = settled_rows, settled_bytes
        position[journal] = (next_row, next_byte)
        if state == DELETED:
            continue
        data = read_journal(store.journal_folder() / name, next_byte)
        end = 0
        for segment in segments(data, key_sets.count, next_row):
            yield from _select(_segment_block(segment, key_sets), keys)
            next_row, end = next_row + segment.rows, segment.end
        position[journal] = (next_row, next_byte + end)


def _blocks_as_they_are(store: Store, run_id: str) -> Generator[PointBlock, None, None]:
    """All points of a run, one block at a time, from one view of the database."""
    position: dict[int, tuple[int, int]] = {}
    for _ in range(ATTEMPTS):
        try:
            with store.read() as db:
                yield from _blocks_behind(store, db, run_number(db, run_id), None, position)
        except FileNotFoundError:
            continue  # settled and deleted since the database was read, which a new view knows
        return
    raise _journal_missing(store, run_id)


def _batch(blocks: Iterator[PointBlock]) -> list[PointBlock]:
    """The next blocks, a few megabytes of them; none when there are no more."""
    batch, size = [], 0
    for block in blocks:
        batch.append(block)
        size += len(block) * (2 + len(block.keys)) * _WORD
        if size >= SETTLE_BYTES:
            break
    return batch


class _KeySets:
    """The key sets by number, read when they are met."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._known: dict[int, tuple[str, ...]] = {}

    def __getitem__(self, number: int) -> tuple[str, ...]:
        if number not in self._known:
            row = self._db.execute("SELECT keys FROM key_sets WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise KeyError(number)
            self._known[number] = tuple(json.loads(row[0]))
        return self._known[number]

    def count(self, number: int) -> int | None:
        """How many keys there are; None for a set that was added since the transaction of `db` began."""
        try:
            return len(self[number])
        except KeyError:
            return None


def _chunk_blocks(
    db: sqlite3.Connection, key_sets: _KeySets, run: int, journal: int, next_row: int, keys: Sequence[str] | None
) -> Iterator[PointBlock]:
    rows = db.execute(
        "SELECT id, key_set, rows, first_row FROM chunks WHERE run = ? AND journal = ? AND last_row >= ?"
        " ORDER BY last_row",
        (run, journal, next_row),
    )
    for chunk, key_set, count, first_row in rows.fetchall():
        # Read on its own, a BLOB is copied once; as a column of a row, twice, and when rows are sorted, once more.
        with db.blobopen("chunks", "data", chunk, readonly=True) as blob:
            data = blob.read()
        block = _block(key_sets[key_set], data, count)
        if first_row < next_row:
            numbers = memoryview(data)[: count * _WORD].cast("q")
            skip = bisect_left(numbers, next_row)
            block = PointBlock(
                block.keys, block.steps[skip:], block.times[skip:], tuple(values[skip:] for values in block.values)
            )
        yield from _select(block, keys)


def _block(keys: tuple[str, ...], data: bytes, rows: int) -> PointBlock:
    size = rows * _WORD
    columns = [memoryview(data)[index * size : (index + 1) * size] for index in range(3 + len(keys))]
    return PointBlock(keys, columns[1].cast("q"), _floats(columns[2]), tuple(map(_floats, columns[3:])))


def _segment_block(segment: Segment, key_sets: _KeySets) -> PointBlock:
    keys = key_sets[segment.key_set]
    return PointBlock(
        keys,
        memoryview(segment.column(0)).cast("q"),
        _floats(memoryview(segment.column(1))),
        tuple(_floats(memoryview(segment.column(2 + index))) for index in range(len(keys))),
    )


def _floats(column: memoryview) -> memoryview[float]:
    return column.cast("d")


def _select(block: PointBlock, keys: Sequence[str] | None) -> list[PointBlock]:
    """The block with the wanted keys only; nothing when it has none of them."""
    if keys is None:
        return [block]
    wanted = [index for index, key in enumerate(block.keys) if key in keys]
    if not wanted:
        return []
    return [
        PointBlock(
            tuple(block.keys[index] for index in wanted),
            block.steps,
            block.times,
            tuple(block.values[index] for index in wanted),
        )
    ]


def _settle_some(store: Store, db: sqlite3.Connection, run: int) -> bool:
    """Move up to SETTLE_BYTES of each journal; whether there was anything to move."""
    key_sets = _KeySets(db)
    moved = False
    journals = db.execute(
        "SELECT id, name, settled_bytes, settled_rows FROM journals WHERE run = ? AND state < ?", (run, DELETED)
    ).fetchall()
    for journal, name, settled_bytes, settled_rows in journals:
        try:
            data = read_journal(store.journal_folder() / name, settled_bytes, SETTLE_BYTES)
        except FileNotFoundError:
            continue
        by_key_set: dict[int, list[bytearray]] = {}
        rows, end = settled_rows, 0
        for segment in segments(data, key_sets.count, rows):
            columns = by_key_set.setdefault(
                segment.key_set, [bytearray() for _ in range(3 + len(key_sets[segment.key_set]))]
            )
            columns[0] += array("q", range(segment.first_row, segment.first_row + segment.rows)).tobytes()
            for index in range(1, len(columns)):
                columns[index] += segment.column(index - 1)
            rows, end = rows + segment.rows, segment.end
        if end == 0:
            continue
        for key_set, columns in by_key_set.items():
            _store_chunk(db, run, journal, key_set, columns)
            summarize(db, run, _block(key_sets[key_set], b"".join(columns), len(columns[0]) // _WORD))
        db.execute(
            "UPDATE journals SET settled_bytes = ?, settled_rows = ? WHERE id = ?", (settled_bytes + end, rows, journal)
        )
        moved = True
    return moved


def _store_chunk(db: sqlite3.Connection, run: int, journal: int, key_set: int, columns: list[bytearray]) -> None:
    last = db.execute(
        "SELECT id, rows, data FROM chunks WHERE run = ? AND journal = ? AND key_set = ? ORDER BY id DESC LIMIT 1",
        (run, journal, key_set),
    ).fetchone()
    if last is not None and last[1] < CHUNK_ROWS:
        chunk, rows, data = last
        size = rows * _WORD
        columns = [bytearray(data[index * size : (index + 1) * size]) + column for index, column in enumerate(columns)]
        db.execute("DELETE FROM chunks WHERE id = ?", (chunk,))
    numbers = memoryview(columns[0]).cast("q")
    db.execute(
        "INSERT INTO chunks (run, journal, key_set, first_row, last_row, rows, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (run, journal, key_set, numbers[0], numbers[-1], len(numbers), b"".join(columns)),
    )


def _finished_journals(db: sqlite3.Connection, run: int) -> list[str]:
    """Mark the journals to which nothing can be added as deleted; the result is their files."""
    here = host()
    names = [
        name
        for name, state, where, owner in db.execute(
            "SELECT name, state, host, owner FROM journals WHERE run = ? AND state < ?", (run, DELETED)
        )
        if state == COMPLETE or (where == here and not alive(owner))
    ]
    db.executemany("UPDATE journals SET state = ? WHERE name = ?", [(DELETED, name) for name in names])
    return names


def unsettled(store: Store, db: sqlite3.Connection, run: int) -> bool:
    """Whether a journal of the run holds points that its listing does not know of."""
    for name, settled_bytes in db.execute(
        "SELECT name, settled_bytes FROM journals WHERE run = ? AND state < ?", (run, DELETED)
    ):
        if _size(store.journal_folder() / name) > settled_bytes:
            return True
    return False


def journaled_blocks(store: Store, db: sqlite3.Connection, run: int) -> Iterator[PointBlock]:
    """The points of a run that are still in journals only.

    Raises:
        FileNotFoundError: they were settled since the transaction of `db` began.
    """
    key_sets = _KeySets(db)
    for name, settled_bytes, settled_rows in db.execute(
        "SELECT name, settled_bytes, settled_rows FROM journals WHERE run = ? AND state < ?", (run, DELETED)
    ).fetchall():
        data = read_journal(store.journal_folder() / name, settled_bytes)
        for segment in segments(data, key_sets.count, settled_rows):
            yield _segment_block(segment, key_sets)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _parse_cursor(text: str | None) -> dict[int, tuple[int, int]]:
    """Journal to the number and byte offset of the next row: `3:120:11520,4:7:672`."""
    try:
        parts = [part.split(":") for part in text.split(",")] if text else []
        return {int(journal): (int(row), int(byte)) for journal, row, byte in parts}
    except ValueError:
        raise InvalidInput(f"{text!r} is not a cursor that reading metrics gave.") from None


def _format_cursor(position: dict[int, tuple[int, int]]) -> str:
    return ",".join(f"{journal}:{row}:{byte}" for journal, (row, byte) in sorted(position.items()))
