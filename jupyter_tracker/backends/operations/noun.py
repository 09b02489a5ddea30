"""What the operations on one noun have in common."""

from __future__ import annotations

from typing import ClassVar, NoReturn

from jupyter_tracker.errors import Unsupported


class Operations:
    """Operations on one noun."""

    noun: ClassVar[str]
    backend: str = ""
    """Name of the backend, for messages."""

    def _lacks(self, verb: str) -> NoReturn:
        raise Unsupported(self.backend, f"{self.noun}.{verb}")
