"""From the pipes of a process into its log file, while it prints."""

from __future__ import annotations

import contextlib
import os
import selectors
import time
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Event, Thread

from jupyter_tracker.backends.local.logfile.writer import LogWriteError, LogWriter
from jupyter_tracker.backends.local.masking import Masker
from jupyter_tracker.backends.local.store import now
from jupyter_tracker.errors import StoreError
from jupyter_tracker.models import Stream

try:
    import fcntl
except ImportError:  # Windows, where nothing is submitted
    fcntl = None  # type: ignore[assignment]  # a module elsewhere

PIPE_SIZE = 1 << 20
"""Bytes that a process may print ahead of us; the system's usual limit for a pipe."""
PARTIAL_AFTER = 0.2
"""Seconds after which the beginning of a line is written although its end has not come."""
PARTIAL_SIZE = 32_768
"""Bytes after which it is written at once."""
BUSY_ROUNDS = 8
PACE = 0.004
"""A process that keeps us busy this many rounds is read every so many seconds: far fewer, larger blocks."""
BACKLOG = 16 << 20
"""Bytes kept while the log cannot be written; what comes on top is dropped and counted."""
RETRY_AFTER = 1.0
STDERR_TAIL = 16_384
"""Bytes of stderr that are remembered to explain a failure."""
FINISH_LIMIT = 10.0
"""Seconds that draining may take after the processes are gone."""


class Capture(Thread):
    """Drains the pipes until their other ends are closed; the process can go on printing even if the disk is full.

    Args:
        pipes: What is read.
        path: The log file.
        secrets: Texts that are written as `***`.
    """

    def __init__(self, pipes: Mapping[Stream, int], path: Path, secrets: Iterable[str] = ()) -> None:
        super().__init__(name="capture", daemon=True)
        self.failure = ""
        """What the disk said when the log could not be written; empty when it never did."""
        self._path = path
        self._pipes = dict(pipes)
        self._partial = dict.fromkeys(pipes, b"")
        self._due = dict.fromkeys(pipes, 0.0)
        secrets = tuple(secrets)
        self._maskers = {stream: Masker(secrets) for stream in pipes}
        self._tail = b""
        self._waiting: deque[tuple[Stream, bytes, int]] = deque()
        self._waiting_size = 0
        self._dropped = 0
        self._retry_at = 0.0
        self._finishing = Event()
        self._writer: LogWriter | None = None
        for pipe in pipes.values():
            os.set_blocking(pipe, False)
            if hasattr(fcntl, "F_SETPIPE_SZ"):
                # Refused when the user has many pipes; a smaller one only costs speed.
                with contextlib.suppress(OSError):
                    fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_SIZE)

    @property
    def stderr_tail(self) -> str:
        """The end of what went to stderr."""
        return self._tail.decode("utf-8", "replace")

    def finish(self) -> None:
        """Write what is still in the pipes, and come back although a process outside our reach holds them open."""
        self._finishing.set()
        self.join(FINISH_LIMIT + RETRY_AFTER)

    def run(self) -> None:
        busy = 0
        with selectors.DefaultSelector() as selector:
            for stream, pipe in self._pipes.items():
                selector.register(pipe, selectors.EVENT_READ, stream)
            limit = 0.0
            while selector.get_map():
                finishing = self._finishing.is_set()
                began = time.monotonic()
                ready = selector.select(0 if finishing else self._patience(began))
                if finishing:
                    limit = limit or began + FINISH_LIMIT
                    if not ready or began > limit:
                        break
                busy = busy + 1 if ready and time.monotonic() - began < PACE / 4 else 0
                for key, _ in ready:
                    self._read(selector, key.fd, key.data)
                self._write_overdue()
                if busy > BUSY_ROUNDS and not finishing:
                    time.sleep(PACE)
        self._end()

    def _patience(self, time_now: float) -> float:
        due = [self._due[stream] - time_now for stream, partial in self._partial.items() if partial]
        return max(0.0, min([*due, 0.25]))

    def _read(self, selector: selectors.BaseSelector, pipe: int, stream: Stream) -> None:
        try:
            data = os.read(pipe, PIPE_SIZE)
        except BlockingIOError:
            return
        if not data:
            selector.unregister(pipe)
            return
        self._take(stream, self._maskers[stream].feed(data))

    def _take(self, stream: Stream, data: bytes) -> None:
        if not data:
            return
        if stream is Stream.STDERR:
            self._tail = (self._tail + data)[-STDERR_TAIL:]
        partial = self._partial[stream]
        data = partial + data
        end = data.rfind(b"\n") + 1
        if len(data) - end > PARTIAL_SIZE:
            end = len(data)
        if end or not partial:
            self._due[stream] = time.monotonic() + PARTIAL_AFTER
        self._partial[stream] = data[end:]
        if end:
            self._write(stream, data[:end])

    def _write_overdue(self) -> None:
        time_now = time.monotonic()
        for stream, partial in self._partial.items():
            if partial and self._due[stream] <= time_now:
                self._partial[stream] = b""
                self._write(stream, partial)
        if self._waiting and self._retry_at <= time_now:
            self._write_waiting()

    def _write(self, stream: Stream, data: bytes) -> None:
        if not self._waiting:
            data = self._append(stream, data, now())
            if not data:
                return
        if self._waiting_size + len(data) > BACKLOG:
            self._dropped += len(data)
            return
        self._waiting.append((stream, data, now()))
        self._waiting_size += len(data)

    def _write_waiting(self) -> None:
        while self._waiting:
            stream, data, moment = self._waiting.popleft()
            rest = self._append(stream, data, moment)
            self._waiting_size -= len(data) - len(rest)
            if rest:
                self._waiting.appendleft((stream, rest, moment))
                return
        if self._dropped:
            note = f"\n[{self._dropped} bytes of output are missing here: {self.failure}]\n".encode()
            if not self._append(Stream.SYSTEM, note, now()):
                self._dropped = 0

    def _append(self, stream: Stream, data: bytes, moment: int) -> bytes:
        """Write to the log; what the disk did not take is the result."""
        try:
            if self._writer is None:
                self._writer = LogWriter(self._path)
            self._writer.append(stream, data, moment)
        except (OSError, StoreError) as error:
            self.failure = (error.strerror if isinstance(error, OSError) else None) or str(error)
            self._retry_at = time.monotonic() + RETRY_AFTER
            return data[error.consumed :] if isinstance(error, LogWriteError) else data
        return b""

    def _end(self) -> None:
        for stream, masker in self._maskers.items():
            self._take(stream, masker.flush())
        for stream, partial in self._partial.items():
            if partial:
                self._write(stream, partial)
        if self._waiting:
            self._write_waiting()
        for pipe in self._pipes.values():
            os.close(pipe)
        if self._writer is not None:
            # Nothing is left to do about a full disk here; `failure` tells of it already.
            with contextlib.suppress(OSError):
                self._writer.close()
