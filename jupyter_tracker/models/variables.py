"""Environment variables of a store and of its experiments, and the wrapper in which secrets travel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from jupyter_tracker.errors import InvalidInput

MASK = "***"
"""What is shown in the place of a secret."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OWN = "JUPYTER_TRACKER_"


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


def check_variables(variables: Mapping[str, str | Secret]) -> None:
    """Whether these can be environment variables. Messages name them and never hold a value.

    Raises:
        InvalidInput: a name or value cannot be one.
    """
    for name, value in variables.items():
        if not isinstance(name, str) or not _NAME.match(name):
            raise InvalidInput(
                f"The variable {name!r} needs a name of letters, digits and _ that begins with no digit."
            )
        if name.startswith(_OWN):
            raise InvalidInput(
                f"The variable {name} is set by jupyter_tracker itself; choose a name that does not begin with {_OWN}."
            )
        if len(name) > 250:
            raise InvalidInput(f"The name of the variable {name[:40]}… is longer than 250 characters.")
        text = revealed(value)
        if not isinstance(text, str):
            raise InvalidInput(f"The variable {name} must be text, not {type(text).__name__}.")
        if "\0" in text:
            raise InvalidInput(f"The variable {name} holds a NUL character, which no environment variable can.")
        if len(text.encode("utf-8", "surrogatepass")) > 100_000:
            raise InvalidInput(
                f"The variable {name} is longer than 100,000 bytes. Put it into a file and give its path."
            )


def revealed(value: str | Secret) -> str:
    """The text of a value, secret or not."""
    return value.reveal() if isinstance(value, Secret) else value
