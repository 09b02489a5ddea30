"""From what people write to what a backend is asked."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.client.code import code_of, is_uri
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.models import (
    Code,
    Goal,
    JsonValue,
    Level,
    Lifecycle,
    RetentionMode,
    RunState,
    Secret,
    Source,
    Submission,
    SweepMethod,
)

if TYPE_CHECKING:
    from jupyter_tracker.backends.base import Backend

E = TypeVar("E", bound=StrEnum)

NOTEBOOK, CELL = "notebook", "cell"
"""The tags that name the notebook in which a run was made, by its path, and the cell, by the id it has there."""
LONGEST_CELL_ID = 64
"""Characters (nbformat)."""
MOST_RETRIES = 1000
LONGEST_DELAY = 3600.0
LONGEST_TIMEOUT = 172_800
"""Seconds (UbiOps: `experiment_runs_create`)."""
LONGEST_RETENTION = 100 * 365 * 86_400.0
"""Seconds: a hundred years."""


RETRY_DELAY = 10.0
"""Seconds before the first retry; each further one waits twice as long, at most an hour."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a submitted run starts, and when again."""

    priority: int = 0
    retries: int = 0
    retry_delay: float = RETRY_DELAY
    restart_interrupted: bool = False


def tags_of(backend: Backend, tags: Mapping[str, str] | None) -> Mapping[str, str]:
    """The tags of a new run: those given, and the notebook and cell it is made in, where Jupyter tells them.

    On a platform it is the notebook's name alone: where it lies on this machine is not told to others.
    """
    made: dict[str, str] = {}
    notebook = Path(os.environ.get("JPY_SESSION_NAME", ""))
    # A console has a session as well, but no file.
    if notebook.suffix and backend.runs.takes_tags:
        made[NOTEBOOK] = str(notebook) if backend.transport is None else notebook.name
        if cell := _cell():
            made[CELL] = cell
    return {**made, **(tags or {})}


def _cell() -> str:
    """The id of the cell that a kernel executes, as the front end has told it; empty where there is none."""
    # Not imported: without IPython in the process there is no cell.
    get_shell: Callable[[], Any] = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)
    shell = get_shell()
    try:
        cell = shell.get_parent()["metadata"]["cellId"]
    except (AttributeError, LookupError, TypeError):  # a terminal, or a front end that does not tell
        return ""
    return cell if isinstance(cell, str) and len(cell) <= LONGEST_CELL_ID else ""


def query(experiment: str | None, where: str | None, order_by: str | Sequence[str] | None, wanted: str) -> RunQuery:
    """A query from what people write; `InvalidFilter` points at the column of a mistake."""
    from jupyter_tracker.filters import parse, parse_order

    return RunQuery(
        experiment=experiment,
        where=parse(where or ""),
        order_by=parse_order(order_by) if order_by else (),
        lifecycle=lifecycle(wanted),
    )


def order_text(order_by: str | Sequence[str] | None) -> str:
    """An order as one text; empty when none is given."""
    return (order_by or "") if isinstance(order_by, str | None) else ", ".join(order_by)


def submission(
    experiment: str,
    code: str | os.PathLike[str] | Code | Source,
    entry_point: str | None,
    name: str | None,
    params: Mapping[str, JsonValue] | None,
    data: str | os.PathLike[str] | None,
    resources: Mapping[str, JsonValue] | None,
    timeout: float,
    variables: Mapping[str, str | Secret] | None,
    tags: Mapping[str, str] | None,
    history: Sequence[str],
    schedule: Schedule,
) -> Submission:
    """A submission from what people give, checked as far as that goes without the backend."""
    if not (isinstance(timeout, int | float) and 0 < timeout <= LONGEST_TIMEOUT):
        raise InvalidInput(f"The timeout must be more than 0 and at most {LONGEST_TIMEOUT:,} seconds, not {timeout!r}.")
    retries = schedule.retries
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= MOST_RETRIES:
        raise InvalidInput(f"The retries must be a whole number from 0 to {MOST_RETRIES:,}, not {retries!r}.")
    delay = schedule.retry_delay
    if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= LONGEST_DELAY:
        raise InvalidInput(f"The retry_delay must be from 0 to {LONGEST_DELAY:,.0f} seconds, not {delay!r}.")
    there = data is not None and is_uri(os.fspath(data))
    if data is not None and not there and not Path(data).exists():
        raise InvalidInput(f"There is no data at {os.fspath(data)!r}.")
    return Submission(
        experiment=experiment,
        code=code_of(code, entry_point),
        name=name,
        params=params or {},
        data=None if data is None else os.fspath(data) if there else str(Path(data).absolute()),
        resources=resources or {},
        timeout=float(timeout),
        variables=variables or {},
        tags=tags or {},
        history=tuple(history),
        priority=schedule.priority,
        retries=retries,
        retry_delay=float(delay),
        restart_interrupted=schedule.restart_interrupted,
    )


def moment(time: datetime | str, noun: str) -> datetime:
    """A moment from a datetime or ISO text, which is local time unless it names a zone."""
    try:
        return (datetime.fromisoformat(time) if isinstance(time, str) else time).astimezone(UTC)
    except (ValueError, OverflowError, OSError, AttributeError, TypeError):
        raise InvalidInput(
            f"The {noun} must be a datetime, or text such as '2026-01-31' or '2026-01-31T12:00Z', not {time!r}."
        ) from None


def maximum(count: int | None) -> int | None:
    """How many at most: 1 or more, or None for all."""
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise InvalidInput(f"The maximum must be a whole number of 1 or more, not {count!r}.")
    return count


def duration(seconds: float | None, noun: str) -> float | None:
    """A length of time in seconds, 0 or more; None where none is given."""
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST_RETENTION:
        raise InvalidInput(f"The {noun} must be seconds, 0 to {LONGEST_RETENTION:,.0f}, not {seconds!r}.")
    return float(seconds)


def retention_mode(text: str) -> RetentionMode:
    """One of the retention modes by its word."""
    return _chosen(RetentionMode, "retention mode", text, RetentionMode)


def sweep(
    submission: Submission,
    space: Mapping[str, object],
    method: str,
    samples: int | None,
    metric: str | None,
    goal: str,
    parallel: int | None,
    seed: int | None,
) -> Submission:
    """The submission of a sweep whose children are of another one."""
    from jupyter_tracker.client.sweeps.space import checked_sweep

    searched = checked_sweep(
        space,
        _chosen(SweepMethod, "method of a sweep", method, SweepMethod),
        samples,
        metric,
        _chosen(Goal, "goal", goal, Goal),
        parallel,
        seed,
    )
    both = sorted(set(searched.space) & set(submission.params))
    if both:
        raise InvalidInput(f"{', '.join(both)}: in the params and in the space. Give each in one of them.")
    return dataclasses.replace(submission, sweep=searched)


def lifecycle(text: str) -> Lifecycle:
    """One of the lifecycles by its word."""
    return _chosen(Lifecycle, "lifecycle", text, Lifecycle)


def level(text: str) -> Level:
    """One of the levels of events by its word."""
    return _chosen(Level, "level", text, Level)


def end_state(text: str) -> RunState:
    """One of the states in which a run has ended, by its word."""
    return _chosen(RunState, "state in which a run ends", text, [state for state in RunState if state.ended])


def _chosen(kind: type[E], noun: str, text: str, allowed: Iterable[E]) -> E:
    words = list(map(str, allowed))
    if text not in words:
        raise InvalidInput(f"{text!r} is no {noun}; choose one of: {', '.join(words)}.")
    return kind(text)
