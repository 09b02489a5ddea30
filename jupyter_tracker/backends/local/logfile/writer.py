"""Writing the log file of a run, block by block (logblocks.py has the format, logreader.py the reader)."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock

from jupyter_tracker.backends.local.logfile.blocks import (
    MAGIC,
    START,
    STREAMS,
    backward,
    incomplete_tail,
    pack,
    payloads,
    read_mark,
    whole_end,
)
from jupyter_tracker.backends.local.store import now
from jupyter_tracker.errors import StoreError
from jupyter_tracker.models import LogPiece, Stream

try:
    import fcntl
except ImportError:  # Windows, where one process writes a log
    fcntl = None  # type: ignore[assignment]  # a module elsewhere


class LogWriteError(OSError):
    """Not all was written: the first `consumed` bytes of the data were taken, the rest may be given again."""

    def __init__(self, cause: OSError, consumed: int) -> None:
        super().__init__(cause.errno, cause.strerror, cause.filename)
        self.consumed = consumed


class LogWriter:
    """Appends to the log file of a run; made if it is not there, gone on with if it is. Threads may share it.

    Raises:
        StoreError: the file is there and is no log file.
        OSError: it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._held = [b""] * len(STREAMS)
        self._next = 0
        self._open = [-1] * len(STREAMS)
        self._end = -1
        self._file = -1
        self._reopen()

    def append(self, stream: Stream, data: bytes, time: int | None = None) -> None:
        """Add bytes as they were printed, with or without an end of line; `time` is microseconds, None is now.

        The first bytes of a character whose rest is not there are kept back until the rest comes or `flush`.

        Raises:
            LogWriteError: they could not be written, wholly or in part.
        """
        index = STREAMS.index(stream)
        with self._lock:
            held = self._held[index]
            data = held + data
            keep = incomplete_tail(data)
            rest = data[len(data) - keep :]
            try:
                self._write(index, data[: len(data) - keep], now() if time is None else time)
            except LogWriteError as error:
                # What was held counts as not given yet unless it got into the file.
                self._held[index] = b"" if error.consumed else held
                error.consumed = max(0, error.consumed - len(held))
                raise
            self._held[index] = rest

    def append_piece(self, piece: LogPiece) -> None:
        """Add what was printed elsewhere, byte for byte and with its time; nothing is kept back."""
        with self._lock:
            self._write(STREAMS.index(piece.stream), piece.data, piece.time)

    def flush(self) -> None:
        """Write the characters that were kept back, incomplete as they are."""
        with self._lock:
            for index, held in enumerate(self._held):
                if held:
                    self._write(index, held, now())
                    self._held[index] = b""

    def close(self) -> None:
        """Flush and give the file back."""
        try:
            self.flush()
        finally:
            with self._lock:
                if self._file >= 0:
                    os.close(self._file)
                    self._file = -1

    def _reopen(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._owner = os.getpid()
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600)
        try:
            with _Locked(self._file):
                try:
                    mark = read_mark(self._file)
                except ValueError as error:
                    raise StoreError(f"{self._path}: {error}.") from error
                if mark is None:
                    mark = os.urandom(START - len(MAGIC))
                    os.ftruncate(self._file, 0)
                    _write_all(self._file, MAGIC + mark, 0)
                self._mark = mark
                self._resume()
        except BaseException:
            os.close(self._file)
            self._file = -1
            raise

    def _resume(self) -> None:
        """Learn from the last block where the numbers stand, and cut off a torn one."""
        end = whole_end(self._file, self._mark)
        if end < os.fstat(self._file).st_size:
            os.ftruncate(self._file, end)
        self._end = end
        last = next(backward(self._file, self._mark, end), None)
        if last is None:
            self._next, self._open = 0, [-1] * len(STREAMS)
        else:
            self._next = last.next_line
            self._open = [last.next_line - back if back else -1 for back in last.open]

    def _write(self, index: int, data: bytes, time: int) -> None:
        consumed = 0
        try:
            if self._owner != os.getpid() or self._file < 0:
                # After a fork the two processes would share one lock.
                self._reopen()
            with _Locked(self._file):
                if os.fstat(self._file).st_size != self._end:
                    self._resume()
                for payload in payloads(data):
                    self._write_block(index, payload, time)
                    consumed += len(payload)
        except OSError as error:
            raise LogWriteError(error, consumed) from error

    def _write_block(self, index: int, payload: bytes, time: int) -> None:
        terminated = payload.endswith(b"\n")
        rows = payload.count(b"\n") + (not terminated)
        continues = self._open[index] >= 0
        line = self._open[index] if continues else self._next
        next_line = self._next + rows - continues
        opened = self._open.copy()
        opened[index] = -1 if terminated else line if rows == 1 else next_line - 1
        block = pack(self._mark, index, time, line, next_line, opened, payload)
        _write_all(self._file, block, self._end)
        self._end += len(block)
        self._next, self._open = next_line, opened


def _write_all(file: int, data: bytes, at: int) -> None:
    """Append all of it or nothing."""
    try:
        rest = data
        while rest:
            # A part is taken when the disk is nearly full; the next call says so, or takes the rest.
            rest = rest[os.write(file, rest) :]
    except BaseException:
        os.ftruncate(file, at)
        raise


class _Locked:
    """No other process appends meanwhile."""

    __slots__ = ("_file",)

    def __init__(self, file: int) -> None:
        self._file = file

    def __enter__(self) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        if fcntl is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)
