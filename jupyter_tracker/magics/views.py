"""What only the magics show: the findings of `doctor`, and an experiment in one line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from jupyter_tracker.client.results import ResultList
from jupyter_tracker.models import Experiment, RetentionMode, span


class Health(StrEnum):
    """How a check ended."""

    GOOD = "ok"
    NOTE = "note"
    BAD = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of `%tracker doctor`."""

    check: str
    result: Health
    detail: str


class Diagnosis(ResultList[Check]):
    """All that `%tracker doctor` looked at."""

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.result is not Health.BAD for check in self)


class Count(int):
    """How many records a sub-command changed; it prints as a sentence.

    Args:
        count: How many.
        done: What happened to them, as in `deleted`.
        where: Among which.
    """

    _told: str

    def __new__(cls, count: int, done: str, where: str) -> Self:
        made = super().__new__(cls, count)
        made._told = f"{done.capitalize()} {count:,} {'run' if count == 1 else 'runs'} of {where!r}."
        return made

    def __repr__(self) -> str:
        return self._told


def experiment_text(experiment: Experiment) -> str:
    """An experiment in one line."""
    parts = [f"experiment {experiment.name}  {experiment.id[:8]}"]
    if experiment.lifecycle != "active":
        parts.append(str(experiment.lifecycle))
    if experiment.run_count is not None:
        parts.append(f"{experiment.run_count:,} runs")
    if experiment.active_run_count:
        parts.append(f"{experiment.active_run_count:,} of them active")
    if experiment.retention_mode is not RetentionMode.FULL and experiment.retention_time is not None:
        parts.append(f"keeps {experiment.retention_mode} after {span(experiment.retention_time)}")
    if experiment.description:
        parts.append(experiment.description)
    return " · ".join(parts)
