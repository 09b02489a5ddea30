"""How the space of a sweep is written, and the points that it has."""

from __future__ import annotations

import json
import math
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from jupyter_tracker.errors import ConfigError, InvalidInput
from jupyter_tracker.models import Between, Choice, Dimension, Goal, JsonValue, Sweep, SweepMethod

MOST_TRIALS = 1000
"""Trials of a sweep."""
_FORMS = "0.1,0.01 (values), 2:8 (whole numbers), 0.1:0.9:0.2 (with a step) or 1e-4:1e-1:log (logarithmic)"
_LARGEST_WHOLE = 2**53
_WORDS = {"True": True, "False": False, "None": None}


def checked_sweep(
    space: Mapping[str, object],
    method: SweepMethod,
    samples: int | None,
    metric: str | None,
    goal: Goal,
    parallel: int | None,
    seed: int | None,
) -> Sweep:
    """A sweep from what people write.

    Raises:
        InvalidInput: a part is wrong or missing, or there are too many points.
        ConfigError: `optuna` is not installed.
    """
    if not isinstance(space, Mapping) or not space:
        raise InvalidInput("The space must name params and their values, as in {'lr': [0.1, 0.01], 'depth': '2:8'}.")
    read = {name: _named(name, given) for name, given in space.items()}
    parallel = os.cpu_count() or 1 if parallel is None else _counted("parallel", parallel, MOST_TRIALS)
    samples = _samples(read, method, samples)
    if method is SweepMethod.OPTUNA:
        _check_optuna(metric)
    if metric is not None and (not isinstance(metric, str) or not metric):
        raise InvalidInput(f"The metric must be the name of one, not {metric!r}.")
    if seed is None:
        seed = secrets.randbelow(2**31)
    elif isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise InvalidInput(f"The seed must be a whole number of 0 or more, below 2**32, not {seed!r}.")
    return Sweep(read, method, samples, metric, goal, parallel, seed)


def dimension(given: object) -> Dimension:
    """What a param may be.

    Raises:
        ValueError: with what was expected.
    """
    if isinstance(given, Choice | Between):
        return given
    if isinstance(given, str):
        return _from_text(given)
    if isinstance(given, Mapping):
        try:
            return _between(**given)
        except TypeError:
            raise ValueError("a dict of low, high and perhaps step and log") from None
    if isinstance(given, Sequence) and given:
        for value in given:
            _check_json(value)
        return Choice(tuple(given))
    raise ValueError(f"values, a range, or text as in {_FORMS}")


def values(name: str, among: Dimension) -> Sequence[JsonValue]:
    """All values of a param, in order; `InvalidInput` when there is no end of them."""
    if isinstance(among, Choice):
        return among.values
    if among.whole:
        return range(int(among.low), int(among.high) + 1, int(among.step or 1))
    if among.step is None:
        raise InvalidInput(
            f"{name}: there are endless numbers from {among.low:g} to {among.high:g}. Give a step, as in"
            f" {among.low:g}:{among.high:g}:{(among.high - among.low) / 4:g}, or use method='random'."
        )
    # In decimals, so that 0.1:0.3:0.1 has 0.3.
    low, high, step = (Decimal(str(number)) for number in (among.low, among.high, among.step))
    count = int((high - low) / step) + 1
    if count > MOST_TRIALS * 1000:
        raise InvalidInput(f"{name}: there are {count:,} numbers from {low} to {high} in steps of {step}.")
    return [float(low + index * step) for index in range(count)]


def size(space: Mapping[str, Dimension]) -> int:
    """How many points a grid has."""
    return math.prod(len(values(name, among)) for name, among in space.items())


def point(space: Mapping[str, Dimension], index: int) -> dict[str, JsonValue]:
    """The point of that number, from 0, of a grid; the last param changes fastest."""
    found: dict[str, JsonValue] = {}
    for name, among in reversed(list(space.items())):
        choices = values(name, among)
        index, at = divmod(index, len(choices))
        found[name] = choices[at]
    return {name: found[name] for name in space}


