"""What can be said of where runs come from and what they lead to."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import DatasetUse, Execution, LineageGraph


class LineageOperations(Operations):
    """Datasets that runs read and make, executions that belong to them, and the graph of all that."""

    noun = "lineage"

    def log_inputs(self, run_id: str, uses: Sequence[DatasetUse]) -> Flow[None]:
        """Record what a run reads; the same dataset in the same context again replaces its tags (MLflow: `log_inputs`).

        A dataset is one, by name and digest, over all runs.
        """
        self._lacks("log_inputs")

    def log_outputs(self, run_id: str, uses: Sequence[DatasetUse]) -> Flow[None]:
        """Record which datasets a run makes."""
        self._lacks("log_outputs")

    def inputs(self, run_id: str) -> Flow[tuple[DatasetUse, ...]]:
        """The datasets that a run reads, oldest first."""
        self._lacks("inputs")

    def outputs(self, run_id: str) -> Flow[tuple[DatasetUse, ...]]:
        """The datasets that a run makes, oldest first."""
        self._lacks("outputs")

    def associate_execution(self, run_id: str, execution: Execution) -> Flow[Execution]:
        """Let an execution belong to a run, too; one of the same id is brought up to date.

        (Vertex AI: `associate_execution`, which may be repeated.)
        """
        self._lacks("associate_execution")

    def executions(self, run_id: str) -> Flow[tuple[Execution, ...]]:
        """All of a run, oldest first (Vertex AI: `get_executions`)."""
        self._lacks("executions")

    def trace(self, run_id: str | None, dataset: str | None, model: str | None, limit: int) -> Flow[LineageGraph]:
        """What led to a run, dataset or model and what followed from it, up to `limit` nodes, the nearest ones.

        Exactly one of the three is given; a dataset by name (with all its digests), digest or `name@digest`, where a
        digest may be cut short; a model as `models.get` takes it. What only shares a past, such as another
        run on the same data, is left out.
        """
        self._lacks("trace")
