"""Models as MLflow's client logs them: made in one step, filled with files, then ready or failed.

The files of one that a run made are artifacts of the run, and once it is ready it is a checkpoint of the run, from
which `models.create` makes a version. One that no run made has a folder of its own, `logged_models/<id>`.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_tracker.backends.local.artifacts import artifact_folder
from jupyter_tracker.backends.local.events import add_event
from jupyter_tracker.backends.local.rows import run_number
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.errors import NotFound
from jupyter_tracker.models import Lifecycle

FOLDER = "models"
"""Artifacts of a run below this folder belong to its logged models."""


@dataclass(frozen=True, slots=True)
class ModelPoint:
    """A metric of a logged model, perhaps on a dataset."""

    key: str
    value: float
    step: int
    time: int
    """microseconds"""
    run_id: str = ""
    dataset: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class LoggedModel:
    """A model that was logged."""

    id: str
    experiment_id: str
    name: str
    kind: str
    status: str
    run_id: str = ""
    """The run that made it; empty for none."""
    params: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    points: tuple[ModelPoint, ...] = ()
    lifecycle: Lifecycle = Lifecycle.ACTIVE
    created_at: int = 0
    """microseconds, as `updated_at`"""
    updated_at: int = 0


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A logged model that a run read or made."""

    model_id: str
    role: str
    """input or output"""
    step: int = 0


