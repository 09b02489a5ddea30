"""Text to trees."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeAlias, TypeVar

from jupyter_tracker.errors import InvalidFilter, did_you_mean
from jupyter_tracker.filters.tokens import Kind, Token, duration, tokens
from jupyter_tracker.filters.tree import (
    Aggregate,
    Among,
    And,
    Attribute,
    Comparison,
    Expression,
    Match,
    Metric,
    Missing,
    Not,
    Operator,
    Or,
    Order,
    Param,
    Subject,
    Tag,
    Value,
)
from jupyter_tracker.models import Lifecycle, RunKind, RunState

T = TypeVar("T")
_Literal: TypeAlias = Value | bool

MAX_NESTING = 50
"""Parentheses and NOTs within each other; far below what Python and SQLite can nest."""

MAX_PATTERN = 10_000
"""Characters of a LIKE pattern; SQLite takes 50,000 bytes, and a character may become four or five."""

TIMES = frozenset({Attribute.CREATED_AT, Attribute.STARTED_AT, Attribute.ENDED_AT})
WORDS: dict[Attribute, frozenset[str]] = {
    Attribute.STATE: frozenset(word.value for word in RunState),
    Attribute.KIND: frozenset(word.value for word in RunKind),
    Attribute.LIFECYCLE: frozenset(word.value for word in Lifecycle),
}
"""Attributes that are one of a few words."""

_MLFLOW_STATES = {"finished": "succeeded", "scheduled": "queued", "killed": "stopped"}
_PREFIXES: dict[str, Callable[[str], Subject] | None] = {
    **dict.fromkeys(("metrics", "metric"), Metric),
    **dict.fromkeys(("params", "param", "parameters", "parameter"), Param),
    **dict.fromkeys(("tags", "tag"), Tag),
    **dict.fromkeys(("attributes", "attribute", "attr", "run"), None),
}
_ATTRIBUTES: dict[str, Subject] = {
    **{attribute.value: attribute for attribute in Attribute},
    "run_id": Attribute.ID,
    "run_name": Attribute.NAME,
    "status": Attribute.STATE,
    "created": Attribute.STARTED_AT,  # MLflow: another word for start_time
    "start_time": Attribute.STARTED_AT,
    "end_time": Attribute.ENDED_AT,
    "user_id": Tag("mlflow.user"),  # where MLflow keeps it
}
_OPERATORS = {**{operator.value: operator for operator in Operator}, "==": Operator.EQUAL, "<>": Operator.NOT_EQUAL}
_TRUTHS = {True: ("true", "True", "TRUE"), False: ("false", "False", "FALSE")}
_OPERATOR_WORDS = ("LIKE", "ILIKE", "IN", "NOT", "BETWEEN", "IS")
_OPERATORS_EXPECTED = "=, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT, BETWEEN or IS"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse(text: str, *, now: datetime | None = None) -> Expression:
    """Read a filter; an empty one selects every run.

    Args:
        text: The filter, for example `metrics.acc > 0.9 AND created_at > now() - 7d`.
        now: What `now()` stands for, with a time zone; by default the moment of the call.

    Raises:
        InvalidFilter: the text cannot be read; `column` is where, counted from 0.
    """
    parser = _Parser(text, now or datetime.now(UTC))
    if parser.at_end():
        return And(())
    expression = parser.disjunction()
    if not parser.at_end():
        parser.reject("Expected AND, OR or the end", keywords=("AND", "OR"))
    return expression


def parse_order(order: str | Iterable[str]) -> tuple[Order, ...]:
    """Read an order: names divided by commas, each with `ASC` (the default) or `DESC` behind it; or several such texts.

    Raises:
        InvalidFilter: a text cannot be read; `column` is where in it, counted from 0.
    """
    texts = [order] if isinstance(order, str) else order
    return tuple(key for text in texts for key in _Parser(text, datetime.now(UTC)).orders())


class _Parser:
    """Recursive descent: one method for each rule of the grammar."""

    def __init__(self, text: str, now: datetime) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._position = 0
        self._nesting = 0
        self._now = now

    @property
    def current(self) -> Token:
        return self._tokens[self._position]

    def at_end(self) -> bool:
        return self.current.kind is Kind.END

    def reject(self, message: str, token: Token | None = None, keywords: Sequence[str] = ()) -> NoReturn:
        """Raise, naming what was found and, for a word, the keyword that it may have been meant to be."""
        token = token or self.current
        hint = did_you_mean(token.text.upper(), keywords) if token.kind is Kind.WORD else ""
        raise InvalidFilter(f"{message}, found {token}.{hint}", self._text, token.column)

    def disjunction(self) -> Expression:
        return self._joined("OR", self._conjunction, Or)

    def orders(self) -> list[Order]:
        if self.at_end():
            return []
        found = [self._order()]
        while self._symbol(","):
            found.append(self._order())
        if not self.at_end():
            self.reject("Expected ASC, DESC, a comma or the end", keywords=("ASC", "DESC"))
        return found

    def _order(self) -> Order:
        subject = self._subject()
        if self._word("DESC"):
            return Order(subject, descending=True)
        self._word("ASC")
        return Order(subject)

    def _conjunction(self) -> Expression:
        return self._joined("AND", self._negation, And)

    def _joined(
        self, word: str, part: Callable[[], Expression], join: Callable[[tuple[Expression, ...]], Expression]
    ) -> Expression:
        parts = [part()]
        while self._word(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(tuple(parts))

    def _negation(self) -> Expression:
        opening = self.current
        if self._word("NOT"):
            return Not(self._nested(opening, self._negation))
        if self._symbol("("):
            inner = self._nested(opening, self.disjunction)
            self._expect_symbol(")", "Expected AND, OR or the ) of an earlier (", ("AND", "OR"))
            return inner
        return self._condition()

    def _nested(self, opening: Token, rule: Callable[[], Expression]) -> Expression:
        if self._nesting == MAX_NESTING:
            raise InvalidFilter(f"A filter nests at most {MAX_NESTING} deep.", self._text, opening.column)
        self._nesting += 1
        inner = rule()
        self._nesting -= 1
        return inner

    def _condition(self) -> Expression:
        subject = self._subject()
        sign = self.current
        if sign.kind is Kind.SYMBOL and sign.text in _OPERATORS:
            self._advance()
            return self._comparison(subject, _OPERATORS[sign.text], sign)
        if self._word("IS"):
            negated = self._word("NOT")
            if not self._word("NULL"):
                self.reject("Expected NULL or NOT NULL after IS", keywords=("NULL", "NOT"))
            return Missing(subject, negated)
        negated = self._word("NOT")
        for word, rule in (
            ("LIKE", self._match),
            ("ILIKE", self._match),
            ("IN", self._among),
            ("BETWEEN", self._range),
        ):
            keyword = self.current
            if self._word(word):
                return rule(subject, negated, keyword)
        if negated:
            self.reject("Expected IN, LIKE, ILIKE or BETWEEN after NOT", keywords=("IN", "LIKE", "ILIKE", "BETWEEN"))
        self.reject(f"Expected {_OPERATORS_EXPECTED}", keywords=_OPERATOR_WORDS)

    def _comparison(self, subject: Subject, operator: Operator, sign: Token) -> Expression:
        start = self.current
        literal = self._literal(subject)
        ordered = operator not in (Operator.EQUAL, Operator.NOT_EQUAL)
        if isinstance(subject, Attribute) and subject in WORDS and ordered:
            self.reject(f"{subject.value} is one of a few words, which have no order; expected =, != or IN", sign)
        if isinstance(literal, bool):
            if ordered:
                self.reject(f"true and false have no order; expected = or != instead of {sign.text}", start)
            return Among(subject, _TRUTHS[literal], negated=operator is Operator.NOT_EQUAL)
        return Comparison(subject, operator, literal)

    def _match(self, subject: Subject, negated: bool, keyword: Token) -> Expression:
        if not _is_text(subject) and not isinstance(subject, Param):
            self.reject(f"{_described(subject)}; expected =, !=, <, <=, >, >=, IN or BETWEEN", keyword)
        pattern = self.current
        if pattern.kind is not Kind.TEXT:
            self.reject(f"Expected a pattern in quotes after {keyword.text}, such as 'resnet%'")
        if len(pattern.text) > MAX_PATTERN:
            raise InvalidFilter(f"A pattern has at most {MAX_PATTERN:,} characters.", self._text, pattern.column)
        self._advance()
        return Match(subject, pattern.text, keyword.text.upper() == "ILIKE", negated)

    def _among(self, subject: Subject, negated: bool, keyword: Token) -> Expression:
        self._expect_symbol("(", f"Expected a list in parentheses after {keyword.text}")
        values: list[Value] = []
        while True:
            literal = self._literal(subject)
            values.extend(_TRUTHS[literal] if isinstance(literal, bool) else (literal,))
            if not self._symbol(","):
                break
        self._expect_symbol(")", "Expected a comma or the ) of the list")
        return Among(subject, tuple(dict.fromkeys(values)), negated)

    def _range(self, subject: Subject, negated: bool, keyword: Token) -> Expression:
        low = self._comparison(subject, Operator.LESS if negated else Operator.AT_LEAST, keyword)
        if not self._word("AND"):
            self.reject("Expected AND and the end of the range", keywords=("AND",))
        high = self._comparison(subject, Operator.GREATER if negated else Operator.AT_MOST, keyword)
        return Or((low, high)) if negated else And((low, high))

    def _subject(self) -> Subject:
        token = self._advance()
        if token.kind is Kind.NAME:
            return self._named(token)
        if token.kind is not Kind.WORD:
            self.reject("Expected a name such as metrics.acc, params.lr or state", token)
        if self.current.kind is Kind.SYMBOL and self.current.text == "(":
            return self._aggregated(token)
        return self._attribute(token, token.text, token.column)

    def _named(self, token: Token) -> Subject:
        prefix = token.prefix.lower()
        if prefix in _PREFIXES:
            made = _PREFIXES[prefix]
            if made is None:
                return self._attribute(token, token.name, token.column + len(prefix) + 1)
            return made(token.name)
        if prefix in ("dataset", "datasets"):
            raise InvalidFilter("Runs cannot be filtered by dataset yet.", self._text, token.column)
        hint = did_you_mean(prefix, _PREFIXES)
        raise InvalidFilter(
            f"{token.prefix!r} holds no names; expected metrics, params, tags or attributes.{hint}",
            self._text,
            token.column,
        )

    def _attribute(self, token: Token, name: str, column: int) -> Subject:
        # MLflow also writes `Run name` and Created.
        found = _ATTRIBUTES.get(name.lower().replace(" ", "_"))
        if found is not None:
            return found
        hint = did_you_mean(name.lower(), _ATTRIBUTES)
        if not hint and token.kind is Kind.WORD:
            hint = " Metrics, params and tags are written metrics.x, params.x, tags.x."
        raise InvalidFilter(f"Runs have no attribute {name!r}.{hint}", self._text, column)

    def _aggregated(self, function: Token) -> Subject:
        name = function.text.lower()
        known = [aggregate.value for aggregate in Aggregate]
        if name not in known:
            message = f"There is no function {function.text!r}; expected one of {', '.join(known)}."
            raise InvalidFilter(message + did_you_mean(name, known), self._text, function.column)
        self._expect_symbol("(", "Expected (")
        start = self.current
        subject = self._subject()
        if subject != Metric(getattr(subject, "name", "")):
            self.reject(f"{name} is taken of a metric; expected a name such as metrics.acc", start)
        self._expect_symbol(")", f"Expected the ) of {name}(")
        return Metric(start.name, Aggregate(name))

    def _literal(self, subject: Subject) -> _Literal:
        """A literal as the type of its subject."""
        start = self.current
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
        if isinstance(value, str if _is_text(subject) else float):
            return value
        return self._unfit(subject, start)

    def _one_of(self, value: str, attribute: Attribute, start: Token) -> str:
        words = WORDS[attribute]
        word = value.lower()
        if attribute is Attribute.STATE:
            word = _MLFLOW_STATES.get(word, word)
        if word not in words:
            message = f"{attribute.value} is one of {', '.join(sorted(words))}, never {value!r}."
            raise InvalidFilter(message + did_you_mean(word, words), self._text, start.column)
        return word

    def _time(self, value: _Literal, subject: Subject, start: Token) -> datetime:
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
            raise InvalidFilter("This is outside of the times there are.", self._text, start.column) from None

    def _unfit(self, subject: Subject, start: Token) -> NoReturn:
        message = _described(subject)
        if isinstance(subject, Tag) and start.kind is Kind.NUMBER:
            message += f"; write '{start.text}'"
        self.reject(message, start)

    def _untyped(self) -> _Literal:
        token = self._advance()
        if token.kind is Kind.TEXT:
            return token.text
        if token.kind is Kind.SYMBOL and token.text in "+-":
            return self._number(self._advance(), -1.0 if token.text == "-" else 1.0)
        if token.kind is Kind.DURATION:
            return self._within_range(lambda: duration(token.text), token)
        if token.kind is Kind.WORD:
            match token.text.lower():
                case "true" | "false" as truth:
                    return truth == "true"
                case "now":
                    return self._moment(token)
                case "null" | "none":
                    self.reject("Nothing is compared with NULL; expected IS NULL or IS NOT NULL", token)
        return self._number(token, 1.0)

    def _number(self, token: Token, sign: float) -> float:
        if token.kind is Kind.NUMBER:
            return sign * float(token.text)
        if token.kind is Kind.WORD and token.text.lower() in ("inf", "infinity", "nan"):
            return sign * float(token.text)
        quoted = " Text stands in quotes." if token.kind in (Kind.WORD, Kind.NAME) else ""
        raise InvalidFilter(f"Expected a value, found {token}.{quoted}", self._text, token.column)

    def _moment(self, start: Token) -> datetime:
        self._expect_symbol("(", "Expected () after now")
        self._expect_symbol(")", "Expected () after now")
        moment = self._now
        while self.current.kind is Kind.SYMBOL and self.current.text in "+-":
            sign = 1 if self._advance().text == "+" else -1
            moment = self._moved(moment, sign, start)
        return moment

    def _moved(self, moment: datetime, sign: int, start: Token) -> datetime:
        length = self.current
        if length.kind is not Kind.DURATION:
            self.reject("Expected a duration such as 7d, 12h or 1h30m")
        self._advance()
        return self._within_range(lambda: moment + sign * duration(length.text), start)

    def _advance(self) -> Token:
        token = self.current
        if token.kind is not Kind.END:
            self._position += 1
        return token

    def _word(self, word: str) -> bool:
        """Take a keyword if it comes next."""
        taken = self.current.kind is Kind.WORD and self.current.text.upper() == word
        self._position += taken
        return taken

    def _symbol(self, symbol: str) -> bool:
        """Take a symbol if it comes next."""
        taken = self.current.kind is Kind.SYMBOL and self.current.text == symbol
        self._position += taken
        return taken

    def _expect_symbol(self, symbol: str, message: str, keywords: Sequence[str] = ()) -> None:
        if not self._symbol(symbol):
            self.reject(message, keywords=keywords)


def _is_text(subject: Subject) -> bool:
    if isinstance(subject, Attribute):
        return subject not in TIMES and subject not in (Attribute.DURATION, Attribute.EXIT_CODE)
    return isinstance(subject, Tag)


def _described(subject: Subject) -> str:
    """What a subject is, as the beginning of a message."""
    match subject:
        case Metric(name):
            return f"metrics.{name} is a number, such as 0.5"
        case Param(name):
            return f"params.{name} is compared with a number, a text in quotes, true or false"
        case Tag(name):
            return f"tags.{name} is text in quotes"
        case Attribute.DURATION:
            return "duration is a length of time, such as 90s, 5m, 1h30m, or a number of seconds"
        case Attribute.EXIT_CODE:
            return "exit_code is a number, such as 0"
        case _ if subject in TIMES:
            return f"{subject.value} is a time, such as '2026-01-31 12:00', now() - 7d, or milliseconds since the epoch"
        case _:
            return f"{subject.value} is text in quotes"
