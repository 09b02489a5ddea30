"""A search over params: one run with a child for each trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from jupyter_tracker.models.core import JsonValue

TRIAL_TAG = "trial"
"""The tag by which a child says which trial it is: 1, 2, 3, …"""


class SweepMethod(StrEnum):
    """How the points of a sweep are chosen."""

    GRID = "grid"
    """All of them."""
    RANDOM = "random"
    OPTUNA = "optuna"
    """By what the trials before have given."""


class Goal(StrEnum):
    """What a good value of the metric is."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values."""

    values: tuple[JsonValue, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`, both included; whole when both are, unless the scale is logarithmic."""

    low: float
    high: float
    step: float | None = None
    log: bool = False

    @property
    def whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return all(isinstance(bound, int) for bound in (self.low, self.high, self.step or 1)) and not self.log


Dimension = Choice | Between


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is searched, and how."""

    space: Mapping[str, Dimension]
    """What each param may be."""
    method: SweepMethod = SweepMethod.GRID
    samples: int | None = None
    """Trials; None for a grid, which has as many as points."""
    metric: str | None = None
    """The metric whose latest value says how good a trial was."""
    goal: Goal = Goal.MINIMIZE
    parallel: int = 1
    """Trials at once, if the queue lets them."""
    seed: int = 0
    """Of what is left to chance: the same gives the same points."""
