"""Environment variables that experiments inherit: one of them by name, and what is said when a name is taken."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_tracker.errors import Conflict, NotFound
from jupyter_tracker.models import Variable


def named(known: Sequence[Variable], name: str, experiment: str | None, *, inherited: bool = False) -> Variable:
    """The one of that name among those of an experiment, or of the store; an `inherited` one only where it may be.

    Raises:
        NotFound: there is none; close names are suggested, and where an inherited one is changed is said.
    """
    for variable in known:
        if variable.name == name and (inherited or not variable.inherited):
            return variable
        if variable.name == name:
            hint = (
                f"{_where(experiment)} inherits it from the store: change it there, or create one of the same name in"
                " the experiment to shadow it."
            )
            raise NotFound("variable", name, hint=hint)
    raise NotFound("variable", name, [each.name for each in known], "`%tracker variables` lists them.")


def name_taken(name: str, experiment: str | None) -> Conflict:
    """The error for a variable that is there already."""
    return Conflict(f"{_where(experiment)} has a variable {name} already. Update it, or choose another name.")


def _where(experiment: str | None) -> str:
    return f"The experiment {experiment!r}" if experiment else "The store"
