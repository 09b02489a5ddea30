"""How a person left a panel: small files in the data folder, one a notebook, so that it looks so again next time."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_tracker.config import default_home

MOST = 100
"""Panels of one notebook that are remembered."""

_log = logging.getLogger(__name__)


def recall(panel: str) -> dict[str, Any]:
    """What was remembered of a panel in this notebook; nothing where there is no notebook, or the file is damaged."""
    known = _read().get(panel, {})
    return known if isinstance(known, dict) else {}


def remember(panel: str, view: Mapping[str, Any]) -> None:
    """Remember how a panel looks. What cannot be written is forgotten: it must not stand in anybody's way."""
    path = _file()
    if path is None:
        return
    known = _read()
    known.pop(panel, None)
    known[panel] = view  # the one that was changed last stands last
    kept = dict(list(known.items())[-MOST:])
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.write_text(json.dumps(kept), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        _log.debug("The view of a panel is not remembered: %s", error)


def _read() -> dict[str, Any]:
    path = _file()
    try:
        known = json.loads(path.read_text(encoding="utf-8")) if path is not None else {}
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _file() -> Path | None:
    """The file of this notebook; None where the kernel does not know in which one it is."""
    notebook = os.environ.get("JPY_SESSION_NAME")
    if not notebook:
        return None
    name = hashlib.sha256(notebook.encode()).hexdigest()[:32]
    return default_home() / "views" / f"{name}.json"
