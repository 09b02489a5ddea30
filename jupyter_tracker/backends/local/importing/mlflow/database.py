"""Importing an MLflow database (SQLite), whichever version of MLflow made it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jupyter_tracker.backends.local.importing.mlflow.runs import (
    MlflowRun,
    Point,
    experiment,
    local_artifacts,
    number,
    stage,
    used_dataset,
)
from jupyter_tracker.backends.local.importing.target import Target
from jupyter_tracker.errors import InvalidImport
from jupyter_tracker.models import DatasetUse, Experiment

_MAGIC = b"SQLite format 3\0"
_LEFT_OUT = {"trace_info": "traces", "registered_models": "registered models", "logged_models": "logged models"}


def is_database(path: Path) -> bool:
    """Whether a file is an SQLite database."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def import_database(path: Path, target: Target, into: str | None) -> None:
    """Stage all experiments and runs of a database; into one experiment if one is named.

    Raises:
        InvalidImport: it is no database of MLflow, or is damaged.
    """
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA trusted_schema = OFF")
            _import(_Database(db), path, target, into)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.IntegrityError):
            raise  # of the store that is filled
        raise InvalidImport(f"{path} cannot be read as an MLflow database: {error}.") from error


def _import(source: _Database, path: Path, target: Target, into: str | None) -> None:
    if not {"experiments", "runs", "metrics", "params", "tags"} <= source.tables:
        raise InvalidImport(f"{path} is an SQLite database, and not one of MLflow: it has no table of runs.")
    source.prepare()
    found = {row["experiment_id"]: row for row in source.rows("experiments", experiment_id=None, name=None, **_TIMES)}
    places: dict[Any, str] = {}
    for run, home in source.runs():
        if home not in places:
            row = found.get(home, {"name": None})
            one = experiment(home, row["name"], dict(row), source.pairs("experiment_tags", "experiment_id", home))
            places[home] = target.experiment(Experiment("", into) if into else one)
        near = (path.resolve().parent,)
        stage(target, places[home], run, source.points(run.id), local_artifacts(run, near))
    if not into:
        for home, row in found.items():
            if home not in places and not (row["name"] == "Default" and str(home) == "0"):
                tags = source.pairs("experiment_tags", "experiment_id", home)
                target.experiment(experiment(home, row["name"], dict(row), tags))
    for table, noun in _LEFT_OUT.items():
        count = source.count(table)
        if count:
            target.notes.append(f"{count:,} {noun} were left out: only experiments and runs are imported.")


_TIMES: Mapping[str, Any] = {"creation_time": None, "last_update_time": None, "lifecycle_stage": "active"}


class _Database:
    """Reads tables whose columns differ between versions; what lacks has a default."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        self._metrics = "metrics"

    def prepare(self) -> None:
        """See to it that the points of a run are found quickly, also in a database without an index for that."""
        for index in self._db.execute("PRAGMA index_list(metrics)").fetchall():
            first = self._db.execute(f"SELECT name FROM pragma_index_info({_quoted(index['name'])})").fetchone()
            if first is not None and first[0] == "run_uuid":
                return
        self._metrics = "temp.points"
        self._db.execute("CREATE TEMP TABLE points AS SELECT * FROM metrics")
        self._db.execute("CREATE INDEX temp.points_by_run ON points (run_uuid)")

    def rows(self, table: str, condition: str = "", *values: Any, **columns: Any) -> sqlite3.Cursor:
        """Some columns, each with the default that it has where the table lacks it."""
        bare = table.rpartition(".")[2]
        known = {row[1] for row in self._db.execute(f"PRAGMA table_info({bare})")}
        chosen = [f'"{name}"' if name in known else f"? AS {name}" for name in columns]
        defaults = [default for name, default in columns.items() if name not in known]
        return self._db.execute(f"SELECT {', '.join(chosen)} FROM {table} {condition}", (*defaults, *values))

    def count(self, table: str) -> int:
        """Rows of a table that may lack."""
        if table not in self.tables:
            return 0
        return int(self._db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])

    def pairs(self, table: str, owner: str, identity: Any) -> dict[str, str]:
        """Keys and values that belong to something."""
        if table not in self.tables:
            return {}
        rows = self.rows(table, f"WHERE {owner} = ? ORDER BY rowid", identity, key="", value="")
        return {row["key"]: "" if row["value"] is None else str(row["value"]) for row in rows}

    def runs(self) -> Iterator[tuple[MlflowRun, Any]]:
        """All runs, oldest first, each with the id of its experiment."""
        rows = self.rows(
            "runs",
            "ORDER BY start_time, rowid",
            run_uuid=None,
            name=None,
            status="FINISHED",
            start_time=None,
            end_time=None,
            lifecycle_stage="active",
            artifact_uri="",
            experiment_id=None,
        )
        for row in rows:
            run = MlflowRun(
                id=row["run_uuid"],
                name=row["name"],
                status=row["status"] or "",
                start_time=row["start_time"],
                end_time=row["end_time"],
                deleted=row["lifecycle_stage"] == "deleted",
                artifact_uri=row["artifact_uri"] or "",
                params=self.pairs("params", "run_uuid", row["run_uuid"]),
                tags=self.pairs("tags", "run_uuid", row["run_uuid"]),
                inputs=self._inputs(row["run_uuid"]),
            )
            yield run, row["experiment_id"]

    def points(self, run_id: str) -> Iterator[Point]:
        """All points of a run, metric by metric, in the order of their times."""
        rows = self.rows(
            self._metrics,
            "WHERE run_uuid = ? ORDER BY key, timestamp, step, rowid",
            run_id,
            key="",
            timestamp=0,
            value=0.0,
            step=0,
            is_nan=0,
        )
        for key, time, value, step, nan in rows:
            yield key, time, number(value, nan=bool(nan) or value is None), step

    def _inputs(self, run_id: str) -> list[DatasetUse]:
        if not {"inputs", "datasets"} <= self.tables:
            return []
        rows = self._db.execute(
            "SELECT input_uuid, name, digest, dataset_source_type AS source_type, dataset_source AS source,"
            " dataset_schema AS schema, dataset_profile AS profile FROM inputs"
            " JOIN datasets ON dataset_uuid = source_id WHERE destination_id = ? AND inputs.source_type = 'DATASET'",
            (run_id,),
        )
        return [used_dataset(dict(row), self._input_tags(row["input_uuid"])) for row in rows.fetchall()]

    def _input_tags(self, input_id: str) -> dict[str, str]:
        if "input_tags" not in self.tables:
            return {}
        return dict(self._db.execute("SELECT name, value FROM input_tags WHERE input_uuid = ?", (input_id,)).fetchall())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
