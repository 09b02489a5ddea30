"""What runs read and made as DataFrames."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from jupyter_tracker.frames.columns import text_column, times
from jupyter_tracker.models import DatasetUse, Execution, LineageGraph, LineageNode


def inputs(found: Sequence[DatasetUse]) -> pd.DataFrame:
    """One row for each dataset in each context."""
    return pd.DataFrame(
        {
            "name": text_column(use.dataset.name for use in found),
            "digest": text_column(use.dataset.digest for use in found),
            "context": text_column(use.context for use in found),
            "source_type": text_column(use.dataset.source_type for use in found),
            "source": text_column(use.dataset.source for use in found),
            "tags": pd.Series([dict(use.tags) for use in found], dtype=object),
            "created_at": times(use.created_at for use in found),
        }
    )


def executions(found: Sequence[Execution]) -> pd.DataFrame:
    """One row an execution."""
    return pd.DataFrame(
        {
            "id": text_column(item.id for item in found),
            "name": text_column(item.name for item in found),
            "kind": text_column(item.kind for item in found),
            "state": text_column(item.state for item in found),
            "metadata": pd.Series([dict(item.metadata) for item in found], dtype=object),
            "created_at": times(item.created_at for item in found),
        }
    )


def lineage_nodes(found: Sequence[LineageNode]) -> pd.DataFrame:
    """One row a node."""
    return pd.DataFrame(
        {
            "kind": text_column(str(node.kind) for node in found),
            "name": text_column(node.name for node in found),
            "detail": text_column(node.detail for node in found),
            "id": text_column(node.id for node in found),
            "created_at": times(node.created_at for node in found),
        }
    )


def lineage_edges(graph: LineageGraph) -> pd.DataFrame:
    """One row an edge."""
    nodes = {node.key: node for node in graph.nodes}
    ends = [(nodes[edge.before], nodes[edge.after]) for edge in graph.edges]
    return pd.DataFrame(
        {
            "before_kind": text_column(str(before.kind) for before, _ in ends),
            "before": text_column(before.name for before, _ in ends),
            "relation": text_column(edge.relation for edge in graph.edges),
            "label": text_column(edge.label for edge in graph.edges),
            "after_kind": text_column(str(after.kind) for _, after in ends),
            "after": text_column(after.name for _, after in ends),
            "before_id": text_column(before.id for before, _ in ends),
            "after_id": text_column(after.id for _, after in ends),
        }
    )
