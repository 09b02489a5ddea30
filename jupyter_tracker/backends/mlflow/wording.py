"""What stands where in a server's records, and the limits of requests (see the documentation's "limits").

Tags that begin with `jupyter_tracker.` hold what the protocol has no field for; they are not shown as tags.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass

from jupyter_tracker.models import RunState

OWN = "jupyter_tracker."
KIND = OWN + "kind"
STATE = OWN + "state"
"""The state where the protocol has no word for it: `lost`."""
REASON = OWN + "reason"
EXIT_CODE = OWN + "exit_code"
SIGNAL = OWN + "signal"
PROGRESS = OWN + "progress"
"""JSON: a list of operations, the one updated last first."""
JSON_PARAMS = OWN + "json_params"
"""JSON: the names of the params whose text is JSON; the others are text."""
ARCHIVED = OWN + "archived"
DELETED_AT = OWN + "deleted_at"
"""When a run was deleted on its own, in milliseconds."""
USED_AT = OWN + "used_at"
"""When the last run was started in an experiment, in milliseconds."""
NOTE = "mlflow.note.content"
RUN_NAME = "mlflow.runName"
PARENT = "mlflow.parentRunId"
GIT_COMMIT = "mlflow.source.git.commit"
GIT_BRANCH = "mlflow.source.git.branch"

FOLDER = "jupyter_tracker"
"""The artifact folder of log, classification metrics and the list of checkpoints."""

STATES = {
    "SCHEDULED": RunState.QUEUED,
    "RUNNING": RunState.RUNNING,
    "FINISHED": RunState.SUCCEEDED,
    "FAILED": RunState.FAILED,
    "KILLED": RunState.STOPPED,
}
STATUSES = {
    RunState.QUEUED: "SCHEDULED",
    RunState.RUNNING: "RUNNING",
    RunState.STOPPING: "RUNNING",
    RunState.SUCCEEDED: "FINISHED",
    RunState.FAILED: "FAILED",
    RunState.STOPPED: "KILLED",
    RunState.LOST: "FAILED",
}

BATCH = 1000
"""Metrics, params and tags of one request together."""
BATCH_METRICS, BATCH_PARAMS, BATCH_TAGS = 1000, 100, 100
BATCH_BYTES = 900_000
"""Of 1 MB; what else stands in a request needs some."""
HISTORY_PAGE = 25_000
HISTORY_RUNS = 100
RUNS_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Limits:
    """How long values may be."""

    param: int
    """Characters of a param."""
    batched: int
    """Characters of a param or tag in a batch; a longer one is sent on its own."""
    tag: int
    """Characters of a run's tag."""


OPEN_SOURCE = Limits(param=6000, batched=6000, tag=8000)
DATABRICKS = Limits(param=500, batched=250, tag=64_000)

_KEY = re.compile(r"[\w/. :-]+")


def wrong_key(key: str) -> str:
    """Why a server takes no metric, param or tag of that name; empty when it does."""
    if not _KEY.fullmatch(key):
        return "may hold letters, digits, spaces and _ - . / : only"
    if len(key) > 250:
        return "may have 250 characters at most"
    if key.startswith("/") or posixpath.normpath(key) != key or ".." in key.split("/") or key == ".":
        return "must be a plain path where it holds slashes, without '.', '..', '//' and '/' at its ends"
    return ""


def known_keys(keys: Iterable[str]) -> list[str]:
    """Those that a server takes."""
    return [key for key in keys if not wrong_key(key)]
