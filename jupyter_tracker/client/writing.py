"""What a run logs, checked before it reaches the backend."""

from __future__ import annotations

import json
import math
import os
import traceback
from collections.abc import Mapping
from contextlib import suppress
from operator import index
from pathlib import Path
from typing import Any, SupportsFloat, SupportsIndex

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.client.reports import EPOCH, OVERALL, PROGRESS
from jupyter_tracker.errors import InvalidInput, Unsupported
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import (
    Artifact,
    Checkpoint,
    DatasetUse,
    Event,
    Execution,
    JsonValue,
    Level,
    Progress,
    RunState,
)


def log_artifact(
    backend: Backend, run_id: str, source: str | os.PathLike[str], path: str | None
) -> Flow[tuple[Artifact, ...]]:
    """Keep a file or folder under its own name or another."""
    source = Path(source)
    return (yield from backend.artifacts.log(run_id, source, path or source.name))


def log_checkpoint(backend: Backend, run_id: str, step: int, source: str | os.PathLike[str]) -> Flow[Checkpoint]:
    """Keep a file or folder as the checkpoint of a step."""
    return (yield from backend.checkpoints.log(run_id, _checked_step(step), Path(source)))


def begin_checkpoint(backend: Backend, run_id: str, step: int) -> Flow[tuple[Checkpoint, Path]]:
    """Make an incomplete checkpoint of a step, and the folder in which its files are to be written."""
    return (yield from backend.checkpoints.begin(run_id, _checked_step(step)))


def staged(values: Mapping[str, float], stage: str) -> dict[str, float]:
    """Metrics under the names that they have within a stage: `loss` of `validation` is `validation/loss`.

    Raises:
        InvalidInput: the stage is no name.
    """
    if not isinstance(stage, str) or not stage.strip() or "/" in stage:
        raise InvalidInput(f"The stage must be a name without '/', as in 'validation', not {stage!r}.")
    return dict(values) if stage == OVERALL else {f"{stage}/{key}": value for key, value in values.items()}


def log_statistics(
    backend: Backend,
    run_id: str,
    stages: Mapping[str, float | Mapping[str, float]],
    epoch: float | None,
    num_epochs: float | None,
    progress: float | None,
    step: int | None,
) -> Flow[None]:
    """Add a point to the metrics of each stage, and say how far the run is."""
    if progress is not None and not (isinstance(progress, SupportsFloat) and 0 <= float(progress) <= 1):
        raise InvalidInput(f"The progress must be a share from 0 to 1, not {progress!r}.")
    if epoch is None and num_epochs is not None:
        raise InvalidInput("num_epochs says how many epochs there are: give the epoch, too.")
    for name, number in (("epoch", epoch), ("num_epochs", num_epochs)):
        _check_finite(name, number)
    values: dict[str, float] = {}
    for name, value in stages.items():
        values.update(staged(value, name) if isinstance(value, Mapping) else {name: value})
    if step is None and epoch is not None and float(epoch).is_integer():
        step = int(epoch)
    if values:
        yield from backend.metrics.log(run_id, values, step, None)
    if epoch is not None:
        yield from set_progress(backend, run_id, epoch, num_epochs, EPOCH, "")
    if progress is not None:
        yield from set_progress(backend, run_id, progress, 1, PROGRESS, "")


def alert(backend: Backend, run_id: str, title: str, text: str, level: Level) -> Flow[Event]:
    """Add an event that asks for attention."""
    if not isinstance(title, str) or not title.strip():
        raise InvalidInput(f"The title of an alert must be text, not {title!r}.")
    message = f"{title}: {text}" if text else title
    return (yield from backend.events.append(run_id, "alert", message, level, {"title": title, "text": text}))


def _check_finite(name: str, number: float | None) -> None:
    if number is not None and not (isinstance(number, SupportsFloat) and math.isfinite(number)):
        raise InvalidInput(f"The {name} must be a finite number, not {number!r}.")


