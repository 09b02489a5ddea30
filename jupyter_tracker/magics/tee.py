"""What a tracked cell prints goes into its output as always, and into the log of the run."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, TextIO

from jupyter_tracker.client import Run
from jupyter_tracker.errors import TrackerError
from jupyter_tracker.models import Stream

PAUSE = 0.2
"""Seconds for which the beginning of a line may wait for the rest of it."""


class Tee(io.TextIOBase):
    """A stream that hands on all that is written to it, and gives it to `keep`, too, a line or more at a time.

    What `keep` raises is said once in the output: a log that cannot be kept must not end the training.
    """

    def __init__(self, stream: TextIO, keep: Callable[[str], None]) -> None:
        super().__init__()
        self._stream = stream
        self._keep = keep
        self._waiting = ""
        self._kept_at = time.monotonic()
        self._broken = False
        self._midline = False
        # Reentrant: a signal or a finalizer may print while its thread is printing.
        self._lock = RLock()

    def write(self, text: str) -> int:
        """Write text, from any thread."""
        written = self._stream.write(text)
        with self._lock:
            self._waiting += text
            self._midline = bool(text) and not text.endswith("\n")
            if "\n" in text or time.monotonic() - self._kept_at >= PAUSE:
                self.hand_over()
        return written

    def flush(self) -> None:
        """Write what waits."""
        self._stream.flush()
        self.hand_over()

    def hand_over(self) -> None:
        """Keep what waits."""
        with self._lock:
            text, self._waiting = self._waiting, ""
            if not text or self._broken:
                return
            self._kept_at = time.monotonic()
            try:
                self._keep(text)
            except TrackerError as error:
                self._broken = True
                self._stream.write(f"\njupyter_tracker: what is printed is no longer kept with the run: {error}\n")
            except BaseException:
                # An interrupt: what was not kept is kept with what comes next.
                self._waiting = text + self._waiting
                raise

    def finish(self) -> None:
        """Keep the tail, and begin a new line in the output."""
        self.hand_over()
        if self._midline:
            self._stream.write("\n")

    def writable(self) -> bool:
        """Always."""
        return True

    def isatty(self) -> bool:
        """As the stream behind says."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """As the stream behind says."""
        return self._stream.fileno()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def logged_output(run: Run) -> Iterator[None]:
    """A block whose output becomes log lines of a run, too."""

    def keeper(stream: Stream) -> Callable[[str], None]:
        return lambda text: run.log_text(text, stream)

    before = sys.stdout, sys.stderr
    out, err = Tee(sys.stdout, keeper(Stream.STDOUT)), Tee(sys.stderr, keeper(Stream.STDERR))
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        # The code may have put its own streams there; those stay.
        if sys.stdout is out:
            sys.stdout = before[0]
        if sys.stderr is err:
            sys.stderr = before[1]
        out.finish()
        err.finish()
