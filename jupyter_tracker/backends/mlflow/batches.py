"""Values split into requests that keep the documented limits."""

from __future__ import annotations

import json
import time as clock
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from jupyter_tracker.backends.common.values import writable
from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.operations import MlflowOperations
from jupyter_tracker.errors import InvalidInput, InvalidParams, RemoteNotFound
from jupyter_tracker.filters import param_text
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import JsonValue, Points, RunState

_FRAME = 100
"""Bytes of a metric in a request beside its name, at most."""


def metric_batches(points: Points) -> Iterator[list[dict[str, Any]]]:
    """Points as the metrics of requests, in their order; those of names that no server takes are left out."""
    batch: list[dict[str, Any]] = []
    size = 0
    for block in points.blocks:
        columns = [
            (key, values, len(json.dumps(key)) + _FRAME)
            for key, values in zip(block.keys, block.values, strict=True)
            if not wording.wrong_key(key)
        ]
        for row, (step, time) in enumerate(zip(block.steps, block.times, strict=True)):
            timestamp = max(0, round(time * 1000))
            for key, values, width in columns:
                if len(batch) == wording.BATCH_METRICS or size + width > wording.BATCH_BYTES:
                    yield batch
                    batch, size = [], 0
                batch.append({"key": key, "value": values[row], "timestamp": timestamp, "step": step})
                size += width
    if batch:
        yield batch


def check_params(limits: wording.Limits, params: Mapping[str, JsonValue]) -> None:
    """Raise `InvalidParams` where a server would refuse a param, or would cut it silently."""
    for key, value in params.items():
        if isinstance(key, str) and key and wording.wrong_key(key):
            raise InvalidParams(f"The param name {key!r} {wording.wrong_key(key)}.")
        length = len(param_text(value))
        if length > limits.param:
            raise InvalidParams(f"The param {key!r} has {length:,} characters; the server keeps {limits.param:,}.")


def check_tags(limits: wording.Limits, tags: Mapping[str, str | None]) -> None:
    """Raise `InvalidInput` where a server would refuse a tag, or would cut it silently."""
    for key, value in tags.items():
        if not isinstance(key, str) or not key:
            raise InvalidInput(f"The tag name {key!r} must be text.")
        if wording.wrong_key(key):
            raise InvalidInput(f"The tag name {key!r} {wording.wrong_key(key)}.")
        if key.startswith(wording.OWN):
            raise InvalidInput(f"The tag name {key!r} begins with {wording.OWN!r}, which is kept for the tracker.")
        if value is not None and not isinstance(value, str):
            raise InvalidInput(f"The tag {key!r} must be text, not {value!r} ({type(value).__name__}).")
        if value is not None and not writable(value):
            raise InvalidInput(f"The tag {key!r} must be text, not half of a surrogate pair: {value!r}.")
        if value is not None and len(value) > limits.tag:
            raise InvalidInput(f"The tag {key!r} has {len(value):,} characters; the server keeps {limits.tag:,}.")


def send_params(
    native: MlflowOperations, limits: wording.Limits, run_id: str, params: Mapping[str, JsonValue]
) -> Flow[list[str]]:
    """Send params, many at a time; long ones on their own. The result has the names that no server takes so."""
    texts = {key: param_text(value) for key, value in params.items()}
    refused = [key for key, text in texts.items() if wording.wrong_key(key) or len(text) > limits.param]
    texts = {key: text for key, text in texts.items() if key not in refused}
    for batch in _batches(texts, wording.BATCH_PARAMS, limits.batched):
        yield from native.log_batch(run_id=run_id, params=pairs(batch))
    for key, text in texts.items():
        if len(text) > limits.batched:
            yield from native.log_param(key, text, run_id=run_id)
    return refused


def send_tags(
    native: MlflowOperations, limits: wording.Limits, run_id: str, tags: Mapping[str, str]
) -> Flow[list[str]]:
    """Send tags, many at a time; long ones on their own. The result has the names that no server takes so."""
    refused = [key for key, text in tags.items() if wording.wrong_key(key) or len(text) > limits.tag]
    texts = {key: text for key, text in tags.items() if key not in refused}
    for batch in _batches(texts, wording.BATCH_TAGS, limits.batched):
        yield from native.log_batch(run_id=run_id, tags=pairs(batch))
    for key, text in texts.items():
        if len(text) > limits.batched:
            yield from native.set_tag(key, text, run_id=run_id)
    return refused


def remove_tag(native: MlflowOperations, run_id: str, key: str) -> Flow[None]:
    """Remove a tag; nothing happens when it is not there."""
    with suppress(RemoteNotFound):
        yield from native.delete_tag(run_id, key)


def pairs(texts: Mapping[str, str]) -> list[dict[str, str]]:
    """Texts by name as the protocol writes them."""
    return [{"key": key, "value": text} for key, text in texts.items()]


def _batches(texts: Mapping[str, str], count: int, longest: int) -> Iterator[dict[str, str]]:
    batch: dict[str, str] = {}
    size = 0
    for key, text in texts.items():
        if len(text) > longest:
            continue
        width = len(json.dumps([key, text])) + _FRAME
        if batch and (len(batch) == count or size + width > wording.BATCH_BYTES):
            yield batch
            batch, size = {}, 0
        batch[key] = text
        size += width
    if batch:
        yield batch


def send_end(native: MlflowOperations, limits: wording.Limits, run_id: str, state: RunState, reason: str) -> Flow[None]:
    """Tell the server that a run is over, of which nothing else is to be sent."""
    tags = {wording.REASON: reason} if reason else {}
    if state is RunState.LOST:
        tags[wording.STATE] = "lost"
    yield from send_tags(native, limits, run_id, tags)
    now = clock.time_ns() // 1_000_000
    yield from native.update_run(run_id=run_id, status=wording.STATUSES[state], end_time=now)