def _checked_step(step: int) -> int:
    if isinstance(step, bool) or not isinstance(step, SupportsIndex) or index(step) < 0:
        raise InvalidInput(f"The step of a checkpoint must be an integer of 0 or more, not {step!r}.")
    return index(step)


def dataset_use(
    name: str,
    source: str | os.PathLike[str] | None,
    data: Any,
    digest: str | None,
    context: str,
    tags: Mapping[str, str] | None,
    schema: Mapping[str, JsonValue] | None,
    profile: Mapping[str, JsonValue] | None,
) -> Flow[DatasetUse]:
    """A dataset that a run reads or makes; taking a digest may last, so that it is a step."""
    from jupyter_tracker.client.datasets import dataset

    if not isinstance(context, str) or not context.isprintable():
        raise InvalidInput(f"The context of a dataset must be a line of text, such as 'training', not {context!r}.")
    for key, value in (tags or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise InvalidInput(f"The tags of a dataset must be text, not {key!r}: {value!r}.")
    found = yield from local(lambda: dataset(name, source, data, digest, schema, profile))
    return DatasetUse(found, context, dict(tags or {}))


def log_input(backend: Backend, run_id: str, described: Flow[DatasetUse]) -> Flow[DatasetUse]:
    """Record a dataset that a run reads."""
    use = yield from described
    yield from backend.lineage.log_inputs(run_id, [use])
    return use


def log_output(backend: Backend, run_id: str, described: Flow[DatasetUse]) -> Flow[DatasetUse]:
    """Record a dataset that a run makes."""
    use = yield from described
    yield from backend.lineage.log_outputs(run_id, [use])
    return use


def associate_execution(
    backend: Backend,
    run_id: str,
    name: str,
    identity: str | None,
    kind: str,
    state: str,
    metadata: Mapping[str, JsonValue] | None,
) -> Flow[Execution]:
    """Let an execution belong to a run, one of a new id unless it has one."""
    for field, text in (("name", name), ("id", identity), ("kind", kind), ("state", state)):
        optional = field in ("kind", "state")
        if text is not None and not (isinstance(text, str) and text.isprintable() and (text or optional)):
            raise InvalidInput(f"The {field} of an execution must be a line of text, not {text!r}.")
    try:
        json.dumps(metadata)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"The metadata of an execution must be JSON: {error}.") from None
    execution = Execution(identity or os.urandom(16).hex(), name, kind, state, dict(metadata or {}))
    return (yield from backend.lineage.associate_execution(run_id, execution))


def set_progress(
    backend: Backend, run_id: str, value: float, final_value: float | None, operation: str, units: str
) -> Flow[None]:
    """Record progress after checking that it is made of finite numbers."""
    for name, number in (("value", value), ("final_value", final_value)):
        _check_finite(f"{name} of the progress", number)
    progress = Progress(operation, float(value), None if final_value is None else float(final_value), units)
    yield from backend.runs.set_progress(run_id, progress)


def outcome(error: BaseException | None) -> tuple[RunState, str]:
    """How a run ended whose code raised this, or nothing."""
    if error is None or (isinstance(error, SystemExit) and not error.code):
        return RunState.SUCCEEDED, ""
    if not isinstance(error, Exception | SystemExit):  # KeyboardInterrupt, or a task that was cancelled
        return RunState.STOPPED, "It was interrupted."
    return RunState.FAILED, _brief(error)


def log_failure(backend: Backend, run_id: str, error: BaseException) -> Flow[None]:
    """Keep an exception as an event with its traceback; the reason of the end is enough where no events are kept."""
    text = _writable("".join(traceback.format_exception(error)))
    level = Level.WARNING if isinstance(error, KeyboardInterrupt) else Level.ERROR
    with suppress(Unsupported):
        yield from backend.events.append(run_id, "exception", _brief(error), level, {"traceback": text})


def _brief(error: BaseException) -> str:
    text = _writable(str(error)).strip()
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__


def _writable(text: str) -> str:
    """What an exception says may hold bytes of a file name that are no text."""
    return text.encode("utf-8", "backslashreplace").decode()
