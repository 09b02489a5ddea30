"""Where `%tracker` shows its results: an IPython shell, or plain Python."""

from __future__ import annotations

import sys
from typing import Any

from jupyter_tracker.magics.mistakes import UsageMistake

HISTORY = 1000
"""Cells of a session that are kept with a run."""


class Surface:
    """Plain Python: text is all that can be shown, and there are no variables of a user."""

    rich = False
    """Whether panels can be seen."""

    def write(self, text: str) -> None:
        """Print text as it comes."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def display(self, thing: object) -> None:
        """Show an object."""
        self.write(f"{thing!r}\n")

    def bind(self, name: str, value: object) -> None:
        """Give a variable of the user a value."""

    def keep(self, value: object) -> None:
        """Make it the last result, `_`, without showing it."""

    def ask(self, prompt: str, *, hidden: bool) -> str | None:
        """What somebody types, unseen if `hidden`; None where nobody can."""
        from getpass import getpass

        try:
            return getpass(prompt) if hidden else input(prompt)
        except (EOFError, OSError, NotImplementedError):
            return None

    def history(self) -> list[str]:
        """The cells that were executed in this session, oldest first, bounded."""
        return []

    @property
    def shell(self) -> Any:
        """The IPython shell; `UsageMistake` where there is none."""
        raise UsageMistake("`%%tracker track` runs its cell in an IPython shell, and here is none.")


class ShellSurface(Surface):
    """An IPython shell: in a kernel with rich output, in a terminal with text."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self.rich = hasattr(shell, "kernel")

    @property
    def shell(self) -> Any:
        return self._shell

    def display(self, thing: object) -> None:
        from IPython.display import display

        display(thing)  # type: ignore[no-untyped-call]  # IPython has no types here

    def history(self) -> list[str]:
        return [cell for cell in self._shell.history_manager.input_hist_raw if cell.strip()][-HISTORY:]

    def bind(self, name: str, value: object) -> None:
        self._shell.push({name: value})

    def keep(self, value: object) -> None:
        self._shell.displayhook.update_user_ns(value)
