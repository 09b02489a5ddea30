"""Confusion matrices and ROC curves in the local store."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from jupyter_tracker.backends.local.rows import moment, run_number
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.operations import ClassificationOperations
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import ClassCurve, Classification, Example


class LocalClassifications(ClassificationOperations):
    """Classification metrics as JSON."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def log(self, run_id: str, classification: Classification) -> Flow[None]:
        def call() -> None:
            content = dataclasses.asdict(classification)
            del content["name"], content["created_at"]
            with self._store.write() as db:
                db.execute(
                    "INSERT OR REPLACE INTO classifications (run, name, content, created_at) VALUES (?, ?, ?, ?)",
                    (run_number(db, run_id), classification.name, json.dumps(content), now()),
                )

        return local(call)

    def list(self, run_id: str) -> Flow[tuple[Classification, ...]]:
        def call() -> tuple[Classification, ...]:
            with self._store.read() as db:
                rows = db.execute(
                    "SELECT name, content, created_at FROM classifications WHERE run = ? ORDER BY created_at, name",
                    (run_number(db, run_id),),
                ).fetchall()
            return tuple(_parse(*row) for row in rows)

        return local(call)


def _parse(name: str, text: str, created_at: int) -> Classification:
    content = {**_NEWER, **json.loads(text)}
    return Classification(
        name=name,
        labels=tuple(content["labels"]),
        matrix=tuple(tuple(row) for row in content["matrix"]),
        fpr=tuple(content["fpr"]),
        tpr=tuple(content["tpr"]),
        thresholds=tuple(content["thresholds"]),
        step=content["step"],
        created_at=moment(created_at),
        positive=content["positive"],
        positives=content["positives"],
        negatives=content["negatives"],
        curves=tuple(_curve(**curve) for curve in content["curves"]),
        examples=tuple(Example(**example) for example in content["examples"]),
    )


_NEWER: dict[str, Any] = {"positive": "", "positives": None, "negatives": None, "curves": (), "examples": ()}
"""What the first classifications of a store do not have."""


def _curve(*, fpr: list[float], tpr: list[float], thresholds: list[float], **rest: Any) -> ClassCurve:
    return ClassCurve(fpr=tuple(fpr), tpr=tuple(tpr), thresholds=tuple(thresholds), **rest)
