"""What led to a run and what followed from it, as people hold it in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.client.results import Framed, ResultList
from jupyter_tracker.errors import InvalidInput
from jupyter_tracker.flow import Flow
from jupyter_tracker.graphs import lineage_picture
from jupyter_tracker.models import DatasetUse, Execution, LineageEdge, LineageGraph, LineageNode, NodeKind
from jupyter_tracker.svg import clean

if TYPE_CHECKING:
    import pandas as pd

LIMIT = 500
"""Nodes of a lineage, unless more are asked for."""
SHOWN_LINES = 200
DEEPEST = 50
"""Steps of the way that a tree shows."""


class InputList(ResultList[DatasetUse]):
    """Datasets that a run reads."""

    def frame(self) -> pd.DataFrame:
        """Columns name, digest, context, source_type, source, tags, created_at (UTC)."""
        from jupyter_tracker import frames

        return frames.inputs(self)


class OutputList(ResultList[LineageNode]):
    """What a run made: datasets, checkpoints, models, artifacts."""

    def frame(self) -> pd.DataFrame:
        """Columns kind, name, detail, id, created_at (UTC)."""
        from jupyter_tracker import frames

        return frames.lineage_nodes(self)


class ExecutionList(ResultList[Execution]):
    """Executions that belong to a run."""

    def frame(self) -> pd.DataFrame:
        """Columns id, name, kind, state, metadata, created_at (UTC)."""
        from jupyter_tracker import frames

        return frames.executions(self)


class Lineage(Framed):
    """What led to something and what followed from it: a graph that shows as a picture, and in a terminal as a tree."""

    def __init__(self, graph: LineageGraph) -> None:
        self.data = graph
        self._nodes = {node.key: node for node in graph.nodes}

    @property
    def nodes(self) -> tuple[LineageNode, ...]:
        """Datasets, sources, runs, executions, checkpoints, models and artifacts."""
        return self.data.nodes

    @property
    def edges(self) -> tuple[LineageEdge, ...]:
        """What led to what."""
        return self.data.edges

    @property
    def complete(self) -> bool:
        """Whether nothing was left out for the limit."""
        return self.data.complete

    def frame(self) -> pd.DataFrame:
        """The edges: columns before_kind, before, relation, label, after_kind, after, before_id, after_id."""
        from jupyter_tracker import frames

        return frames.lineage_edges(self.data)

    def __repr__(self) -> str:
        lines: list[str] = []
        for start in self.data.starts:
            lines.append(_told(self._nodes[start]))
            for heading, forward in (("came from", False), ("led to", True)):
                branches = list(self._branches(start, forward=forward, depth=1, told=set()))
                lines += [f"  {heading}", *branches] if branches else []
        if len(lines) > SHOWN_LINES:
            lines = [*lines[:SHOWN_LINES], f"… and {len(lines) - SHOWN_LINES:,} more lines; .frame() has all"]
        if not self.edges:
            lines.append("  Nothing is known of its past or future.")
        return "\n".join(lines if self.complete else [*lines, "There is more; a higher limit shows it."])

    def _repr_svg_(self) -> str | None:
        return lineage_picture(self.data)

    def _branches(self, key: str, *, forward: bool, depth: int, told: set[str]) -> Iterator[str]:
        """The lines of what stands behind a node in one direction; what was told before is only named."""
        for edge in self.edges:
            near, far = (edge.before, edge.after) if forward else (edge.after, edge.before)
            if near != key:
                continue
            relation = f"{edge.relation} ({clean(edge.label)}): " if edge.label else f"{edge.relation}: "
            if relation == f"{self._nodes[far].kind}: ":
                relation = ""
            again = far in told
            yield f"{'  ' * (depth + 1)}{relation}{_told(self._nodes[far])}{', as above' if again else ''}"
            if not again and depth < DEEPEST:
                told.add(far)
                yield from self._branches(far, forward=forward, depth=depth + 1, told=told)


def _told(node: LineageNode) -> str:
    return clean(" ".join(filter(None, (node.kind, node.name, f"· {node.detail}" if node.detail else ""))))


def trace(
    backend: Backend, run_id: str | None, dataset: str | None, model: str | None, limit: int
) -> Flow[LineageGraph]:
    """The lineage of a run, a dataset or a model, after checking that one of them is meant."""
    if [run_id, dataset, model].count(None) != 2:
        raise InvalidInput("Whose lineage is it? Give a run, a dataset or a model.")
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise InvalidInput(f"The limit must be 1 node or more, not {limit!r}.")
    return (yield from backend.lineage.trace(run_id, dataset, model, limit))


def outputs(graph: LineageGraph) -> OutputList:
    """What stands directly behind the beginnings of a graph."""
    after = {edge.after: None for edge in graph.edges if edge.before in graph.starts}
    nodes = {node.key: node for node in graph.nodes}
    return OutputList(nodes[key] for key in after if nodes[key].kind not in (NodeKind.EXECUTION, NodeKind.RUN))
