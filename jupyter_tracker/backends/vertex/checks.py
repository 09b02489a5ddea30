"""What the documentation of Vertex AI asks of values, checked before anything is sent."""

from __future__ import annotations

import math
import os
import time as clock
from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import index
from typing import Any, SupportsFloat, SupportsIndex

from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.parse import number
from jupyter_tracker.backends.vertex.resources import STATES, Json
from jupyter_tracker.errors import InvalidInput, InvalidMetric, InvalidParams, did_you_mean


def params(given: Mapping[str, Any]) -> dict[str, float | str]:
    """Params of the platform: numbers or text (`log_params`)."""
    return {key: _number_or_text(InvalidParams, "param", key, value) for key, value in _named(InvalidParams, given)}


def metrics(given: Mapping[str, Any]) -> dict[str, float | str]:
    """Summary metrics of the platform: numbers or text (`log_metrics`)."""
    return {key: _number_or_text(InvalidMetric, "metric", key, value) for key, value in _named(InvalidMetric, given)}


def series(given: Mapping[str, Any], step: int | None) -> dict[str, float]:
    """Points of time series: numbers, NaN and infinities among them, at a step."""
    if step is not None and (isinstance(step, bool) or not isinstance(step, SupportsIndex)):
        raise InvalidMetric(f"The step must be an integer, not {step!r}.")
    if step is not None and not -(2**63) <= index(step) < 2**63:
        raise InvalidMetric(f"The step must be an integer of 64 bits, not {step!r}.")
    found = {}
    for key, value in _named(InvalidMetric, given):
        if isinstance(value, str) or not isinstance(value, SupportsFloat):
            raise InvalidMetric(f"The metric {key!r} must be a number, not {value!r:.60} ({type(value).__name__}).")
        found[key] = float(value)
    return found


def wall_time(given: str | datetime | float | None) -> float:
    """Seconds since the epoch of a time as RFC 3339, or of now."""
    if given is None:
        return clock.time()
    if isinstance(given, datetime):
        return given.timestamp()
    if isinstance(given, int | float) and math.isfinite(given):
        return float(given)
    found = moment(given)
    if found is None:
        raise InvalidMetric(f"The wall time must be a time like 2024-05-01T10:00:00Z, not {given!r}.")
    return found.timestamp()


def state(given: str | int) -> str:
    """The name of a state that is given by name or number."""
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(STATES):
        return STATES[given]
    if given in STATES:
        return str(given)
    raise InvalidInput(f"{given!r} is no state; choose one of: {', '.join(STATES)}.{did_you_mean(str(given), STATES)}")


def classification(
    labels: Sequence[str] | None,
    matrix: Sequence[Sequence[float]] | None,
    fpr: Sequence[float] | None,
    tpr: Sequence[float] | None,
    threshold: Sequence[float] | None,
) -> Json:
    """The metadata of classification metrics whose parts fit together (`log_classification_metrics`)."""
    curve = (fpr, tpr, threshold)
    if (labels is None) != (matrix is None):
        raise InvalidInput("labels and matrix must be set together.")
    if any(part is None for part in curve) and not all(part is None for part in curve):
        raise InvalidInput("fpr, tpr and threshold must be set together.")
    metadata: Json = {}
    if labels is not None and matrix is not None:
        if len(matrix) != len(labels) or any(len(row) != len(labels) for row in matrix):
            raise InvalidInput(f"The matrix must have a row and a column for each of the {len(labels)} labels.")
        metadata["confusionMatrix"] = {
            "annotationSpecs": [{"displayName": str(label)} for label in labels],
            "rows": [[_cell(value) for value in row] for row in matrix],
        }
    if fpr is not None and tpr is not None and threshold is not None:
        if not len(fpr) == len(tpr) == len(threshold):
            raise InvalidInput(
                "fpr, tpr and threshold must be equally long; they have"
                f" {len(fpr)}, {len(tpr)} and {len(threshold)} values."
            )
        metadata["confidenceMetrics"] = [
            {"confidenceThreshold": _cell(at), "recall": _cell(true), "falsePositiveRate": _cell(false)}
            for at, true, false in zip(threshold, tpr, fpr, strict=True)
        ]
    return metadata


def unique_name() -> str:
    """A name that no other file has: the time, and some chance."""
    return f"{clock.strftime('%Y-%m-%d-%H-%M-%S', clock.gmtime())}-{os.urandom(3).hex()}"


def _cell(value: Any) -> float | int | str:
    """A number; text where a Struct has no number for it."""
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        return index(value)
    return number(float(value))


def _number_or_text(kind: type[InvalidInput], noun: str, key: str, value: Any) -> float | str:
    if isinstance(value, str):
        return value
    if isinstance(value, SupportsIndex):
        return index(value)
    if isinstance(value, SupportsFloat) and math.isfinite(float(value)):
        return float(value)
    raise kind(
        f"The {noun} {key!r} must be a finite number or text, not {value!r:.60} ({type(value).__name__})."
        " Time series can hold NaN and infinities."
    )


def _named(kind: type[InvalidInput], given: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    if not isinstance(given, Mapping) or not given:
        raise kind("Give at least one value by its name.")
    for key in given:
        if not isinstance(key, str) or not key:
            raise kind(f"The name {key!r} must be text.")
    return list(given.items())
