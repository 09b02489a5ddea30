"""How long a feed waits between two polls."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jupyter_tracker.feed.params import Params, number_param

SHORTEST, LONGEST = 0.2, 3600.0
"""Seconds that a view may ask for."""
FIRST_RETRY, LONGEST_RETRY = 1.0, 60.0
"""Seconds after the first poll that failed, and at most: each further one waits twice as long."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two polls: while a run is active, and while none is."""

    active: float
    quiet: float


def pace_param(params: Params, default: Pace) -> Pace:
    """What a view asks for in its params `active_pause` and `quiet_pause`; `InvalidInput` for what is no number."""
    found = (
        number_param(params, "active_pause", default.active),
        number_param(params, "quiet_pause", default.quiet),
    )
    return Pace(*(min(max(seconds, SHORTEST), LONGEST) for seconds in found))


class Retries:
    """Pauses after polls that failed, each twice as long as the one before.

    However long a poll hung before it failed: the next one may be answered at once.
    """

    def __init__(self, longest: float = LONGEST_RETRY) -> None:
        self._longest = longest
        self._failures = 0

    def succeeded(self) -> None:
        """A poll went well."""
        self._failures = 0

    def failed(self) -> float:
        """Seconds until the next poll."""
        self._failures += 1
        return float(min(FIRST_RETRY * 2 ** min(self._failures - 1, 10), self._longest))


class Pauses(Retries):
    """The pauses of a feed: longer after polls that take long, and longer and longer while they fail.

    Args:
        share: A poll that takes long comes so many times its own length after the one before, while a run is active …
        quiet_share: … and while none is.
    """

    def __init__(self, share: float, quiet_share: float) -> None:
        super().__init__()
        self._shares = share, quiet_share

    def after(self, took: float, paces: Iterable[Pace], *, active: bool) -> float:
        """Seconds after a poll of that length which went well; the most impatient view counts."""
        self.succeeded()
        wanted = min((pace.active if active else pace.quiet for pace in paces), default=LONGEST)
        return max(wanted, self._shares[not active] * took)
