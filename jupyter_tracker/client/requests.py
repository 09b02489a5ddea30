"""From what people write to what a backend is asked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.client.code import code_of
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.models import Code, JsonValue, Level, Lifecycle, RunState, Secret, Source, Submission

E = TypeVar("E", bound=StrEnum)

LONGEST_TIMEOUT = 172_800.0
"""Seconds (UbiOps: `experiment_runs_create`)."""


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
) -> Submission:
    """A submission from what people give, checked as far as that goes without the backend."""
    if not (isinstance(timeout, int | float) and 0 < timeout <= LONGEST_TIMEOUT):
        raise InvalidInput(f"The timeout must be more than 0 and at most {LONGEST_TIMEOUT:,} seconds, not {timeout!r}.")
    if data is not None and not Path(data).exists():
        raise InvalidInput(f"There is no data at {os.fspath(data)!r}.")
    return Submission(
        experiment=experiment,
        code=code_of(code, entry_point),
        name=name,
        params=params or {},
        data=None if data is None else str(Path(data).absolute()),
        resources=resources or {},
        timeout=float(timeout),
        variables=variables or {},
        tags=tags or {},
        history=tuple(history),
    )


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
