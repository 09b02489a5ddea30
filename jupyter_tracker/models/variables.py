"""Environment variables of a store and of its experiments, and the wrapper in which secrets travel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

MASK = "***"
"""What is shown in the place of a secret."""


class Secret:
    """Text that is not shown: `repr`, `str` and formatting give `***`, and it cannot be pickled.

    `tracker.variables.create("TOKEN", Secret(token))` keeps it as a secret, and so does a submission mask it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise TypeError(f"A secret is text, not {type(text).__name__}.")
        self._text = text

    def reveal(self) -> str:
        """The text itself; for the one place where it is used."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, form: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> str:
        raise TypeError("A secret is not pickled: give it where it is used.")


class Scope(StrEnum):
    """What a variable belongs to; the one of the experiment shadows the one of the store."""

    STORE = "store"
    EXPERIMENT = "experiment"


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that submitted runs get."""

    id: str
    name: str
    value: str | None
    """None for a secret: it is never shown again."""
    secret: bool = False
    scope: Scope = Scope.STORE
    experiment: str = ""
    """Name of the experiment that has it; empty for one of the store."""
    inherited: bool = False
    """Seen from an experiment: it comes from the store."""
    shadows: bool = False
    """Seen from an experiment: the store has one of the same name, which its runs do not get."""
    created_at: datetime | None = None
    updated_at: datetime | None = None
