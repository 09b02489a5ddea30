"""The values that stand in a filter: each is read as the type of what it is compared with."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeAlias, TypeVar

from jupyter_tracker.errors import InvalidFilter, did_you_mean
from jupyter_tracker.filters.cursor import Cursor
from jupyter_tracker.filters.tokens import Kind, Token, duration
from jupyter_tracker.filters.tree import Attribute, Dataset, Metric, Param, Subject, Tag, Value
from jupyter_tracker.models import Lifecycle, RunKind, RunState

T = TypeVar("T")
Literal: TypeAlias = Value | bool

TIMES = frozenset({Attribute.CREATED_AT, Attribute.STARTED_AT, Attribute.ENDED_AT})
WORDS: dict[Attribute, frozenset[str]] = {
    Attribute.STATE: frozenset(word.value for word in RunState),
    Attribute.KIND: frozenset(word.value for word in RunKind),
    Attribute.LIFECYCLE: frozenset(word.value for word in Lifecycle),
}
"""Attributes that are one of a few words."""

_MLFLOW_STATES = {"finished": "succeeded", "scheduled": "queued", "killed": "stopped"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Literals:
    """Reads literals where a cursor stands; `now` is what `now()` stands for."""

    def __init__(self, cursor: Cursor, now: datetime) -> None:
        self._cursor = cursor
        self._now = now

    def read(self, subject: Subject) -> Literal:
        """The next literal as the type of its subject."""
        start = self._cursor.current
        value = self._untyped()
        if isinstance(subject, Param):
            return value if isinstance(value, str | bool | float) else self._unfit(subject, start)
        if isinstance(subject, Attribute) and subject in TIMES:
            return self._within_range(lambda: self._time(value, subject, start), start)
        if subject is Attribute.DURATION:
            if isinstance(value, float) and math.isfinite(value):
                return self._within_range(lambda: timedelta(seconds=value), start)
            return value if isinstance(value, timedelta) else self._unfit(subject, start)
        if isinstance(value, bool):
            return value if isinstance(subject, Tag) else self._unfit(subject, start)
        if isinstance(value, str) and isinstance(subject, Attribute) and subject in WORDS:
            return self._one_of(value, subject, start)
        if isinstance(value, str if is_text(subject) else float):
            return value
        return self._unfit(subject, start)

    def _one_of(self, value: str, attribute: Attribute, start: Token) -> str:
        words = WORDS[attribute]
        word = value.lower()
        if attribute is Attribute.STATE:
            word = _MLFLOW_STATES.get(word, word)
        if word not in words:
            message = f"{attribute.value} is one of {', '.join(sorted(words))}, never {value!r}."
            raise InvalidFilter(message + did_you_mean(word, words), self._cursor.text, start.column)
        return word

    def _time(self, value: Literal, subject: Subject, start: Token) -> datetime:
        if isinstance(value, datetime):
            return value
        if isinstance(value, str):
            try:
                return datetime.fromisoformat(value).astimezone(UTC)
            except ValueError:
                pass
        elif isinstance(value, float) and math.isfinite(value):
            return _EPOCH + timedelta(milliseconds=value)
        self._unfit(subject, start)

    def _within_range(self, make: Callable[[], T], start: Token) -> T:
        try:
            return make()
        except OverflowError:
            raise InvalidFilter("This is outside of the times there are.", self._cursor.text, start.column) from None

    def _unfit(self, subject: Subject, start: Token) -> NoReturn:
        message = described(subject)
        if isinstance(subject, Tag) and start.kind is Kind.NUMBER:
            message += f"; write '{start.text}'"
        self._cursor.reject(message, start)

    def _untyped(self) -> Literal:
        token = self._cursor.advance()
        if token.kind is Kind.TEXT:
            return token.text
        if token.kind is Kind.SYMBOL and token.text in "+-":
            return self._number(self._cursor.advance(), -1.0 if token.text == "-" else 1.0)
        if token.kind is Kind.DURATION:
            return self._within_range(lambda: duration(token.text), token)
        if token.kind is Kind.WORD:
            match token.text.lower():
                case "true" | "false" as truth:
                    return truth == "true"
                case "now":
                    return self._moment(token)
                case "null" | "none":
                    self._cursor.reject("Nothing is compared with NULL; expected IS NULL or IS NOT NULL", token)
        return self._number(token, 1.0)

    def _number(self, token: Token, sign: float) -> float:
        if token.kind is Kind.NUMBER:
            return sign * float(token.text)
        if token.kind is Kind.WORD and token.text.lower() in ("inf", "infinity", "nan"):
            return sign * float(token.text)
        quoted = " Text stands in quotes." if token.kind in (Kind.WORD, Kind.NAME) else ""
        raise InvalidFilter(f"Expected a value, found {token}.{quoted}", self._cursor.text, token.column)

    def _moment(self, start: Token) -> datetime:
        self._cursor.expect("(", "Expected () after now")
        self._cursor.expect(")", "Expected () after now")
        moment = self._now
        while self._cursor.current.kind is Kind.SYMBOL and self._cursor.current.text in "+-":
            sign = 1 if self._cursor.advance().text == "+" else -1
            moment = self._moved(moment, sign, start)
        return moment

    def _moved(self, moment: datetime, sign: int, start: Token) -> datetime:
        length = self._cursor.current
        if length.kind is not Kind.DURATION:
            self._cursor.reject("Expected a duration such as 7d, 12h or 1h30m")
        self._cursor.advance()
        return self._within_range(lambda: moment + sign * duration(length.text), start)


def is_text(subject: Subject) -> bool:
    """Whether a subject is text and nothing else."""
    if isinstance(subject, Attribute):
        return subject not in TIMES and subject not in (Attribute.DURATION, Attribute.EXIT_CODE)
    return isinstance(subject, Tag | Dataset)


def described(subject: Subject) -> str:
    """What a subject is, as the beginning of a message."""
    match subject:
        case Metric(name):
            return f"metrics.{name} is a number, such as 0.5"
        case Param(name):
            return f"params.{name} is compared with a number, a text in quotes, true or false"
        case Tag(name):
            return f"tags.{name} is text in quotes"
        case Dataset(field):
            return f"datasets.{field} is text in quotes"
        case Attribute.DURATION:
            return "duration is a length of time, such as 90s, 5m, 1h30m, or a number of seconds"
        case Attribute.EXIT_CODE:
            return "exit_code is a number, such as 0"
        case _ if subject in TIMES:
            return f"{subject.value} is a time, such as '2026-01-31 12:00', now() - 7d, or milliseconds since the epoch"
        case _:
            return f"{subject.value} is text in quotes"
