"""What the protocol has no place for, as files in the artifact folder `jupyter_tracker` of a run.

`classification/….json`
    `{"name", "labels", "matrix", "fpr", "tpr", "thresholds", "step", "created_at"}`: a confusion matrix (rows are true
    labels, columns predicted ones), a ROC curve, or both; numbers that JSON cannot hold are `"NaN"`, `"Infinity"`,
    `"-Infinity"`; the time is ISO 8601.
`checkpoints/….json`
    `{"id", "step", "path", "size", "created_at"}`: a checkpoint whose files are all there.
`log.txt`
    One line for each that was printed: time (ISO 8601), stream, text.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from jupyter_tracker.backends.mlflow import wording
from jupyter_tracker.backends.mlflow.artifacts import MlflowArtifacts
from jupyter_tracker.backends.mlflow.numbers import from_wire, to_wire
from jupyter_tracker.backends.operations import LogOperations
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import Checkpoint, ClassCurve, Classification, Example, LogLine, Stream

LOG = f"{wording.FOLDER}/log.txt"
_PAGE = 10_000


class Documents:
    """Reads and writes them."""

    def __init__(self, artifacts: MlflowArtifacts) -> None:
        self._artifacts = artifacts

    def put_classification(self, run_id: str, made: Classification) -> Flow[None]:
        """Keep classification metrics, in place of those of their name."""
        content = {
            "name": made.name,
            "labels": list(made.labels),
            "matrix": [_numbers(row) for row in made.matrix],
            "fpr": _numbers(made.fpr),
            "tpr": _numbers(made.tpr),
            "thresholds": _numbers(made.thresholds),
            "step": made.step,
            "positive": made.positive,
            "positives": made.positives,
            "negatives": made.negatives,
            "curves": [
                {
                    **asdict(curve),
                    "fpr": _numbers(curve.fpr),
                    "tpr": _numbers(curve.tpr),
                    "thresholds": _numbers(curve.thresholds),
                }
                for curve in made.curves
            ],
            "examples": [asdict(example) for example in made.examples],
            "created_at": (made.created_at or datetime.now(UTC)).isoformat(),
        }
        yield from self._put(run_id, "classification", made.name, content)

    def classifications(self, run_id: str) -> Flow[tuple[Classification, ...]]:
        """All classification metrics of a run, oldest first."""
        found = yield from self._all(run_id, "classification")
        made = [
            Classification(
                name=str(entry.get("name", "")),
                labels=tuple(map(str, entry.get("labels") or ())),
                matrix=tuple(_floats(row) for row in entry.get("matrix") or ()),
                fpr=_floats(entry.get("fpr")),
                tpr=_floats(entry.get("tpr")),
                thresholds=_floats(entry.get("thresholds")),
                step=entry.get("step") if isinstance(entry.get("step"), int) else None,
                created_at=_time(entry.get("created_at")),
                positive=str(entry.get("positive", "")),
                positives=_count(entry.get("positives")),
                negatives=_count(entry.get("negatives")),
                curves=tuple(_curve(curve) for curve in entry.get("curves") or ()),
                examples=tuple(_example(example) for example in entry.get("examples") or ()),
            )
            for entry in found
        ]
        return tuple(sorted(made, key=lambda one: (str(one.created_at), one.name)))

    def put_checkpoint(self, run_id: str, made: Checkpoint) -> Flow[None]:
        """Say that all files of a checkpoint are there."""
        time = (made.created_at or datetime.now(UTC)).isoformat()
        content = {"id": made.id, "step": made.step, "path": made.path, "size": made.size, "created_at": time}
        yield from self._put(run_id, "checkpoints", made.path, content)

    def remove_checkpoint(self, run_id: str, gone: Checkpoint) -> Flow[None]:
        """Say no more that a checkpoint is there."""
        yield from self._artifacts.remove(run_id, _file("checkpoints", gone.path))

    def checkpoints(self, run_id: str) -> Flow[tuple[Checkpoint, ...]]:
        """All checkpoints of a run, by step."""
        found = yield from self._all(run_id, "checkpoints")
        made = [
            Checkpoint(
                id=str(entry.get("id", "")),
                run_id=run_id,
                step=int(entry.get("step") or 0),
                path=str(entry.get("path", "")),
                size=int(entry.get("size") or 0),
                complete=True,
                created_at=_time(entry.get("created_at")),
            )
            for entry in found
        ]
        return tuple(sorted(made, key=lambda one: (one.step, str(one.created_at))))

    def put_log(self, run_id: str, text: str) -> Flow[None]:
        """Keep the log of a run."""
        yield from self._artifacts.put_text(run_id, text, LOG)

    def log(self, run_id: str) -> Flow[list[LogLine]]:
        """The log of a run; nothing when none is kept."""
        names = [entry["path"] for entry in (yield from self._artifacts.folder(run_id, wording.FOLDER))]
        if LOG not in names:
            return []
        text = yield from self._artifacts.get_text(run_id, LOG)
        return parse_log(text)

    def _put(self, run_id: str, kind: str, name: str, content: Mapping[str, Any]) -> Flow[None]:
        text = json.dumps(content, allow_nan=False, ensure_ascii=False)
        yield from self._artifacts.put_text(run_id, text, _file(kind, name))

    def _all(self, run_id: str, kind: str) -> Flow[list[dict[str, Any]]]:
        entries = yield from self._artifacts.folder(run_id, f"{wording.FOLDER}/{kind}")
        paths = [entry["path"] for entry in entries if entry["path"].endswith(".json")]
        texts = yield Together([self._artifacts.get_text(run_id, path) for path in paths])
        return [entry for text in texts if isinstance(entry := _parsed(text), dict)]


def log_text(logs: LogOperations, run_id: str) -> Flow[str]:
    """The log of a run that was started here, as the text of `log.txt`."""
    lines: list[str] = []
    after: str | None = None
    number = -1
    while True:
        page = yield from logs.read(run_id, after, _PAGE)
        if not page.items:
            return "\n".join(lines) + ("\n" if lines else "")
        for line in page.items:
            if line.line == number:
                lines[-1] += line.text
            else:
                lines.append(f"{line.time.isoformat()} {line.stream} {line.text}")
            number = line.line
        after = page.cursor


def parse_log(text: str) -> list[LogLine]:
    """What `log_text` wrote."""
    found: list[LogLine] = []
    for number, line in enumerate(text.split("\n")[:-1]):
        time, _, rest = line.partition(" ")
        stream, _, printed = rest.partition(" ")
        moment = _time(time)
        known = moment is not None and stream in [*Stream]
        found.append(
            LogLine(
                number,
                moment if moment is not None else datetime.fromtimestamp(0, UTC),
                Stream(stream) if known else Stream.STDOUT,
                printed if known else line,
                cursor=str(number + 1),
            )
        )
    return found


def _file(kind: str, name: str) -> str:
    # Names may hold anything; those of files may not.
    readable = re.sub(r"[^\w.-]+", "_", name, flags=re.ASCII)[:60]
    return f"{wording.FOLDER}/{kind}/{readable}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.json"


def _numbers(values: tuple[float, ...]) -> list[float | str]:
    return [to_wire(float(value)) for value in values]


def _floats(values: Any) -> tuple[float, ...]:
    return tuple(from_wire(value) for value in values or ())


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _curve(entry: dict[str, Any]) -> ClassCurve:
    return ClassCurve(
        label=str(entry.get("label", "")),
        fpr=_floats(entry.get("fpr")),
        tpr=_floats(entry.get("tpr")),
        thresholds=_floats(entry.get("thresholds")),
        positives=_count(entry.get("positives")),
        negatives=_count(entry.get("negatives")),
    )


def _example(entry: dict[str, Any]) -> Example:
    return Example(*(str(entry.get(name, "")) for name in ("true", "predicted", "text", "artifact")))


def _time(text: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None  # somebody else wrote it
