"""What the documentation of Chariot asks of values, checked before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import index
from typing import Any, SupportsIndex

from jupyter_tracker.errors import InvalidInput, did_you_mean
from jupyter_tracker.models import JsonValue

STATUSES = (
    "run_created",
    "run_stop_requested",
    "run_restart_requested",
    "job_create_failed",
    "job_created",
    "job_submitted",
    "job_pending",
    "job_running",
    "job_terminate_requested",
    "job_terminating",
    "job_terminated",
    "job_failed",
    "job_completed",
    "job_unknown",
)
CHECKPOINT_STATUSES = ("incomplete", "complete")
RUN_FIELDS = (
    "*",
    "id",
    "project_id",
    "user_id",
    "created_at",
    "name",
    "version",
    "blueprint_id",
    "task_type",
    "config",
    "resources",
    "progress",
    "progress_updated_at",
    "status",
    "status_updated_at",
)
RELOADED = ("status", "status_updated_at", "progress", "progress_updated_at", "notes")
CHECKPOINT_FIELDS = ("id", "created_at", "run_id", "project_id", "global_step", "status", "status_updated_at")
SORTS = ("id:asc", "id:desc", "created_at:asc", "created_at:desc")
EVENT_SORTS = ("sequence:asc", "sequence:desc")
RESOURCES = ("cpu", "memory", "ephemeral_storage", "gpu")

_QUANTITY = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_NUMBER = r"(0|[1-9]\d*)"
_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_SEMANTIC = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_WORDS})?(?:\+{_WORDS})?")


def text(name: str, value: object) -> str:
    """Text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"The {name} must be text, not {value!r}.")
    return value


def texts(name: str, values: Sequence[str] | None) -> list[str] | None:
    """A list of texts."""
    if values is None:
        return None
    if isinstance(values, str) or not all(isinstance(value, str) and value for value in values):
        raise InvalidInput(f"{name} must be a list of texts, not {values!r}.")
    return list(values)


def among(name: str, values: Sequence[str] | None, allowed: Sequence[str]) -> list[str] | None:
    """A list of words that the platform knows."""
    for value in texts(name, values) or ():
        if value not in allowed:
            raise InvalidInput(
                f"{name} has {value!r}, which Chariot does not know.{did_you_mean(value, allowed)}"
                f" Choose among: {', '.join(allowed)}."
            )
    return texts(name, values)


def steps(name: str, values: Sequence[int] | None) -> list[int] | None:
    """A list of steps."""
    if values is None:
        return None
    if not all(isinstance(value, SupportsIndex) and not isinstance(value, bool) for value in values):
        raise InvalidInput(f"{name} must be a list of integers, not {values!r}.")
    return [index(value) for value in values]


def count(name: str, value: int) -> int:
    """0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput(f"The {name} must be an integer of 0 or more, not {value!r}.")
    return value


def grace_period(value: int) -> int:
    """Whole seconds, 1 or more (`Run.stop`)."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidInput(f"The grace period must be whole seconds, 1 or more, not {value!r}.")
    return value


def epoch(name: str, value: datetime | float | None) -> int | None:
    """Epoch milliseconds from a time, or from epoch milliseconds; a time without zone is local time."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e15:
        raise InvalidInput(f"{name} must be a datetime or epoch milliseconds, not {value!r}.")
    return int(value)


def resources(given: Mapping[str, JsonValue]) -> dict[str, Any]:
    """What a run needs: Kubernetes quantities, and GPUs by count and type."""
    for key in given:
        if key not in RESOURCES:
            raise InvalidInput(
                f"There is no resource {key!r}.{did_you_mean(key, RESOURCES)} Choose among: {', '.join(RESOURCES)}."
            )
    for key in ("cpu", "memory"):
        if key not in given:
            raise InvalidInput(f"The resources lack {key!r}, as in {{'cpu': '500m', 'memory': '5Gi'}}.")
    found: dict[str, Any] = {key: _quantity(key, value) for key, value in given.items() if key != "gpu"}
    gpu = given.get("gpu")
    if gpu is not None:
        if not isinstance(gpu, Mapping) or set(gpu) != {"count", "type"}:
            raise InvalidInput(f"The resource 'gpu' must have count and type, not {gpu!r}.")
        if isinstance(gpu["count"], bool) or not isinstance(gpu["count"], int) or gpu["count"] < 1:
            raise InvalidInput(f"The count of 'gpu' must be an integer of 1 or more, not {gpu['count']!r}.")
        found["gpu"] = {"count": gpu["count"], "type": text("type of 'gpu'", gpu["type"])}
    return found


def semantic_version(value: object) -> str:
    """A version as SemVer has it."""
    if not isinstance(value, str) or not _SEMANTIC.fullmatch(value):
        raise InvalidInput(f"The version must be a semantic one, like '1.2.0', not {value!r}.")
    return value


def ilike(text: str) -> str:
    """The pattern that fits a text, in whatever case."""
    return "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in text)


def _quantity(key: str, value: object) -> str:
    shown = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(shown, str) or not _QUANTITY.fullmatch(shown) or not re.search(r"[1-9]", shown):
        raise InvalidInput(
            f"The resource {key!r} must be a Kubernetes quantity like '2', '500m' or '5Gi', not {value!r}."
        )
    return shown
