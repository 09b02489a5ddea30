"""Datasets and executions of runs in the local store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from jupyter_tracker.backends.local.listing import find_run
from jupyter_tracker.backends.local.models import find_model
from jupyter_tracker.backends.local.rows import moment, run_number
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.local.tracing import find_datasets, traced
from jupyter_tracker.backends.operations import LineageOperations
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import Dataset, DatasetUse, Execution, LineageGraph, NodeKind


class LocalLineage(LineageOperations):
    """Rows that lead from one thing to another; what other nouns keep is found in their tables."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def log_inputs(self, run_id: str, uses: Sequence[DatasetUse]) -> Flow[None]:
        return local(lambda: self._keep(run_id, "input", uses))

    def log_outputs(self, run_id: str, uses: Sequence[DatasetUse]) -> Flow[None]:
        return local(lambda: self._keep(run_id, "output", uses))

    def inputs(self, run_id: str) -> Flow[tuple[DatasetUse, ...]]:
        return local(lambda: self._uses(run_id, "input"))

    def outputs(self, run_id: str) -> Flow[tuple[DatasetUse, ...]]:
        return local(lambda: self._uses(run_id, "output"))

    def associate_execution(self, run_id: str, execution: Execution) -> Flow[Execution]:
        def call() -> Execution:
            with self._store.write() as db:
                run = run_number(db, run_id)
                db.execute(
                    "INSERT INTO executions (id, name, kind, state, metadata, created_at) VALUES (?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind,"
                    " state = excluded.state, metadata = excluded.metadata",
                    (
                        *(execution.id, execution.name, execution.kind, execution.state),
                        *(json.dumps(dict(execution.metadata)), now()),
                    ),
                )
                db.execute("INSERT OR IGNORE INTO run_executions VALUES (?, ?)", (run, execution.id))
                return next(each for each in _executions(db, run) if each.id == execution.id)

        return local(call)

    def executions(self, run_id: str) -> Flow[tuple[Execution, ...]]:
        def call() -> tuple[Execution, ...]:
            with self._store.read() as db:
                return _executions(db, run_number(db, run_id))

        return local(call)

    def trace(self, run_id: str | None, dataset: str | None, model: str | None, limit: int) -> Flow[LineageGraph]:
        def call() -> LineageGraph:
            with self._store.read() as db:
                if run_id is not None:
                    return traced(db, NodeKind.RUN, [find_run(db, run_id)[1]], limit)
                if model is not None:
                    return traced(db, NodeKind.MODEL, [find_model(db, model).id], limit)
                return traced(db, NodeKind.DATASET, find_datasets(db, dataset or ""), limit)

        return local(call)

    def _uses(self, run_id: str, role: str) -> tuple[DatasetUse, ...]:
        with self._store.read() as db:
            run_number(db, run_id)  # it must be there
            return uses_of(db, [run_id], role).get(run_id, ())

    def _keep(self, run_id: str, role: str, uses: Sequence[DatasetUse]) -> None:
        with self._store.write() as db:
            run = run_number(db, run_id)
            for use in uses:
                db.execute(
                    "INSERT OR REPLACE INTO dataset_uses (run, role, dataset, context, tags, created_at)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    (run, role, keep_dataset(db, use.dataset, now()), use.context, json.dumps(dict(use.tags)), now()),
                )


def uses_of(db: sqlite3.Connection, run_ids: Sequence[str], role: str) -> dict[str, tuple[DatasetUse, ...]]:
    """The datasets that some runs read (role `input`) or make (`output`), oldest first; without runs that have none."""
    rows = db.execute(
        "SELECT runs.id, datasets.name, digest, source_type, datasets.source, schema, profile, context, used.tags,"
        " used.created_at FROM runs JOIN dataset_uses AS used ON used.run = runs.number"
        " JOIN datasets ON datasets.id = used.dataset"
        " WHERE runs.id IN (SELECT value FROM json_each(?)) AND role = ?"
        " ORDER BY used.created_at, datasets.name, digest, context",
        (json.dumps(list(run_ids)), role),
    )
    found: dict[str, list[DatasetUse]] = {}
    for run_id, name, digest, source_type, place, schema, profile, context, tags, created in rows:
        dataset = Dataset(name, digest, source_type, place, json.loads(schema), json.loads(profile))
        found.setdefault(run_id, []).append(DatasetUse(dataset, context, json.loads(tags), moment(created)))
    return {run_id: tuple(uses) for run_id, uses in found.items()}


def keep_dataset(db: sqlite3.Connection, dataset: Dataset, time: int) -> int:
    """The row of a dataset, made where it is new; what a later run knows more of it is added."""
    number: int
    (number,) = db.execute(
        "INSERT INTO datasets (name, digest, source_type, source, schema, profile, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name, digest) DO UPDATE SET"
        " source_type = iif(excluded.source = '', source_type, excluded.source_type),"
        " source = iif(excluded.source = '', source, excluded.source),"
        " schema = iif(excluded.schema = '{}', schema, excluded.schema),"
        " profile = iif(excluded.profile = '{}', profile, excluded.profile) RETURNING id",
        (
            *(dataset.name, dataset.digest, dataset.source_type, dataset.source),
            *(json.dumps(dict(dataset.schema)), json.dumps(dict(dataset.profile)), time),
        ),
    ).fetchone()
    return number


def _executions(db: sqlite3.Connection, run: int) -> tuple[Execution, ...]:
    rows = db.execute(
        "SELECT id, name, kind, state, metadata, created_at FROM run_executions"
        " JOIN executions ON executions.id = execution WHERE run = ? ORDER BY created_at, id",
        (run,),
    )
    return tuple(
        Execution(identity, name, kind, state, json.loads(metadata), moment(created))
        for identity, name, kind, state, metadata, created in rows
    )
