"""Text to trees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from jupyter_tracker.errors import InvalidFilter, did_you_mean
from jupyter_tracker.filters.cursor import Cursor
from jupyter_tracker.filters.literals import WORDS, Literals, described, is_text
from jupyter_tracker.filters.tokens import Kind, Token
from jupyter_tracker.filters.tree import (
    Aggregate,
    Among,
    And,
    Attribute,
    Comparison,
    Dataset,
    DatasetField,
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

MAX_NESTING = 50
"""Parentheses and NOTs within each other; far below what Python and SQLite can nest."""

MAX_PATTERN = 10_000
"""Characters of a LIKE pattern; SQLite takes 50,000 bytes, and a character may become four or five."""

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
        apart = " (what runs are ordered by is given apart)" if parser.current.text.upper() == "ORDER" else ""
        parser.reject(f"Expected AND, OR or the end{apart}", keywords=("AND", "OR"))
    return expression


def parse_order(order: str | Iterable[str]) -> tuple[Order, ...]:
    """Read an order: names divided by commas, each with `ASC` (the default) or `DESC` behind it; or several such texts.

    Raises:
        InvalidFilter: a text cannot be read; `column` is where in it, counted from 0.
    """
    texts = [order] if isinstance(order, str) else order
    return tuple(key for text in texts for key in _Parser(text, datetime.now(UTC)).orders())


class _Parser(Cursor):
    """Recursive descent: one method for each rule of the grammar."""

    def __init__(self, text: str, now: datetime) -> None:
        super().__init__(text)
        self._literals = Literals(self, now)
        self._nesting = 0

    def disjunction(self) -> Expression:
        return self._joined("OR", self._conjunction, Or)

    def orders(self) -> list[Order]:
        if self.at_end():
            return []
        found = [self._order()]
        while self.symbol(","):
            found.append(self._order())
        if not self.at_end():
            self.reject("Expected ASC, DESC, a comma or the end", keywords=("ASC", "DESC"))
        return found

    def _order(self) -> Order:
        subject = self._ordered()
        if self.word("DESC"):
            return Order(subject, descending=True)
        self.word("ASC")
        return Order(subject)

    def _ordered(self) -> Subject:
        token = self.current
        subject = self._subject()
        if isinstance(subject, Dataset):
            raise InvalidFilter(
                "A run may read several datasets: runs are not sorted by them.", self.text, token.column
            )
        return subject

    def _conjunction(self) -> Expression:
        return self._joined("AND", self._negation, And)

    def _joined(
        self, word: str, part: Callable[[], Expression], join: Callable[[tuple[Expression, ...]], Expression]
    ) -> Expression:
        parts = [part()]
        while self.word(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(tuple(parts))

    def _negation(self) -> Expression:
        opening = self.current
        if self.word("NOT"):
            return Not(self._nested(opening, self._negation))
        if self.symbol("("):
            inner = self._nested(opening, self.disjunction)
            self.expect(")", "Expected AND, OR or the ) of an earlier (", ("AND", "OR"))
            return inner
        return self._condition()

    def _nested(self, opening: Token, rule: Callable[[], Expression]) -> Expression:
        if self._nesting == MAX_NESTING:
            raise InvalidFilter(f"A filter nests at most {MAX_NESTING} deep.", self.text, opening.column)
        self._nesting += 1
        inner = rule()
        self._nesting -= 1
        return inner

    def _condition(self) -> Expression:
        subject = self._subject()
        sign = self.current
        if sign.kind is Kind.SYMBOL and sign.text in _OPERATORS:
            self.advance()
            return self._comparison(subject, _OPERATORS[sign.text], sign)
        if self.word("IS"):
            negated = self.word("NOT")
            if not self.word("NULL"):
                self.reject("Expected NULL or NOT NULL after IS", keywords=("NULL", "NOT"))
            return Missing(subject, negated)
        negated = self.word("NOT")
        for word, rule in (
            ("LIKE", self._match),
            ("ILIKE", self._match),
            ("IN", self._among),
            ("BETWEEN", self._range),
        ):
            keyword = self.current
            if self.word(word):
                return rule(subject, negated, keyword)
        if negated:
            self.reject("Expected IN, LIKE, ILIKE or BETWEEN after NOT", keywords=("IN", "LIKE", "ILIKE", "BETWEEN"))
        self.reject(f"Expected {_OPERATORS_EXPECTED}", keywords=_OPERATOR_WORDS)

    def _comparison(self, subject: Subject, operator: Operator, sign: Token) -> Expression:
        start = self.current
        literal = self._literals.read(subject)
        ordered = operator not in (Operator.EQUAL, Operator.NOT_EQUAL)
        if isinstance(subject, Attribute) and subject in WORDS and ordered:
            self.reject(f"{subject.value} is one of a few words, which have no order; expected =, != or IN", sign)
        if isinstance(literal, bool):
            if ordered:
                self.reject(f"true and false have no order; expected = or != instead of {sign.text}", start)
            return Among(subject, _TRUTHS[literal], negated=operator is Operator.NOT_EQUAL)
        return Comparison(subject, operator, literal)

    def _match(self, subject: Subject, negated: bool, keyword: Token) -> Expression:
        if not is_text(subject) and not isinstance(subject, Param):
            self.reject(f"{described(subject)}; expected =, !=, <, <=, >, >=, IN or BETWEEN", keyword)
        pattern = self.current
        if pattern.kind is not Kind.TEXT:
            self.reject(f"Expected a pattern in quotes after {keyword.text}, such as 'resnet%'")
        if len(pattern.text) > MAX_PATTERN:
            raise InvalidFilter(f"A pattern has at most {MAX_PATTERN:,} characters.", self.text, pattern.column)
        self.advance()
        return Match(subject, pattern.text, keyword.text.upper() == "ILIKE", negated)

    def _among(self, subject: Subject, negated: bool, keyword: Token) -> Expression:
        self.expect("(", f"Expected a list in parentheses after {keyword.text}")
        values: list[Value] = []
        while True:
            literal = self._literals.read(subject)
            values.extend(_TRUTHS[literal] if isinstance(literal, bool) else (literal,))
            if not self.symbol(","):
                break
        self.expect(")", "Expected a comma or the ) of the list")
        return Among(subject, tuple(dict.fromkeys(values)), negated)

    def _range(self, subject: Subject, negated: bool, keyword: Token) -> Expression:
        low = self._comparison(subject, Operator.LESS if negated else Operator.AT_LEAST, keyword)
        if not self.word("AND"):
            self.reject("Expected AND and the end of the range", keywords=("AND",))
        high = self._comparison(subject, Operator.GREATER if negated else Operator.AT_MOST, keyword)
        return Or((low, high)) if negated else And((low, high))

    def _subject(self) -> Subject:
        token = self.advance()
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
            return self._dataset_field(token)
        hint = did_you_mean(prefix, _PREFIXES)
        raise InvalidFilter(
            f"{token.prefix!r} holds no names; expected metrics, params, tags or attributes.{hint}",
            self.text,
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
        raise InvalidFilter(f"Runs have no attribute {name!r}.{hint}", self.text, column)

    def _dataset_field(self, token: Token) -> Subject:
        known = [field.value for field in DatasetField]
        name = token.name.lower()
        if name not in known:
            message = f"Datasets have no {token.name!r}; expected one of {', '.join(known)}."
            raise InvalidFilter(message + did_you_mean(name, known), self.text, token.column)
        return Dataset(DatasetField(name))

    def _aggregated(self, function: Token) -> Subject:
        name = function.text.lower()
        known = [aggregate.value for aggregate in Aggregate]
        if name not in known:
            message = f"There is no function {function.text!r}; expected one of {', '.join(known)}."
            raise InvalidFilter(message + did_you_mean(name, known), self.text, function.column)
        self.expect("(", "Expected (")
        start = self.current
        subject = self._subject()
        if subject != Metric(getattr(subject, "name", "")):
            self.reject(f"{name} is taken of a metric; expected a name such as metrics.acc", start)
        self.expect(")", f"Expected the ) of {name}(")
        return Metric(start.name, Aggregate(name))
