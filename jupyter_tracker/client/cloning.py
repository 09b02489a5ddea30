"""Another run of the same code."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.errors import Conflict, InvalidInput
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import JsonValue, RunInfo, Secret


def clone(
    backend: Backend,
    run_id: str,
    params: Mapping[str, JsonValue],
    name: str | None,
    variables: Mapping[str, str | Secret],
) -> Flow[RunInfo]:
    """Submit what a run was submitted with, some of its params changed.

    Raises:
        Conflict: it was no submitted run.
        InvalidInput: a variable that it had is missing.
    """
    info = yield from backend.runs.get(run_id)
    submission = yield from backend.runs.submission(run_id)
    if submission is None:
        raise Conflict(f"The run {info.name!r} was the work of a notebook or script: run that again.")
    missing = sorted(set(submission.variables) - set(variables))
    if missing:
        raise InvalidInput(
            f"The values of the variables {', '.join(missing)} of the run were not kept."
            f" Give them again: run.clone(variables={{{missing[0]!r}: …}})."
        )
    again = dataclasses.replace(
        submission,
        name=info.name if name is None and not backend.runs.numbers_runs else name,
        params={**info.params, **params},
        variables=variables,
        parent="",
        kept=info.source or submission.kept,
    )
    return (yield from backend.runs.submit(again))
