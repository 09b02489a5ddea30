"""What the operations on one noun have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NoReturn, TypeVar

from jupyter_tracker.errors import Unsupported

F = TypeVar("F", bound=Callable[..., object])


def emulated(note: str) -> Callable[[F], F]:
    """Mark an operation that the platform does not have and that is made from others; `note` says how."""

    def mark(function: F) -> F:
        function.__dict__["emulation"] = note
        return function

    return mark


class Operations:
    """Operations on one noun."""

    noun: ClassVar[str]
    backend: str = ""
    """Name of the backend, for messages."""

    def _lacks(self, verb: str) -> NoReturn:
        raise Unsupported(self.backend, f"{self.noun}.{verb}")
