"""What can be done with environment variables."""

from __future__ import annotations

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Secret, Variable


class VariableOperations(Operations):
    """Environment variables of the store (`experiment` is None) and of experiments, which submitted runs get.

    One of an experiment shadows one of the store with the same name (UbiOps: `experiment_environment_variables`).
    """

    noun = "variables"

    def create(self, name: str, value: str | Secret, secret: bool, experiment: str | None) -> Flow[Variable]:
        """Make one; `Conflict` when this store or experiment has one of that name."""
        self._lacks("create")

    def get(self, name: str, experiment: str | None) -> Flow[Variable]:
        """Find one by name; from an experiment also one that it inherits. The value of a secret is not told."""
        self._lacks("get")

    def list(self, experiment: str | None) -> Flow[tuple[Variable, ...]]:
        """Those of the store, or those that runs of an experiment get, by name."""
        self._lacks("list")

    def update(
        self,
        name: str,
        new_name: str | None,
        value: str | Secret | None,
        secret: bool | None,
        experiment: str | None,
    ) -> Flow[Variable]:
        """Change what is not None; `Conflict` when a secret is to become public."""
        self._lacks("update")

    def delete(self, name: str, experiment: str | None) -> Flow[Variable]:
        """Remove one for good; one of the store that it shadowed is seen again."""
        self._lacks("delete")
