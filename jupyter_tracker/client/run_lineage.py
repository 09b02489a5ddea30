"""What a run says of its past and future, a part of `Run` and of `AsyncRun`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_tracker.client import writing
from jupyter_tracker.client.lineage import LIMIT, ExecutionList, InputList, Lineage, OutputList, outputs, trace
from jupyter_tracker.client.run_properties import RunProperties
from jupyter_tracker.models import DatasetUse, Execution, JsonValue

if TYPE_CHECKING:
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker


class RunLineage(RunProperties):
    """Inputs, outputs and executions of a run."""

    tracker: Tracker

    def log_input(
        self,
        name: str,
        *,
        source: str | os.PathLike[str] | None = None,
        data: Any = None,
        digest: str | None = None,
        context: str = "",
        tags: Mapping[str, str] | None = None,
        schema: Mapping[str, JsonValue] | None = None,
        profile: Mapping[str, JsonValue] | None = None,
    ) -> DatasetUse:
        """Say which data the run reads, for example `run.log_input("mnist", source="data/mnist", context="training")`.

        Args:
            name: What the dataset is called; with its digest it is the same one in all runs.
            source: Where it lies: the path of a file or folder, or an address.
            data: The data itself, a DataFrame or an array; nothing of it is kept but digest, schema and profile.
            digest: A fingerprint of it, at most 36 characters; else it is taken of the data, else of the files at the
                path, else of the address.
            context: What the run does with it: `training`, `validation`, ….
            tags: More about this use.
            schema: What it is made of; else the columns of the data.
            profile: What is known of it as a whole; else the number of rows of the data.

        Raises:
            InvalidInput: a value has the wrong form, or nothing is there to take a digest of.
            NotFound: nothing lies at the path.
        """
        described = writing.dataset_use(name, source, data, digest, context, tags, schema, profile)
        return self.tracker.drive(writing.log_input(self.tracker.backend, self.id, described))

    def log_output(
        self,
        name: str,
        *,
        source: str | os.PathLike[str] | None = None,
        data: Any = None,
        digest: str | None = None,
        context: str = "",
        tags: Mapping[str, str] | None = None,
        schema: Mapping[str, JsonValue] | None = None,
        profile: Mapping[str, JsonValue] | None = None,
    ) -> DatasetUse:
        """Say which data the run makes, with what `log_input` takes; a later run may read it."""
        described = writing.dataset_use(name, source, data, digest, context, tags, schema, profile)
        return self.tracker.drive(writing.log_output(self.tracker.backend, self.id, described))

    def associate_execution(
        self,
        name: str,
        *,
        execution_id: str | None = None,
        kind: str = "",
        state: str = "",
        metadata: Mapping[str, JsonValue] | None = None,
    ) -> Execution:
        """Let a step of a pipeline, a job or another process belong to the run.

        Args:
            name: What it is called.
            execution_id: Its identity; the same one again, from whichever run, brings it up to date. Else it gets
                a new one.
            kind: What it is, for example `system.ContainerExecution`.
            state: Where it stands, in the words of whoever executes it.
            metadata: Anything else, as JSON.
        """
        made = writing.associate_execution(self.tracker.backend, self.id, name, execution_id, kind, state, metadata)
        return self.tracker.drive(made)

    def inputs(self) -> InputList:
        """The datasets that the run reads, each with its context."""
        return InputList(self.tracker.drive(self.tracker.backend.lineage.inputs(self.id)))

    def outputs(self) -> OutputList:
        """What the run made: datasets, checkpoints, models, artifacts."""
        return outputs(self.tracker.drive(self.tracker.backend.lineage.trace(self.id, None, None, LIMIT)))

    def executions(self) -> ExecutionList:
        """The executions that belong to the run."""
        return ExecutionList(self.tracker.drive(self.tracker.backend.lineage.executions(self.id)))

    def lineage(self, limit: int = LIMIT) -> Lineage:
        """What led to the run and what followed from it, up to `limit` nodes; a picture in a notebook."""
        return Lineage(self.tracker.drive(trace(self.tracker.backend, self.id, None, None, limit)))


class AsyncRunLineage(RunProperties):
    """Inputs, outputs and executions of a run, asynchronously."""

    tracker: AsyncTracker

    async def log_input(
        self,
        name: str,
        *,
        source: str | os.PathLike[str] | None = None,
        data: Any = None,
        digest: str | None = None,
        context: str = "",
        tags: Mapping[str, str] | None = None,
        schema: Mapping[str, JsonValue] | None = None,
        profile: Mapping[str, JsonValue] | None = None,
    ) -> DatasetUse:
        """See `Run.log_input`."""
        described = writing.dataset_use(name, source, data, digest, context, tags, schema, profile)
        return await self.tracker.drive(writing.log_input(self.tracker.backend, self.id, described))

    async def log_output(
        self,
        name: str,
        *,
        source: str | os.PathLike[str] | None = None,
        data: Any = None,
        digest: str | None = None,
        context: str = "",
        tags: Mapping[str, str] | None = None,
        schema: Mapping[str, JsonValue] | None = None,
        profile: Mapping[str, JsonValue] | None = None,
    ) -> DatasetUse:
        """See `Run.log_output`."""
        described = writing.dataset_use(name, source, data, digest, context, tags, schema, profile)
        return await self.tracker.drive(writing.log_output(self.tracker.backend, self.id, described))

    async def associate_execution(
        self,
        name: str,
        *,
        execution_id: str | None = None,
        kind: str = "",
        state: str = "",
        metadata: Mapping[str, JsonValue] | None = None,
    ) -> Execution:
        """See `Run.associate_execution`."""
        made = writing.associate_execution(self.tracker.backend, self.id, name, execution_id, kind, state, metadata)
        return await self.tracker.drive(made)

    async def inputs(self) -> InputList:
        """See `Run.inputs`."""
        return InputList(await self.tracker.drive(self.tracker.backend.lineage.inputs(self.id)))

    async def outputs(self) -> OutputList:
        """See `Run.outputs`."""
        return outputs(await self.tracker.drive(self.tracker.backend.lineage.trace(self.id, None, None, LIMIT)))

    async def executions(self) -> ExecutionList:
        """See `Run.executions`."""
        return ExecutionList(await self.tracker.drive(self.tracker.backend.lineage.executions(self.id)))

    async def lineage(self, limit: int = LIMIT) -> Lineage:
        """See `Run.lineage`."""
        return Lineage(await self.tracker.drive(trace(self.tracker.backend, self.id, None, None, limit)))
