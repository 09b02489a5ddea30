"""What a filter is once it was read: a tree of frozen dataclasses."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import TypeAlias

from jupyter_tracker.models import JsonValue

Value: TypeAlias = str | float | datetime | timedelta
"""A literal, already of the type of its subject: times are aware, durations are timedeltas."""


class Aggregate(StrEnum):
    """Which number of a metric's history is meant."""

    LAST = "last"
    FIRST = "first"
    MIN = "min"
    MAX = "max"
    BEST = "best"


class Attribute(StrEnum):
    """What every run has, whatever it trains."""

    ID = "id"
    NAME = "name"
    EXPERIMENT = "experiment"
    EXPERIMENT_ID = "experiment_id"
    STATE = "state"
    KIND = "kind"
    LIFECYCLE = "lifecycle"
    REASON = "reason"
    CREATED_AT = "created_at"
    STARTED_AT = "started_at"
    ENDED_AT = "ended_at"
    DURATION = "duration"
    EXIT_CODE = "exit_code"
    SIGNAL = "signal"
    NOTES = "notes"
    PARENT = "parent"


class Operator(StrEnum):
    """How two values are compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Metric:
    """A number of a metric's history; the latest one unless said otherwise."""

    name: str
    aggregate: Aggregate = Aggregate.LAST

    @property
    def column(self) -> Aggregate:
        """The number that is looked at: `best` is the smallest where lower is better, else the largest."""
        if self.aggregate is not Aggregate.BEST:
            return self.aggregate
        return Aggregate.MIN if lower_is_better(self.name) else Aggregate.MAX


@dataclass(frozen=True, slots=True)
class Param:
    """A param: a number beside a number, its text form beside text."""

    name: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, which is text."""

    name: str


class DatasetField(StrEnum):
    """What can be asked of datasets."""

    NAME = "name"
    DIGEST = "digest"
    CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A field of the datasets that a run reads, which is text: a condition holds when it holds for one of them."""

    field: DatasetField


Subject: TypeAlias = Metric | Param | Tag | Attribute | Dataset
"""What a filter asks about; an order sorts by all but datasets, of which a run may have several."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`subject operator value`; false where the subject is missing or either side is NaN."""

    subject: Subject
    operator: Operator
    value: Value


@dataclass(frozen=True, slots=True)
class Match:
    """`subject LIKE pattern`: `%` stands for any text, `_` for one character, a backslash takes that away."""

    subject: Subject
    pattern: str
    ignore_case: bool = False
    """`ILIKE`: A–Z and a–z are the same; other letters are compared as they are."""
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Among:
    """`subject IN (values)`."""

    subject: Subject
    values: tuple[Value, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """`subject IS NULL`: it was never set. A metric of NaN is there."""

    subject: Subject
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """Exactly the runs that `expression` does not select, those with a missing value among them."""

    expression: Expression


@dataclass(frozen=True, slots=True)
class And:
    """All of some expressions; of none, every run."""

    expressions: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of some expressions."""

    expressions: tuple[Expression, ...]


Expression: TypeAlias = Comparison | Match | Among | Missing | Not | And | Or


@dataclass(frozen=True, slots=True)
class Order:
    """One key of an order. What is missing or NaN comes last in both directions."""

    subject: Subject
    descending: bool = False


# As whole words of a metric's name; "loss" and "error" also as the end of a word (logloss, l1loss).
_LOWER_IS_BETTER = frozenset(
    (
        *(
            "err",
            "errors",
            "losses",
            "mse",
            "rmse",
            "mae",
            "mape",
            "smape",
            "msle",
            "rmsle",
            "nll",
            "perplexity",
            "ppl",
        ),
        *(
            "wer",
            "cer",
            "ter",
            "fid",
            "kid",
            "lpips",
            "brier",
            "eer",
            "ece",
            "divergence",
            "kl",
            "cost",
            "regret",
            "latency",
        ),
    )
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def lower_is_better(metric: str) -> bool:
    """Whether the smallest value of a metric is its best one, to judge by the words of its name.

    Words are split at punctuation and at capitals; a word that ends in `loss` or `error`, or is a usual name of an
    error measure (`mse`, `rmse`, `mae`, `perplexity`, `wer`, `fid`, …), says so. Everything else is better when it is
    larger.
    """
    words = [word.lower() for word in _WORD.findall(metric)]
    return any(word in _LOWER_IS_BETTER or word.endswith(("loss", "error")) for word in words)


_NUMERAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def param_number(value: JsonValue) -> float | None:
    """A param as the number that it is compared as; None where it is no number, or NaN.

    Text that reads as a decimal number counts, because on some platforms every param is text. True is 1, False is 0.
    """
    if isinstance(value, str) and not _NUMERAL.fullmatch(value):
        return None
    if not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        number = math.inf if value > 0 else -math.inf  # type: ignore[operator]  # only an int is too large
    return None if math.isnan(number) else number


def param_text(value: JsonValue) -> str:
    """A param as the text that it is compared as: itself if it is text, else its JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class Wildcard(Enum):
    """What a LIKE pattern holds beside characters."""

    ANY_TEXT = "%"
    ONE_CHARACTER = "_"


def pattern_parts(pattern: str) -> Iterator[str | Wildcard]:
    """The characters and wildcards of a LIKE pattern; a backslash makes a plain character of `%`, `_` and itself."""
    escaped = False
    for character in pattern:
        if escaped:
            if character not in "%_\\":
                yield "\\"
            yield character
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            yield Wildcard(character) if character in "%_" else character
    if escaped:
        yield "\\"


def datasets_needed(*parts: Expression) -> bool:
    """Whether the datasets count that a run reads."""
    for part in parts:
        match part:
            case And(expressions) | Or(expressions):
                if datasets_needed(*expressions):
                    return True
            case Not(expression):
                if datasets_needed(expression):
                    return True
            case _ if isinstance(part.subject, Dataset):
                return True
    return False


def history_needed(*parts: Expression | Order) -> frozenset[str]:
    """The metrics of which the whole history counts, not only the latest value."""
    names: set[str] = set()
    for part in parts:
        match part:
            case And(expressions) | Or(expressions):
                names |= history_needed(*expressions)
            case Not(expression):
                names |= history_needed(expression)
            case _:
                if isinstance(part.subject, Metric) and part.subject.aggregate is not Aggregate.LAST:
                    names.add(part.subject.name)
    return frozenset(names)
