"""The append journal: where `log()` puts metric points before they are moved into chunks (metrics.py).

Each process that logs to a run has a file of its own. A row is one `os.write`, so an acknowledged point survives the
death of the process, and readers see it at once. Rows are multiples of eight bytes:

    key set (uint32) · mark (uint32) · step (int64) · time (float64, seconds) · one float64 per key of the set
"""

from __future__ import annotations

import os
import struct
import time as clock
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Lock

from jupyter_tracker.backends.common.values import writable
from jupyter_tracker.backends.local.packing import key_set
from jupyter_tracker.backends.local.process.identity import host, identify
from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.errors import Conflict, InvalidMetric, StoreFull
from jupyter_tracker.models import MACHINE_PREFIX, RunState

ROTATE_AT = 32 * 2**20
"""Bytes after which a writer begins a new file, so that the settled one can be deleted."""

EARLIEST, LATEST = -62_135_596_800.0, 253_402_300_799.0
"""Seconds since the epoch that a date can show: the years 1 to 9999."""

WRITTEN, COMPLETE, DELETED = range(3)
"""States of a journal: being written, complete, settled and its file deleted."""

_MARK = 0x314B4A54
_WORD = 8
_HEAD_WORDS = 3


class MetricWriter:
    """Appends the points of one process to one run. Threads may share it.

    A writer of machine samples (`machine=True`) counts its steps apart from those of the training. A late one may also
    add to a run that has ended.

    Raises:
        Conflict: the run has ended.
        NotFound: there is no such run.
    """

    def __init__(self, store: Store, run_id: str, *, machine: bool = False, late: bool = False) -> None:
        self._store = store
        self._run_id = run_id
        self._machine = machine
        self._late = late
        self._lock = Lock()
        self._file = -1
        self._journal = 0
        self._size = 0
        self._next_step = 0
        self._packers: dict[tuple[str, ...], tuple[int, Callable[..., bytes]]] = {}
        self._open()

    def log(self, values: Mapping[str, float], step: int | None = None, time: float | None = None) -> None:
        """Add one point to each metric; `step` continues from the largest when it is None, `time` is now (seconds).

        Raises:
            InvalidMetric: a key, value, step or time is of the wrong type; nothing of the call was logged.
            StoreFull: the disk is full; nothing of the call was logged.
        """
        with self._lock:
            if self._file < 0:
                raise Conflict(f"The run {self._run_id[:8]} has ended; start another one to log.")
            if step is None:
                step = self._next_step
            seconds = clock.time() if time is None else _checked_time(time)
            try:
                number, pack = self._packers.get(keys := tuple(values)) or self._define(keys)
                row = pack(number, _MARK, step, seconds, *values.values())
            except InvalidMetric:
                raise
            except (struct.error, TypeError, ValueError, OverflowError):
                _explain(values, step)
                raise
            try:
                written = os.write(self._file, row)
            except OSError as error:
                raise self._store.translated(error) from error
            if written < len(row):
                os.ftruncate(self._file, self._size)
                raise StoreFull(f"The disk of {self._store.home} is full: the point was not logged. Free some space.")
            self._size += written
            if step >= self._next_step:
                self._next_step = step + 1
            if self._size >= ROTATE_AT:
                self._close()
                self._open()

    def close(self) -> None:
        """End the journal: no row follows. Logging again raises `Conflict`."""
        with self._lock:
            self._close()

    def _open(self) -> None:
        with self._store.write() as db:
            run = run_number(db, self._run_id)
            (state,) = db.execute("SELECT state FROM runs WHERE number = ?", (run,)).fetchone()
            if RunState(state).ended and state != RunState.LOST and not self._late:
                raise Conflict(f"The run {self._run_id[:8]} has ended ({state}); start another one to log.")
            name = f"{self._run_id}-{os.urandom(6).hex()}"
            cursor = db.execute(
                "INSERT INTO journals (run, name, host, owner) VALUES (?, ?, ?, ?)", (run, name, host(), identify())
            )
            self._journal = cursor.lastrowid or 0
            path = self._store.journal_folder() / name
            self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
            (last,) = db.execute(
                "SELECT max(last_step) FROM metrics WHERE run = ? AND (substr(key, 1, ?) = ?) = ?",
                (run, len(MACHINE_PREFIX), MACHINE_PREFIX, self._machine),
            ).fetchone()
        self._size = 0
        self._next_step = max(self._next_step, 0 if last is None else last + 1)

    def _close(self) -> None:
        if self._file < 0:
            return
        os.close(self._file)
        self._file = -1
        with self._store.write() as db:
            db.execute("UPDATE journals SET state = ? WHERE id = ?", (COMPLETE, self._journal))

    def _define(self, keys: tuple[str, ...]) -> tuple[int, Callable[..., bytes]]:
        for key in keys:
            if not isinstance(key, str) or not key or len(key) > 250 or not writable(key):
                raise InvalidMetric(f"The metric name {key!r} is not text of 1 to 250 characters.")
        if not keys:
            raise InvalidMetric("There is nothing to log: give a metric, for example run.log({'loss': 0.5}).")
        with self._store.write() as db:
            number = key_set(db, keys)
        packer = (number, struct.Struct(f"<IIqd{len(keys)}d").pack)
        self._packers[keys] = packer
        return packer


