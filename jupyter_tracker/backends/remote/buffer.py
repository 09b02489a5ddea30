"""What is logged often and written rarely: items wait here and go out together, in the background and in order."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Buffer(Generic[T]):
    """Items on their way: each is written at most `delay` seconds after it was added, in portions of at most `size`.

    A failure of the background is raised by the next `add` or `flush`, once; what could not be written is kept, and the
    next flush tries it again. Adding waits when far more comes than can be written. What is left when the interpreter
    ends is written then.
    """

    def __init__(self, write: Callable[[Sequence[T]], None], *, delay: float = 1.0, size: int = 5000) -> None:
        """How the items go out.

        Args:
            write: Writes a portion; called by one thread at a time.
            delay: seconds
            size: items of one portion
        """
        self._write = write
        self._delay = delay
        self._size = size
        self._items: list[T] = []
        self._oldest = 0.0
        self._failure: Exception | None = None
        self._closed = False
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        _register(self)

    def add(self, items: Sequence[T]) -> None:
        """Take items, and return at once; raises what the background failed with since it was last asked."""
        with self._changed:
            self._raise_failure()
            if not self._items:
                self._oldest = time.monotonic()
            self._items.extend(items)
            crowded = len(self._items) >= 20 * self._size
            if self._thread is None:
                self._closed = False
                self._thread = threading.Thread(target=self._work, name="jupyter-tracker-buffer", daemon=True)
                self._thread.start()
                self._changed.notify_all()
            elif len(self._items) >= self._size:
                self._changed.notify_all()
        if crowded:
            self.flush()

    def flush(self) -> None:
        """Write all that was added before; raises what the writing fails with."""
        with self._changed:
            self._failure = None  # it is tried again now
        while self._write_some():
            pass

    def close(self) -> None:
        """Write what is left and end the thread; the buffer opens again when something is added."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._closed = True
            self._changed.notify_all()
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        self.flush()

    def __len__(self) -> int:
        return len(self._items)

    def _write_some(self) -> bool:
        """Write a portion; whether there was anything to write. What could not be written stays in front."""
        with self._writing:
            with self._changed:
                portion = self._items[: self._size]
            if not portion:
                return False
            self._write(portion)
            with self._changed:
                del self._items[: len(portion)]
                self._oldest = time.monotonic()
            return True

    def _work(self) -> None:
        me = threading.current_thread()
        while True:
            with self._changed:
                while not self._due():
                    if self._closed or self._thread is not me:
                        return
                    self._changed.wait(self._pause())
            try:
                self._write_some()
            except Exception as error:  # noqa: BLE001  # whoever logs next is told
                with self._changed:
                    self._failure = error

    def _due(self) -> bool:
        if self._failure is not None or not self._items or self._closed:
            return False
        return len(self._items) >= self._size or self._pause() == 0

    def _pause(self) -> float | None:
        """Seconds until the items are due; None when nothing waits, or when it waits for somebody to be told."""
        if not self._items or self._failure is not None:
            return None
        return max(0.0, self._oldest + self._delay - time.monotonic())

    def _raise_failure(self) -> None:
        if self._failure is not None:
            failure, self._failure = self._failure, None
            self._oldest = time.monotonic()  # and tried again later
            raise failure

    def _forget(self) -> None:
        """After a fork: what the parent has not written is the parent's to write, and its thread is not here."""
        self._items, self._thread, self._failure = [], None, None
        self._changed, self._writing = threading.Condition(), threading.Lock()


_open: weakref.WeakSet[Buffer[object]] = weakref.WeakSet()


def _register(buffer: Buffer[T]) -> None:
    _open.add(buffer)  # type: ignore[arg-type]  # a set of buffers of anything


@atexit.register
def _close_all() -> None:
    for buffer in list(_open):
        try:
            buffer.close()
        except Exception as error:  # noqa: BLE001  # nobody is left to catch it
            sys.stderr.write(f"jupyter_tracker: {len(buffer):,} points were not written: {error}\n")


def _forget_all() -> None:
    for buffer in list(_open):
        buffer._forget()  # noqa: SLF001  # the two belong together


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
