"""Events of runs on platforms that keep none: what their times and states tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from jupyter_tracker.models import Event, Level, RunInfo, RunState

NOTE = "from the times of the run"


def events_of(run: RunInfo) -> tuple[Event, ...]:
    """Created, queued, started, ended, as far as it has come; what was told stays as it is when more follows."""
    found: list[tuple[datetime, str, str, Level]] = []
    if run.created_at is not None:
        found += [
            (run.created_at, "created", "The run was created.", Level.INFO),
            (run.created_at, "queued", "The run waits for a machine.", Level.INFO),
        ]
    if run.started_at is not None:
        found.append((run.started_at, "started", "The code was started.", Level.INFO))
    if run.state.ended and run.ended_at is not None:
        said = f"The run has {_ENDS.get(run.state, f'ended: {run.native_state}')}."
        level = Level.ERROR if run.state is RunState.FAILED else Level.INFO
        found.append((run.ended_at, "ended", f"{said} {run.reason}".rstrip(), level))
    return tuple(
        Event(number, time, kind, message, level) for number, (time, kind, message, level) in enumerate(found, start=1)
    )


def behind(events: Iterable[Event], after: int, limit: int) -> tuple[Event, ...]:
    """The events behind a sequence number."""
    return tuple([event for event in events if event.sequence > after][:limit])


_ENDS = {RunState.SUCCEEDED: "succeeded", RunState.FAILED: "failed", RunState.STOPPED: "been stopped"}
