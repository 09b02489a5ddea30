"""Datasets as artifacts, one for each name and digest, and what is written down of their uses by a run.

The platform tells inputs from outputs by the events of an execution, so each run that uses data has one of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.record import FIELD
from jupyter_tracker.backends.vertex.resources import DATASET, LIVE, SCHEMA_VERSION, Json, last
from jupyter_tracker.models import Dataset, DatasetUse

INPUT, OUTPUT = "INPUT", "OUTPUT"
EVENTS = {INPUT: 1, OUTPUT: 2}
"""`Event.Type`"""
_TYPES = {1: INPUT, 2: OUTPUT, INPUT: INPUT, OUTPUT: OUTPUT}
_LONGEST_DIGEST = 36


@dataclass
class Uses:
    """What a run says of the data that it uses: by role, artifact and context."""

    known: dict[tuple[str, str, str], tuple[dict[str, str], datetime | None]] = field(default_factory=dict)
    """Tags, and when it was said."""

    def add(self, role: str, use: DatasetUse) -> None:
        """One more; the same one again gets other tags."""
        key = (role, dataset_id(use.dataset), use.context)
        said = self.known[key][1] if key in self.known else datetime.now(UTC)
        self.known[key] = (dict(use.tags), said)


def dataset_id(dataset: Dataset) -> str:
    """The id of the artifact of a dataset."""
    return f"dataset-{hashlib.sha256(f'{dataset.digest} {dataset.name}'.encode()).hexdigest()[:32]}"


def execution_id(run_id: str) -> str:
    """The id of the execution with the data of a run."""
    return f"{run_id}-data"


def read_uses(execution: Json | None) -> Uses:
    """What an execution has of uses; nothing where it has none, or somebody spoilt it."""
    text = ((execution or {}).get("metadata") or {}).get(FIELD)
    try:
        kept = json.loads(text) if isinstance(text, str) else []
        found = {
            (str(role), str(identity), str(context)): (
                {str(key): str(value) for key, value in tags.items()},
                moment(said),
            )
            for role, identity, context, tags, said in kept
        }
    except (ValueError, TypeError, AttributeError):
        return Uses()
    return Uses(found)


def write_uses(execution: Json, uses: Uses) -> None:
    """Put uses into the metadata of an execution."""
    kept = [
        [role, identity, context, tags, said.isoformat() if said else None]
        for (role, identity, context), (tags, said) in uses.known.items()
    ]
    execution.setdefault("metadata", {})[FIELD] = json.dumps(kept, separators=(",", ":"), ensure_ascii=False)


def dataset_body(dataset: Dataset) -> Json:
    """The artifact of a dataset."""
    return {
        "displayName": dataset.name,
        "schemaTitle": DATASET,
        "schemaVersion": SCHEMA_VERSION,
        "state": LIVE,
        **({"uri": dataset.source} if dataset.source else {}),
        "metadata": dataset_metadata(dataset),
    }


def dataset_metadata(dataset: Dataset) -> Json:
    """What is known of a dataset beside its name."""
    found = {
        "digest": dataset.digest,
        "source_type": dataset.source_type,
        "source": dataset.source,
        "schema": json.dumps(dict(dataset.schema)) if dataset.schema else "",
        "profile": json.dumps(dict(dataset.profile)) if dataset.profile else "",
    }
    return {key: value for key, value in found.items() if value}


def parse_dataset(artifact: Json) -> Dataset:
    """A dataset from its artifact; one of somebody else goes by its id, since it has no digest."""
    metadata = artifact.get("metadata") or {}
    identity = last(artifact["name"])
    return Dataset(
        name=str(artifact.get("displayName") or identity),
        digest=str(metadata.get("digest") or identity)[:_LONGEST_DIGEST],
        source_type=str(metadata.get("source_type") or ""),
        source=str(metadata.get("source") or artifact.get("uri") or ""),
        schema=_json(metadata.get("schema")),
        profile=_json(metadata.get("profile")),
    )


def roles_of(events: Iterable[Json], executions: Mapping[str, Json]) -> dict[str, list[tuple[str, Json]]]:
    """What executions did with artifacts, by the names of the artifacts: role, and the execution."""
    found: dict[str, list[tuple[str, Json]]] = {}
    for event in events:
        role, execution = _TYPES.get(event.get("type", 0)), executions.get(str(event.get("execution")))
        if role is not None and execution is not None:
            found.setdefault(str(event.get("artifact")), []).append((role, execution))
    return found


def uses_of(subgraph: Json, own: str, role: str) -> tuple[DatasetUse, ...]:
    """What a run reads or makes, from what is in its context; `own` is the id of its execution with data."""
    artifacts = {one["name"]: one for one in subgraph.get("artifacts") or () if one.get("schemaTitle") == DATASET}
    executions = {one["name"]: one for one in subgraph.get("executions") or ()}
    by_id = {last(name): one for name, one in artifacts.items()}
    said = read_uses(next((one for name, one in executions.items() if last(name) == own), None)).known
    found = [
        DatasetUse(parse_dataset(by_id[identity]), context, tags, time)
        for (kind, identity, context), (tags, time) in said.items()
        if kind == role and identity in by_id
    ]
    # What others wrote: a dataset that an execution of the run read or made.
    told = {(kind, identity) for kind, identity, _ in said}
    for name, roles in roles_of(subgraph.get("events") or (), executions).items():
        for kind, execution in roles:
            if kind != role or name not in artifacts or (kind, last(name)) in told:
                continue
            context = "" if last(execution["name"]) == own else str(execution.get("displayName") or "")
            time = moment(artifacts[name].get("createTime"))
            found.append(DatasetUse(parse_dataset(artifacts[name]), context, created_at=time))
    return tuple(sorted(found, key=lambda use: use.created_at.timestamp() if use.created_at else 0.0))


def _json(text: object) -> dict[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
