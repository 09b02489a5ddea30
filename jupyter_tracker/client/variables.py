"""`tracker.variables`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_tracker.client.results import VariableList
from jupyter_tracker.models import Secret, Variable

if TYPE_CHECKING:
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker


class Variables:
    """Environment variables of the store and, with `experiment` (name or id), of an experiment.

    A submitted run gets those of the store, then those of its experiment, then its own; a later one shadows an earlier
    one of the same name. A secret is never shown again, never becomes public again, and is masked in the run's log.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._drive = tracker.drive
        self._operations = tracker.backend.variables

    def create(
        self, name: str, value: str | Secret, *, secret: bool = False, experiment: str | None = None
    ) -> Variable:
        """Make one: letters, digits and `_`; `Conflict` when the name is taken. A `Secret` is one without `secret`."""
        return self._drive(self._operations.create(name, value, secret, experiment))

    def get(self, name: str, *, experiment: str | None = None) -> Variable:
        """Find one, from an experiment also one that it inherits; `NotFound` suggests close names."""
        return self._drive(self._operations.get(name, experiment))

    def list(self, experiment: str | None = None) -> VariableList:
        """Those of the store, or those that runs of an experiment get: its own, and inherited ones not shadowed."""
        return VariableList(self._drive(self._operations.list(experiment)))

    def update(
        self,
        variable: str,
        value: str | Secret | None = None,
        *,
        name: str | None = None,
        secret: bool | None = None,
        experiment: str | None = None,
    ) -> Variable:
        """Change value, name or secrecy; a secret keeps being one, whatever its value, and `secret=False` conflicts."""
        return self._drive(self._operations.update(variable, name, value, secret, experiment))

    def delete(self, variable: str, *, experiment: str | None = None) -> Variable:
        """Remove one for good; one of the store that it shadowed is inherited again."""
        return self._drive(self._operations.delete(variable, experiment))


class AsyncVariables:
    """Environment variables, to await."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._drive = tracker.drive
        self._operations = tracker.backend.variables

    async def create(
        self, name: str, value: str | Secret, *, secret: bool = False, experiment: str | None = None
    ) -> Variable:
        """See `Variables.create`."""
        return await self._drive(self._operations.create(name, value, secret, experiment))

    async def get(self, name: str, *, experiment: str | None = None) -> Variable:
        """See `Variables.get`."""
        return await self._drive(self._operations.get(name, experiment))

    async def list(self, experiment: str | None = None) -> VariableList:
        """See `Variables.list`."""
        return VariableList(await self._drive(self._operations.list(experiment)))

    async def update(
        self,
        variable: str,
        value: str | Secret | None = None,
        *,
        name: str | None = None,
        secret: bool | None = None,
        experiment: str | None = None,
    ) -> Variable:
        """See `Variables.update`."""
        return await self._drive(self._operations.update(variable, name, value, secret, experiment))

    async def delete(self, variable: str, *, experiment: str | None = None) -> Variable:
        """See `Variables.delete`."""
        return await self._drive(self._operations.delete(variable, experiment))