def row_words(keys: int) -> int:
    """Length of a row of so many keys, in words of eight bytes."""
    return _HEAD_WORDS + keys


class Segment:
    """Successive rows of one key set in a journal."""

    __slots__ = ("_step", "_words", "end", "first_row", "key_set", "rows")

    def __init__(self, words: memoryview, key_set: int, width: int, first_row: int, rows: int, end: int) -> None:
        self._words = words
        self._step = width
        self.key_set = key_set
        self.first_row = first_row
        self.rows = rows
        self.end = end
        """Where the segment ends, in bytes from where reading began."""

    def column(self, index: int) -> bytes:
        """Column 0 holds the steps, 1 the times, the others the values; eight bytes a row."""
        return self._words[1 + index :: self._step].tobytes()


def segments(data: bytes, key_count: Callable[[int], int | None], first_row: int) -> Iterator[Segment]:
    """Cut the bytes of a journal into segments.

    What follows an incomplete row, or a row of a key set that `key_count` does not know yet, is left for the next time.
    """
    words = memoryview(data[: len(data) - len(data) % _WORD]).cast("Q")
    start = 0
    while start < len(words):
        head = words[start]
        if head >> 32 != _MARK:
            return
        key_set = head & 0xFFFFFFFF
        keys = key_count(key_set)
        if keys is None:
            return
        width = row_words(keys)
        rows = _repeats(words[start::width], head, (len(words) - start) // width)
        if rows == 0:
            return
        stop = start + rows * width
        yield Segment(words[start:stop], key_set, width, first_row, rows, stop * _WORD)
        first_row += rows
        start = stop


def _repeats(heads: memoryview, head: int, limit: int) -> int:
    """How many of the heads, from the first on, are the same.

    The reach is doubled from one on, so that the cost follows the answer.
    """
    wanted = head.to_bytes(_WORD, "little")
    sure = min(limit, 1)
    reach = 2
    while sure < limit:
        reach = min(reach, limit)
        if heads[:reach].tobytes() == wanted * reach:
            sure, reach = reach, reach * 2
        else:
            low, high = sure, reach
            while low + 1 < high:
                middle = (low + high) // 2
                if heads[low:middle].tobytes() == wanted * (middle - low):
                    low = middle
                else:
                    high = middle
            return low
    return sure


def read_journal(path: Path, start: int, limit: int | None = None) -> bytes:
    """The bytes of a journal from an offset on."""
    with path.open("rb", buffering=0) as file:
        file.seek(start)
        if limit is not None:
            return file.read(limit) or b""
        return file.readall() or b""


def _checked_time(time: float) -> float:
    """A time that a date can show; others would make the run unreadable."""
    try:
        if EARLIEST <= time <= LATEST:
            return float(time)
    except (TypeError, ValueError):
        pass  # no number
    raise InvalidMetric(f"The time must be seconds since the epoch, not {_shown(time)}.")


def _explain(values: Mapping[str, float], step: object) -> None:
    """Raise the error that names what cannot be logged."""
    for key, value in values.items():
        if not isinstance(key, str):
            raise InvalidMetric(f"The metric name {key!r} is not text.")
        try:
            struct.pack("<d", value)
        except (struct.error, TypeError, ValueError, OverflowError):
            raise InvalidMetric(
                f"The metric {key!r} must be one number, not {_shown(value)}. Text belongs in tags or params."
            ) from None
    raise InvalidMetric(f"The step must be an integer of at most 64 bits, not {_shown(step)}.") from None


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '…'} ({type(value).__name__})"
