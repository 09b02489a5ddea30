"""Executions, between the shared model and the platform."""

from __future__ import annotations

import hashlib
import json

from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.record import FIELD
from jupyter_tracker.backends.vertex.resources import SCHEMA_VERSION, STATES, Json, last, slug, state_name, usable
from jupyter_tracker.models import Execution

CONTAINER = "system.ContainerExecution"
"""The schema of an execution that has none of the platform's."""


def parse_execution(execution: Json) -> Execution:
    """An execution; ours with the id, kind, state and metadata that it was given."""
    metadata = dict(execution.get("metadata") or {})
    text = metadata.pop(FIELD, None)
    try:
        own = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        own = {}
    own = own if isinstance(own, dict) else {}
    return Execution(
        id=str(own.get("id") or last(execution["name"])),
        name=str(execution.get("displayName") or last(execution["name"])),
        kind=str(own["kind"] if "kind" in own else execution.get("schemaTitle") or ""),
        state=str(own["state"] if "state" in own else state_name(execution.get("state"))),
        metadata=own["metadata"] if isinstance(own.get("metadata"), dict) else metadata,
        created_at=moment(execution.get("createTime")),
    )


def execution_identity(text: str) -> str:
    """The id of an execution there, from the one that people give it."""
    if usable(text):
        return text
    return f"{slug(text, 40)}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def execution_body(execution: Execution) -> Json:
    """An execution as the platform takes it, with all of ours beside what the platform has no word for."""
    own = {
        "id": execution.id,
        "kind": execution.kind,
        "state": execution.state,
        "metadata": dict(execution.metadata),
    }
    schema = execution.kind if execution.kind.startswith(("system.", "google.")) else CONTAINER
    return {
        "displayName": execution.name[:128],
        "schemaTitle": schema,
        "schemaVersion": SCHEMA_VERSION,
        "state": STATES.index(execution.state) if execution.state in STATES else 0,
        "metadata": {**execution.metadata, FIELD: json.dumps(own, separators=(",", ":"), ensure_ascii=False)},
    }
