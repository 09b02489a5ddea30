"""A circuit breaker, so that a platform that does not answer is left alone for a while."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from jupyter_tracker.errors import Unreachable

TOLERATED = 3
"""Failures in a row after which nothing more is sent for a while."""
SHORTEST, LONGEST = 5.0, 60.0
"""Seconds of that while: twice as long after each further failure."""


class Breaker:
    """Refuses at once what would be asked in vain, and lets one request try again when a pause is over.

    Args:
        name: What does not answer, for the message.
        clock: Seconds that never run backwards.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._clock = clock
        self._failures = 0
        self._closed_until = -math.inf

    @property
    def waiting(self) -> float:
        """Seconds until the next attempt; 0 while all is well."""
        return max(0.0, self._closed_until - self._clock())

    def check(self) -> None:
        """Before a request; `Unreachable` while the pause lasts."""
        if self._failures < TOLERATED:
            return
        if self.waiting:
            raise Unreachable(
                f"{self._name} did not answer {self._failures} times in a row. The next attempt is in"
                f" {math.ceil(self.waiting)} s; `%tracker doctor` may say what is wrong.",
                operation="connect",
            )
        # This request is the attempt; others wait for what becomes of it.
        self._pause()

    def succeeded(self) -> None:
        """It answered, if only with a refusal."""
        self._failures = 0
        self._closed_until = -math.inf

    def failed(self) -> None:
        """It did not answer, or broke down over it."""
        self._failures += 1
        if self._failures >= TOLERATED:
            self._pause()

    def _pause(self) -> None:
        exponent = min(self._failures - TOLERATED, 10)
        self._closed_until = self._clock() + min(LONGEST, SHORTEST * 2**exponent)