class LocalLoggedModels:
    """Logged models as rows.

    Raises:
        NotFound: there is no such model or run.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, model: LoggedModel) -> LoggedModel:
        """Make one; its id and times are given here."""
        identity = f"m-{os.urandom(16).hex()}"
        with self._store.write() as db:
            run = run_number(db, model.run_id) if model.run_id else None
            db.execute(
                "INSERT INTO logged_models (id, experiment_id, run, name, kind, status, params, tags,"
                " lifecycle, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'active', ?, ?)",
                (
                    *(identity, model.experiment_id, run, model.name, model.kind, model.status),
                    *(json.dumps(dict(model.params)), json.dumps(dict(model.tags)), now(), now()),
                ),
            )
            return _find(db, identity)

    def get(self, model_id: str, *, deleted: bool = False) -> LoggedModel:
        """One by its id, a deleted one only when it is asked for."""
        with self._store.read() as db:
            model = _find(db, model_id)
        if model.lifecycle is Lifecycle.DELETED and not deleted:
            raise NotFound("logged model", model_id, (), "It was deleted.")
        return model

    def list(self, experiment_ids: Sequence[str]) -> tuple[LoggedModel, ...]:
        """Those of some experiments that are not deleted, newest first."""
        with self._store.read() as db:
            return _select(
                db,
                "logged_models.experiment_id IN (SELECT value FROM json_each(?)) AND logged_models.lifecycle = 'active'"
                " ORDER BY logged_models.created_at DESC, logged_models.id",
                json.dumps(list(experiment_ids)),
            )

    def change(
        self,
        model_id: str,
        *,
        status: str | None = None,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str | None] | None = None,
        ready: bool = False,
    ) -> LoggedModel:
        """Change what is given; a tag of value None is removed. One that is ready is a checkpoint of its run."""
        with self._store.write() as db:
            found = _find(db, model_id)
            kept = {key: value for key, value in {**found.tags, **(tags or {})}.items() if value is not None}
            db.execute(
                "UPDATE logged_models SET status = ?, params = ?, tags = ?, updated_at = ? WHERE id = ?",
                (
                    *(status or found.status, json.dumps({**found.params, **(params or {})})),
                    *(json.dumps(kept), now(), model_id),
                ),
            )
            if ready and found.run_id:
                _keep_as_checkpoint(db, found)
            return _find(db, model_id)

    def delete(self, model_id: str) -> None:
        """Put it where only `get(deleted=True)` finds it."""
        with self._store.write() as db:
            _find(db, model_id)
            db.execute("UPDATE logged_models SET lifecycle = 'deleted', updated_at = ? WHERE id = ?", (now(), model_id))

    def log(self, model_id: str, points: Sequence[ModelPoint]) -> None:
        """Add metrics to a model."""
        with self._store.write() as db:
            _find(db, model_id)
            db.executemany(
                "INSERT INTO logged_model_points (model, key, value, step, time, run, dataset, digest)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        model_id,
                        point.key,
                        point.value,
                        point.step,
                        point.time,
                        point.run_id,
                        point.dataset,
                        point.digest,
                    )
                    for point in points
                ],
            )

    def use(self, run_id: str, uses: Sequence[ModelUse]) -> None:
        """Record which models a run reads and makes."""
        with self._store.write() as db:
            run = run_number(db, run_id)
            for use in uses:
                db.execute(
                    "INSERT OR REPLACE INTO logged_model_uses (run, role, model, step) VALUES (?, ?, ?, ?)",
                    (run, use.role, use.model_id, use.step),
                )
                if use.role == "output":
                    db.execute("UPDATE checkpoints SET step = ? WHERE id = ?", (use.step, _checkpoint(use.model_id)))

    def uses(self, run_ids: Sequence[str]) -> Mapping[str, Sequence[ModelUse]]:
        """Which models some runs read and make, by run; without those that have none."""
        with self._store.read() as db:
            rows = db.execute(
                "SELECT runs.id, model, role, step FROM logged_model_uses JOIN runs ON runs.number = run"
                " WHERE runs.id IN (SELECT value FROM json_each(?)) ORDER BY step, model",
                (json.dumps(list(run_ids)),),
            ).fetchall()
        found: dict[str, list[ModelUse]] = {}
        for run_id, model, role, step in rows:
            found.setdefault(run_id, []).append(ModelUse(model, role, step))
        return found

    def folder(self, model: LoggedModel) -> Path:
        """Where the files of a model lie."""
        if model.run_id:
            return artifact_folder(self._store, model.run_id) / FOLDER / model.id
        return self._store.home / "logged_models" / model.id


def _keep_as_checkpoint(db: sqlite3.Connection, model: LoggedModel) -> None:
    """List a model among the checkpoints of its run, unless it has no files or is listed already."""
    run, folder, identity = run_number(db, model.run_id), f"{FOLDER}/{model.id}", _checkpoint(model.id)
    (count, size) = db.execute(
        "SELECT count(*), coalesce(sum(size), 0) FROM artifacts WHERE run = ? AND path >= ? AND path < ?",
        (run, f"{folder}/", f"{folder}0"),
    ).fetchone()
    listed = db.execute("SELECT 1 FROM checkpoints WHERE id = ?", (identity,)).fetchone()
    if not count or listed:
        return
    row = db.execute(
        "SELECT step FROM logged_model_uses WHERE run = ? AND role = 'output' AND model = ?", (run, model.id)
    ).fetchone()
    step = 0 if row is None else row[0]
    db.execute(
        "INSERT INTO checkpoints (id, run, step, folder, path, size, created_at, completed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (identity, run, step, folder, folder, size, model.created_at, now()),
    )
    data = {"id": identity, "step": step, "path": folder, "size": size}
    add_event(db, run, "checkpoint", f"The model {model.name!r} was kept as a checkpoint.", data=data)


def _checkpoint(model_id: str) -> str:
    """The id of the checkpoint that a model is."""
    return model_id.removeprefix("m-")


def _find(db: sqlite3.Connection, model_id: str) -> LoggedModel:
    found = _select(db, "logged_models.id = ?", model_id)
    if not found:
        raise NotFound("logged model", model_id)
    return found[0]


def _select(db: sqlite3.Connection, rest: str, *values: object) -> tuple[LoggedModel, ...]:
    rows = db.execute(
        "SELECT logged_models.id, logged_models.experiment_id, logged_models.name, logged_models.kind, status,"
        " coalesce(runs.id, ''), params, tags, logged_models.lifecycle, logged_models.created_at,"
        f" updated_at FROM logged_models LEFT JOIN runs ON runs.number = run WHERE {rest}",
        values,
    ).fetchall()
    points: dict[str, list[ModelPoint]] = {}
    for model, key, value, step, time, run, dataset, digest in db.execute(
        "SELECT model, key, value, step, time, run, dataset, digest FROM logged_model_points"
        " WHERE model IN (SELECT value FROM json_each(?)) ORDER BY id",
        (json.dumps([row[0] for row in rows]),),
    ):
        real = math.nan if value is None else value
        points.setdefault(model, []).append(ModelPoint(key, real, step, time, run, dataset, digest))
    return tuple(
        LoggedModel(
            id=row[0],
            experiment_id=row[1],
            name=row[2],
            kind=row[3],
            status=row[4],
            run_id=row[5],
            params=json.loads(row[6]),
            tags=json.loads(row[7]),
            points=tuple(points.get(row[0], ())),
            lifecycle=Lifecycle(row[8]),
            created_at=row[9],
            updated_at=row[10],
        )
        for row in rows
    )
