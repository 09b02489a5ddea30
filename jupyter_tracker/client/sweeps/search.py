"""Which points a sweep tries."""

from __future__ import annotations

import math
import random
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from jupyter_tracker.client.sweeps.space import is_finite, point, size, values
from jupyter_tracker.models import Choice, Dimension, Goal, JsonValue, Sweep, SweepMethod

Trial = dict[str, JsonValue]
COUNTABLE = 2**53
"""Points of a space that is drawn from without repetition are fewer than this."""


class Search:
    """Gives the points of the trials, which are numbered from 1; the same sweep gives the same ones again."""

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.total = sweep.samples or 0
        """How many trials there are."""

    @abstractmethod
    def ask(self, number: int) -> Trial:
        """The point of a trial."""

    def tell(self, number: int, params: Mapping[str, JsonValue], value: float | None) -> None:
        """How good a trial was; None when it did not say. Of a sweep that goes on, also of those tried before."""


class GridSearch(Search):
    """All points, in order."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__(sweep)
        self.total = size(sweep.space)

    def ask(self, number: int) -> Trial:
        return point(self.sweep.space, number - 1)


class RandomSearch(Search):
    """Points by chance; none twice where they can be counted."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__(sweep)
        self._chosen: list[int] | None = None
        count = size(sweep.space) if is_finite(sweep.space) else COUNTABLE
        if count < COUNTABLE:
            self.total = min(self.total, count)
            self._chosen = _chance(sweep.seed).sample(range(count), self.total)

    def ask(self, number: int) -> Trial:
        if self._chosen is not None:
            return point(self.sweep.space, self._chosen[number - 1])
        # Each trial has a chance of its own, so that it does not matter which ones were asked for before.
        chance = _chance(f"{self.sweep.seed} {number}")
        return {name: _drawn(chance, name, among) for name, among in self.sweep.space.items()}


class OptunaSearch(Search):
    """What `optuna` suggests after the trials before (its tree-structured Parzen estimator)."""

    def __init__(self, sweep: Sweep) -> None:
        super().__init__(sweep)
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna = optuna
        self._distributions = {name: _distribution(optuna, among) for name, among in sweep.space.items()}
        self._study = optuna.create_study(
            direction=sweep.goal.value, sampler=optuna.samplers.TPESampler(seed=sweep.seed, constant_liar=True)
        )
        self._asked: dict[int, Any] = {}

    def ask(self, number: int) -> Trial:
        trial = self._asked[number] = self._study.ask(self._distributions)
        return {name: _value(self.sweep.space[name], chosen) for name, chosen in trial.params.items()}

    def tell(self, number: int, params: Mapping[str, JsonValue], value: float | None) -> None:
        state = self._optuna.trial.TrialState.FAIL if value is None else self._optuna.trial.TrialState.COMPLETE
        if number in self._asked:
            self._study.tell(self._asked.pop(number), value, state=state)
            return
        chosen = {name: _index(among, params[name]) for name, among in self.sweep.space.items()}
        self._study.add_trial(
            self._optuna.trial.create_trial(params=chosen, distributions=self._distributions, value=value, state=state)
        )


SEARCHES: Mapping[SweepMethod, type[Search]] = {
    SweepMethod.GRID: GridSearch,
    SweepMethod.RANDOM: RandomSearch,
    SweepMethod.OPTUNA: OptunaSearch,
}


def better(goal: Goal, value: float, best: float | None) -> bool:
    """Whether a value is better than the best so far."""
    if best is None:
        return True
    return value < best if goal is Goal.MINIMIZE else value > best


def _chance(seed: int | str) -> random.Random:
    return random.Random(seed)  # noqa: S311  # a search keeps no secrets


def _drawn(chance: random.Random, name: str, among: Dimension) -> JsonValue:
    if isinstance(among, Choice) or among.whole or among.step is not None:
        return chance.choice(values(name, among))
    if among.log:
        drawn = math.exp(chance.uniform(math.log(among.low), math.log(among.high)))
        return min(max(drawn, among.low), among.high)  # rounding may lead out
    return chance.uniform(among.low, among.high)


def _distribution(optuna: Any, among: Dimension) -> Any:
    if isinstance(among, Choice):
        # By their place: optuna takes numbers and text only.
        return optuna.distributions.CategoricalDistribution(tuple(range(len(among.values))))
    if among.whole:
        return optuna.distributions.IntDistribution(int(among.low), int(among.high), step=int(among.step or 1))
    return optuna.distributions.FloatDistribution(
        float(among.low), float(among.high), log=among.log, step=None if among.log else among.step
    )


def _value(among: Dimension, chosen: Any) -> JsonValue:
    return among.values[chosen] if isinstance(among, Choice) else chosen


def _index(among: Dimension, value: JsonValue) -> Any:
    return list(among.values).index(value) if isinstance(among, Choice) else value