def is_finite(space: Mapping[str, Dimension]) -> bool:
    """Whether the points can be counted."""
    return all(isinstance(among, Choice) or among.whole or among.step is not None for among in space.values())


def _samples(space: Mapping[str, Dimension], method: SweepMethod, samples: int | None) -> int | None:
    if method is SweepMethod.GRID:
        if samples is not None:
            raise InvalidInput("A grid tries all of its points: leave samples out, or use method='random'.")
        count = size(space)
        if count > MOST_TRIALS:
            raise InvalidInput(
                f"The grid has {count:,} points, and a sweep at most {MOST_TRIALS:,}. Give fewer values,"
                " or try some of them: method='random', samples=100."
            )
    elif samples is None:
        raise InvalidInput(f"Say how many trials there are: samples=20. Only a grid knows by itself, not {method}.")
    else:
        if is_finite(space):
            size(space)  # whether they can be counted is told now rather than by the first trial
        return _counted("samples", samples, MOST_TRIALS)
    return None


def _check_optuna(metric: str | None) -> None:
    from importlib.util import find_spec

    if metric is None:
        raise InvalidInput("optuna looks at how good the trials were: name the metric, as in metric='loss'.")
    if find_spec("optuna") is None:
        raise ConfigError("optuna is not installed: pip install 'jupyter_tracker[sweep]'. Or use method='random'.")


def _named(name: object, given: object) -> Dimension:
    if not isinstance(name, str) or not name:
        raise InvalidInput(f"The space has the name {name!r}, and params are named by text.")
    try:
        return dimension(given)
    except ValueError as error:
        raise InvalidInput(f"The space of {name!r} must be {error}, not {given!r:.80}.") from None


def _from_text(text: str) -> Dimension:
    parts = [part.strip() for part in text.split(":")]
    numbers = [_number(part) for part in parts]
    if len(parts) in (2, 3) and None not in numbers[:2]:
        low, high = numbers[:2]
        if len(parts) == 3 and parts[2] == "log":
            return _between(low, high, log=True)
        if len(parts) == 3 and numbers[2] is None:
            raise ValueError(f"a range that ends with a step or log, as in {_FORMS}")
        return _between(low, high, numbers[2] if len(parts) == 3 else None)
    found = list(_listed(text))
    if not found:
        raise ValueError(f"values, as in {_FORMS}")
    return Choice(tuple(found))


def _between(low: object, high: object, step: object = None, log: object = False) -> Between:
    for bound in (low, high, 1 if step is None else step):
        if isinstance(bound, bool) or not isinstance(bound, int | float) or not math.isfinite(bound):
            raise ValueError("a range between finite numbers")
        if abs(bound) > _LARGEST_WHOLE and isinstance(bound, int):
            raise ValueError("a range between whole numbers of at most 2**53")
    made = Between(low, high, step, bool(log))  # type: ignore[arg-type]  # just checked
    if made.low > made.high:
        raise ValueError("a range from a smaller number to a larger one")
    if made.step is not None and made.step <= 0:
        raise ValueError("a range with a step of more than 0")
    if made.log and (made.low <= 0 or made.step is not None):
        raise ValueError("a logarithmic range of numbers above 0, without a step")
    return made


def _listed(text: str) -> Iterator[JsonValue]:
    try:
        yield from json.loads(f"[{text}]")
    except ValueError:
        for part in filter(None, (part.strip() for part in text.split(","))):
            number = _number(part)
            yield _WORDS.get(part, part) if number is None else number


def _number(text: str) -> int | float | None:
    for kind in (int, float):
        try:
            number = kind(text)
        except ValueError:
            continue
        return number if math.isfinite(number) else None
    return None


def _check_json(value: object) -> None:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        raise ValueError("values that JSON can hold") from None


def _counted(name: str, value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
        raise InvalidInput(f"{name} must be a whole number from 1 to {most:,}, not {value!r}.")
    return value
