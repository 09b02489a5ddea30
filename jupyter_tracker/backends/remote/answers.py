"""Answers of a platform in which what must be there is there, or its lack is told."""

from __future__ import annotations

from typing import Any, NoReturn

from jupyter_tracker.errors import PlatformFailure


class Answer(dict[str, Any]):
    """An object that a platform answered; asked for a field that it lacks, it says so.

    Raises:
        PlatformFailure: instead of `KeyError`.
    """

    __slots__ = ("backend", "operation")

    def __init__(self, fields: dict[str, Any], backend: str, operation: str) -> None:
        super().__init__(fields)
        self.backend = backend
        self.operation = operation

    def __missing__(self, field: object) -> NoReturn:
        what = "nothing at all" if not self else f"no {field!r} among its {len(self)} fields"
        raise PlatformFailure(
            f"{self.backend} answered {self.operation} with {what}. It may have been carried out; look before you"
            " repeat it.",
            backend=self.backend,
            operation=self.operation,
        )


def answered(value: Any, backend: str, operation: str) -> Any:
    """JSON that came, its object (or the objects of its list) as an `Answer`; an empty one in place of nothing."""
    if value is None or isinstance(value, dict):
        return Answer(value or {}, backend, operation)
    if isinstance(value, list):
        return [Answer(each, backend, operation) if isinstance(each, dict) else each for each in value]
    return value
