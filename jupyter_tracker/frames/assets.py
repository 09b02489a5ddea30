"""What runs are made of, as DataFrames: variables, sources, templates."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from jupyter_tracker.frames.columns import text_column, times
from jupyter_tracker.models import Source, SourceDifference, SourceFile, Template, Variable


def variables(found: Sequence[Variable]) -> pd.DataFrame:
    """One row a variable; the value of a secret is missing."""
    return pd.DataFrame(
        {
            "name": text_column(item.name for item in found),
            "value": text_column(item.value for item in found),
            "secret": np.fromiter((item.secret for item in found), np.bool_, len(found)),
            "scope": text_column(str(item.scope) for item in found),
            "experiment": text_column(item.experiment for item in found),
            "inherited": np.fromiter((item.inherited for item in found), np.bool_, len(found)),
            "shadows": np.fromiter((item.shadows for item in found), np.bool_, len(found)),
            "updated_at": times(item.updated_at for item in found),
        }
    )


def sources(found: Sequence[Source]) -> pd.DataFrame:
    """One row a version."""
    return pd.DataFrame(
        {
            "id": text_column(item.id for item in found),
            "name": text_column(item.name for item in found),
            "version": np.fromiter((item.version for item in found), np.int64, len(found)),
            "kind": text_column(str(item.kind) for item in found),
            "entry_point": text_column(item.entry_point for item in found),
            "files": np.fromiter((item.file_count for item in found), np.int64, len(found)),
            "size": np.fromiter((item.size for item in found), np.int64, len(found)),
            "description": text_column(item.description for item in found),
            "git_commit": text_column(item.git_commit for item in found),
            "lifecycle": text_column(str(item.lifecycle) for item in found),
            "created_at": times(item.created_at for item in found),
            "updated_at": times(item.updated_at for item in found),
        }
    )


def source_files(found: Sequence[SourceFile]) -> pd.DataFrame:
    """One row a file."""
    return pd.DataFrame(
        {
            "path": text_column(item.path for item in found),
            "size": np.fromiter((item.size for item in found), np.int64, len(found)),
            "sha256": text_column(item.sha256 for item in found),
            "executable": np.fromiter((item.executable for item in found), np.bool_, len(found)),
        }
    )


def source_changes(difference: SourceDifference) -> pd.DataFrame:
    """One row a file that differs, by path."""
    kinds = {"added": difference.added, "removed": difference.removed, "changed": difference.changed}
    rows = sorted((path, change) for change, paths in kinds.items() for path in paths)
    return pd.DataFrame(
        {"path": text_column(path for path, _ in rows), "change": text_column(change for _, change in rows)}
    )


def templates(found: Sequence[Template]) -> pd.DataFrame:
    """One row a version."""
    return pd.DataFrame(
        {
            "id": text_column(item.id for item in found),
            "name": text_column(item.name for item in found),
            "version": np.fromiter((item.version for item in found), np.int64, len(found)),
            "description": text_column(item.description for item in found),
            "source": text_column(item.source for item in found),
            "entry_point": text_column(item.entry_point for item in found),
            "required": text_column(", ".join(map(str, item.schema.get("required", ()))) for item in found),
            "defaults": text_column(_json(item.defaults) for item in found),
            "resources": text_column(_json(item.resources) for item in found),
            "lifecycle": text_column(str(item.lifecycle) for item in found),
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
            "name": text_column(names),
            "type": text_column(_type(part) for part in described),
            "required": np.fromiter((name in required for name in names), np.bool_, len(names)),
            "default": text_column(
                json.dumps(template.defaults[name]) if name in template.defaults else "" for name in names
            ),
            "description": text_column(str(part.get("description", "")) for part in described),
        }
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value) if value else ""


def _type(part: Mapping[str, Any]) -> str:
    kind = part.get("type", "")
    return " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)
