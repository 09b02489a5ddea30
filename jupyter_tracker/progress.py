"""Bars for files under way: one line on stderr, written over, for what takes longer than a moment.

`JUPYTER_TRACKER_PROGRESS=0` goes without.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from jupyter_tracker.models import span

PATIENCE = 0.5
"""Seconds before a bar is shown."""
PAUSE = 0.2
"""Seconds between two pictures of it."""
_WIDTH = 24


class Bar:
    """Counts bytes, and shows how many came; called with their number, from whatever thread."""

    def __init__(self, what: str, total: int | None) -> None:
        """What is under way, as people call it, and its bytes, as far as known."""
        self.what = what if what.isprintable() else ascii(what)
        self.total = total
        self.done = 0
        self._began = self._shown_at = time.monotonic()
        self._shown = False
        self._wanted = os.environ.get("JUPYTER_TRACKER_PROGRESS") != "0"
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        with self._lock:
            self.done += count
            moment = time.monotonic()
            if self._wanted and moment - self._began >= PATIENCE and moment - self._shown_at >= PAUSE:
                self._shown_at = moment
                self._write(str(self))

    def __str__(self) -> str:
        seconds = time.monotonic() - self._began
        rate = self.done / seconds if seconds else 0.0
        if not self.total:
            return f"{self.what}  {_bytes(self.done)}, {_bytes(rate)}/s"
        part = min(self.done / self.total, 1.0)
        filled = "█" * int(part * _WIDTH)
        left = f", {span((self.total - self.done) / rate)} left" if rate and self.done < self.total else ""
        return f"{self.what}  {filled:░<{_WIDTH}} {part:4.0%} of {_bytes(self.total)}, {_bytes(rate)}/s{left}"

    def close(self) -> None:
        """Leave the last picture, and go to the next line."""
        with self._lock:
            if self._shown:
                self._write(str(self))
                sys.stderr.write("\n")
                sys.stderr.flush()
                self._shown = False

    def _write(self, text: str) -> None:
        self._shown = True
        sys.stderr.write(f"\r{text:<79}")
        sys.stderr.flush()


@contextmanager
def bar(what: str, total: int | None = None) -> Iterator[Bar]:
    """A bar for as long as the block lasts."""
    made = Bar(what, total)
    try:
        yield made
    finally:
        made.close()


def _bytes(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
