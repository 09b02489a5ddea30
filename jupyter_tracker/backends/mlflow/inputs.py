"""Datasets that runs read, to a server's JSON and from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_tracker.backends.local.importing.mlflow.runs import CONTEXT, used_dataset
from jupyter_tracker.models import DatasetUse


def write_input(use: DatasetUse) -> dict[str, Any]:
    """A dataset that a run reads, for a request."""
    known = use.dataset
    tags = {**use.tags, **({CONTEXT: use.context} if use.context else {})}
    return {
        "dataset": {
            "name": known.name,
            "digest": known.digest,
            "source_type": known.source_type or "local",
            "source": json.dumps({"uri": known.source}),
            "schema": json.dumps(dict(known.schema)) if known.schema else None,
            "profile": json.dumps(dict(known.profile)) if known.profile else None,
        },
        "tags": [{"key": key, "value": value} for key, value in tags.items()],
    }


def read_inputs(run: Mapping[str, Any]) -> tuple[DatasetUse, ...]:
    """The datasets that a run of an answer reads."""
    return tuple(
        used_dataset(entry.get("dataset") or {}, {tag.get("key"): tag.get("value") for tag in entry.get("tags") or ()})
        for entry in (run.get("inputs") or {}).get("dataset_inputs") or ()
    )


def merged(here: Sequence[DatasetUse], there: Sequence[DatasetUse]) -> tuple[DatasetUse, ...]:
    """What is known here, and what only the server knows."""
    known = {(use.dataset.name, use.dataset.digest) for use in here}
    return (*here, *(use for use in there if (use.dataset.name, use.dataset.digest) not in known))
