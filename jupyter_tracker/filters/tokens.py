"""A filter as a row of tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from jupyter_tracker.errors import InvalidFilter

MAX_LENGTH = 100_000
"""Characters of a filter; keeps the number of its values below what SQLite can bind."""


class Kind(Enum):
    """What sort of token it is."""

    WORD = auto()  # a keyword or the bare name of an attribute
    NAME = auto()  # prefix.name
    TEXT = auto()
    NUMBER = auto()
    DURATION = auto()
    SYMBOL = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and where it stands."""

    kind: Kind
    text: str
    """As a person wrote it; of text, what is between the quotes."""
    column: int
    prefix: str = ""
    name: str = ""

    def __str__(self) -> str:
        if self.kind is Kind.END:
            return "the end"
        return repr(self.text)


_SPACE = re.compile(r"\s*")
_WORD = re.compile(r"[^\W\d]\w*")
_BARE_NAME = re.compile(r"[\w@:/-]+(?:\.[\w@:/-]+)*")
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?[smhdw])+(?!\w)", re.IGNORECASE)
_DURATION_PART = re.compile(r"([0-9.]+)([smhdw])", re.IGNORECASE)
_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?!\w)")
_SYMBOL = re.compile(r"<=|>=|!=|==|<>|[=<>(),+-]")
_RUN_OF_CHARACTERS = re.compile(r"[\w.]+")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def tokens(text: str) -> list[Token]:
    """Cut a filter into tokens; the last one is the end.

    Raises:
        InvalidFilter: a quote is not closed, or a character belongs to nothing.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidFilter(f"A filter has at most {MAX_LENGTH:,} characters; this has {len(text):,}.", text[:80], 80)
    for column, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            raise InvalidFilter("Half of a surrogate pair is not a character.", "?" * column + "?", column)
    found: list[Token] = []
    position = 0
    while True:
        position = _end(_SPACE, text, position)
        if position == len(text):
            found.append(Token(Kind.END, "", position))
            return found
        token, position = _token(text, position)
        found.append(token)


def duration(text: str) -> timedelta:
    """The length of `90s`, `1.5h` or `1h30m`; OverflowError when that is too long for a timedelta."""
    total = timedelta()
    for amount, unit in _DURATION_PART.findall(text):
        total += timedelta(**{_UNITS[unit.lower()]: float(amount)})
    return total


def _token(text: str, start: int) -> tuple[Token, int]:
    character = text[start]
    if character in "'\"":
        content, end = _quoted(text, start)
        return Token(Kind.TEXT, content, start), end
    if match := _WORD.match(text, start):
        if text.startswith(".", match.end()):
            return _name(text, start, match[0], match.end() + 1)
        return Token(Kind.WORD, match[0], start), match.end()
    for kind, pattern in ((Kind.DURATION, _DURATION), (Kind.NUMBER, _NUMBER), (Kind.SYMBOL, _SYMBOL)):
        if match := pattern.match(text, start):
            return Token(kind, match[0], start), match.end()
    if match := _RUN_OF_CHARACTERS.match(text, start):
        raise InvalidFilter(
            f"{match[0]!r} is no number; a duration has the unit s, m, h, d or w, as in 90s or 1h30m.", text, start
        )
    if character == "`":
        raise InvalidFilter("A name in backticks follows metrics., params., tags. or attributes.", text, start)
    raise InvalidFilter(f"{character!r} belongs to nothing here; text stands in quotes.", text, start)


def _name(text: str, start: int, prefix: str, position: int) -> tuple[Token, int]:
    if text[position : position + 1] in ("`", '"', "'"):
        name, end = _quoted(text, position)
        if not name:
            raise InvalidFilter(f"Expected a name between the quotes after {prefix}.", text, position)
    elif match := _BARE_NAME.match(text, position):
        name, end = match[0], match.end()
    else:
        raise InvalidFilter(f"Expected a name after {prefix}. — quote it if it is unusual.", text, position)
    return Token(Kind.NAME, text[start:end], start, prefix, name), end


def _quoted(text: str, start: int) -> tuple[str, int]:
    quote = text[start]
    content: list[str] = []
    position = start + 1
    while position < len(text):
        character = text[position]
        following = text[position + 1 : position + 2]
        if character == "\\" and following and following in (quote, "\\"):
            content.append(following)
            position += 2
        elif character != quote:
            content.append(character)
            position += 1
        elif following == quote:
            content.append(quote)
            position += 2
        else:
            return "".join(content), position + 1
    raise InvalidFilter(f"The quote {quote} that opens here is not closed.", text, start)


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return position if match is None else match.end()
