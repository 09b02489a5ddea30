"""Log lines of runs in the local store."""

from __future__ import annotations

import os
from collections import OrderedDict
from threading import Lock

from jupyter_tracker.backends.local.logfile.reader import LogReader
from jupyter_tracker.backends.local.logfile.writer import LogWriter
from jupyter_tracker.backends.local.masking import own_masker
from jupyter_tracker.backends.local.rows import microseconds, moment, run_number
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.backends.operations import LogOperations
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import LogLine, LogPiece, Page, Stream

OPEN_WRITERS = 16
"""Log files that one process keeps open for writing."""
REMOVED = "0.0"
"""The cursor behind the line that stands for a log that was removed."""


class LocalLogs(LogOperations):
    """One append-only file for each run."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._writers: OrderedDict[str, LogWriter] = OrderedDict()
        self._lock = Lock()
        self._masker = own_masker()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def append(self, run_id: str, stream: Stream, text: str) -> Flow[None]:
        def call() -> None:
            with self._store.translated_errors(), self._lock:
                self._writer(run_id).append(stream, self._masker.whole(text.encode("utf-8", "backslashreplace")))

        return local(call)

    def read(self, run_id: str, after: str | None, limit: int) -> Flow[Page[LogLine]]:
        def call() -> Page[LogLine]:
            reader = self._reader(run_id)
            if isinstance(reader, LogLine):
                return Page((reader,) if after != reader.cursor and limit > 0 else (), reader.cursor)
            with self._store.translated_errors():
                return reader.read(after, limit)

        return local(call)

    def tail(self, run_id: str, lines: int, before: str | None) -> Flow[Page[LogLine]]:
        def call() -> Page[LogLine]:
            reader = self._reader(run_id)
            if isinstance(reader, LogLine):
                return Page((reader,) if before != reader.cursor and lines > 0 else (), reader.cursor)
            with self._store.translated_errors():
                return reader.tail(lines, before)

        return local(call)

    def pieces(self, run_id: str, after: str | None, limit: int) -> Flow[Page[LogPiece]]:
        def call() -> Page[LogPiece]:
            reader = self._reader(run_id)
            if isinstance(reader, LogLine):
                piece = LogPiece(microseconds(reader.time), reader.stream, f"{reader.text}\n".encode())
                return Page((piece,) if after != reader.cursor else (), reader.cursor)
            with self._store.translated_errors():
                return reader.pieces(after, limit)

        return local(call)

    def close(self) -> None:
        """Give the open log files back."""
        with self._lock:
            while self._writers:
                self._writers.popitem()[1].close()

    def _reader(self, run_id: str) -> LogReader | LogLine:
        """What reads the log, or the line that stands for one that was removed."""
        # The id becomes part of a path, so it must be one of ours.
        with self._store.read() as db:
            (trimmed_at,) = db.execute(
                "SELECT trimmed_at FROM runs WHERE number = ?", (run_number(db, run_id),)
            ).fetchone()
        path = self._store.home / "runs" / run_id / "log"
        if trimmed_at is not None and not path.exists():
            text = "The log was removed by the retention of the experiment."
            return LogLine(0, moment(trimmed_at), Stream.SYSTEM, text, REMOVED)
        return LogReader(path)

    def _writer(self, run_id: str) -> LogWriter:
        if run_id in self._writers:
            self._writers.move_to_end(run_id)
            return self._writers[run_id]
        with self._store.read() as db:
            run_number(db, run_id)
        if len(self._writers) >= OPEN_WRITERS:
            self._writers.popitem(last=False)[1].close()
        writer = self._writers[run_id] = LogWriter(self._store.run_folder(run_id) / "log")
        return writer

    def _forget(self) -> None:
        """After a fork: another thread may have held the lock."""
        self._writers = OrderedDict()
        self._lock = Lock()
