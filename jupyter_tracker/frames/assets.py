"""What runs are made of, as DataFrames: variables, sources, templates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import text, times
from jupyter_tracker.models import Source, SourceDifference, SourceFile, Template, Variable


def variables(found: Sequence[Variable]) -> pd.DataFrame:
    """One row a variable; the value of a secret is missing."""
    return pd.DataFrame(
        {
            "name": text(item.name for item in found),
            "value": text(item.value for item in found),
            "secret": np.fromiter((item.secret for item in found), np.bool_, len(found)),
            "scope": text(str(item.scope) for item in found),
            "experiment": text(item.experiment for item in found),
            "inherited": np.fromiter((item.inherited for item in found), np.bool_, len(found)),
            "shadows": np.fromiter((item.shadows for item in found), np.bool_, len(found)),
            "updated_at": times(item.updated_at for item in found),
        }
    )


def sources(found: Sequence[Source]) -> pd.DataFrame:
    """One row a version."""
    return pd.DataFrame(
        {
            "id": text(item.id for item in found),
            "name": text(item.name for item in found),
            "version": np.fromiter((item.version for item in found), np.int64, len(found)),
            "kind": text(str(item.kind) for item in found),
            "entry_point": text(item.entry_point for item in found),
            "files": np.fromiter((item.file_count for item in found), np.int64, len(found)),
            "size": np.fromiter((item.size for item in found), np.int64, len(found)),
            "description": text(item.description for item in found),
            "git_commit": text(item.git_commit for item in found),
            "lifecycle": text(str(item.lifecycle) for item in found),
            "created_at": times(item.created_at for item in found),
            "updated_at": times(item.updated_at for item in found),
        }
    )


def source_files(found: Sequence[SourceFile]) -> pd.DataFrame:
    """One row a file."""
    return pd.DataFrame(
        {
            "path": text(item.path for item in found),
            "size": np.fromiter((item.size for item in found), np.int64, len(found)),
            "sha256": text(item.sha256 for item in found),
            "executable": np.fromiter((item.executable for item in found), np.bool_, len(found)),
        }
    )


def source_changes(difference: SourceDifference) -> pd.DataFrame:
    """One row a file that differs, by path."""
    kinds = {"added": difference.added, "removed": difference.removed, "changed": difference.changed}
    rows = sorted((path, change) for change, paths in kinds.items() for path in paths)
    return pd.DataFrame({"path": text(path for path, _ in rows), "change": text(change for _, change in rows)})


def templates(found: Sequence[Template]) -> pd.DataFrame:
    """One row a version."""
    return pd.DataFrame(
        {
            "id": text(item.id for item in found),
            "name": text(item.name for item in found),
            "version": np.fromiter((item.version for item in found), np.int64, len(found)),
            "description": text(item.description for item in found),
            "source": text(item.source for item in found),
            "entry_point": text(item.entry_point for item in found),
            "required": text(", ".join(map(str, item.schema.get("required", ()))) for item in found),
            "defaults": text(_json(item.defaults) for item in found),
            "resources": text(_json(item.resources) for item in found),
            "lifecycle": text(str(item.lifecycle) for item in found),
            "created_at": times(item.created_at for item in found),
            "updated_at": times(item.updated_at for item in found),
        }
    )


def template_config(template: Template) -> pd.DataFrame:
    """One row for each value of a config that the schema or the defaults name."""
    properties = template.schema.get("properties", {})
    required = template.schema.get("required", ())
    names = list(dict.fromkeys([*properties, *template.defaults]))
    parts = [properties.get(name) for name in names]
    described = [part if isinstance(part, dict) else {} for part in parts]
    return pd.DataFrame(
        {
            "name": text(names),
            "type": text(_type(part) for part in described),
            "required": np.fromiter((name in required for name in names), np.bool_, len(names)),
            "default": text(json.dumps(template.defaults[name]) if name in template.defaults else "" for name in names),
            "description": text(str(part.get("description", "")) for part in described),
        }
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value) if value else ""


def _type(part: Mapping[str, Any]) -> str:
    kind = part.get("type", "")
    return " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)
