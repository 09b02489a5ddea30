"""A staged store into the one in use: all of it in one transaction, or nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jupyter_tracker.backends.local.experiments import clash
from jupyter_tracker.backends.local.importing.staging import Staging, fresh_id
from jupyter_tracker.backends.local.models import next_version
from jupyter_tracker.backends.local.store import Store
from jupyter_tracker.errors import Conflict
from jupyter_tracker.models import Imported, ImportedRun, Lifecycle, RunState

Row = dict[str, Any]


def merge(store: Store, staging: Staging, notes: list[str], *, again: bool) -> Imported:
    """Take over all that was staged.

    Raises:
        Conflict: a run is there already and is not wanted `again`, or its experiment was deleted.
    """
    moved: list[tuple[Path, Path]] = []
    try:
        with staging.store.read() as staged, store.write() as db:
            merging = _Merging(staged, db, again=again)
            imported = merging.copy()
            staging.announce(merging.runs.values())
            _move(staging.store.home, store, merging.runs, moved)
    except BaseException:
        for source, target in reversed(moved):
            if source.parent.is_dir():
                target.replace(source)
            else:
                shutil.rmtree(target, ignore_errors=True)
        raise
    return Imported(tuple(imported), (*notes, *merging.notes))


def _move(staged: Path, store: Store, runs: dict[str, str], moved: list[tuple[Path, Path]]) -> None:
    """Move the files; those of sources and models stay when the import fails, until `maintain` finds them unused."""
    for source in sorted(path for noun in ("sources", "models") for path in staged.glob(f"{noun}/objects/??/*")):
        target = store.home / source.relative_to(staged)
        if not target.exists() or target.stat().st_size != source.stat().st_size:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            source.replace(target)
    for old, new in runs.items():
        source, target = staged / "runs" / old, store.home / "runs" / new
        if not source.is_dir():
            continue
        if target.exists():  # what is left of an import that was killed: no run has this id
            target.replace(staged / "runs" / f"replaced-{new}")
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        source.replace(target)
        moved.append((source, target))


class _Merging:
    """Copies rows from one database to another; what they refer to gets the numbers and ids that it has there."""

    def __init__(self, staged: sqlite3.Connection, db: sqlite3.Connection, *, again: bool) -> None:
        self._staged = staged
        self._db = db
        self.notes: list[str] = []
        self.runs = self._run_ids(again=again)
        self._experiments = self._merged_experiments()
        self._sources = self._merged_sources()
        self._key_sets = self._merged_key_sets()
        self._datasets = self._merged_datasets()
        self._checkpoints: dict[str, str] = {}
        self._first_run = self._last("runs", "number")
        self._first_journal = self._last("journals", "id")

    def copy(self) -> list[ImportedRun]:
        """Copy the runs and all that belongs to them."""
        self._copy("runs")
        for table in self._tables_of_runs():
            self._copy(table)
        self._copy_models()
        rows = self._db.execute(
            "SELECT runs.id, runs.name, experiments.name, state,"
            " (SELECT coalesce(sum(count), 0) FROM metrics WHERE run = number),"
            " (SELECT count(*) FROM artifacts WHERE run = number)"
            " FROM runs JOIN experiments ON experiments.id = experiment_id WHERE number > ? ORDER BY number",
            (self._first_run,),
        )
        return [
            ImportedRun(identity, name, experiment, RunState(state), points, files)
            for identity, name, experiment, state, points, files in rows
        ]

    def _run_ids(self, *, again: bool) -> dict[str, str]:
        """Each run's id here."""
        ids = [row["id"] for row in self._rows("runs")]
        here = {
            known
            for (known,) in self._db.execute(
                "SELECT id FROM runs WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
            )
        }
        if here and not again:
            first = ", ".join(sorted(here)[:3]) + (f" and {len(here) - 3:,} more" if len(here) > 3 else "")
            raise Conflict(
                f"{len(here):,} of {len(ids):,} runs are in this store already: {first}. Nothing was imported. "
                "Give again=True (`--again`) to have them once more, under new ids."
            )
        return {identity: fresh_id() if identity in here else identity for identity in ids}

    def _merged_experiments(self) -> dict[str, str]:
        found = {}
        for row in self._rows("experiments"):
            same = self._db.execute("SELECT id, lifecycle FROM experiments WHERE name = ?", (row["name"],)).fetchone()
            if same is None:
                found[row["id"]] = row["id"] = self._free("experiments", row["id"])
                self._insert("experiments", row)
                continue
            if same[1] == Lifecycle.DELETED and row["lifecycle"] != Lifecycle.DELETED:
                raise Conflict(clash(row["name"], same[1]))
            found[row["id"]] = same[0]
            self.notes.append(f"The experiment {row['name']!r} is here already: its runs joined it.")
        return found

    def _merged_sources(self) -> dict[str, str]:
        found = {}
        for row in self._rows("sources"):
            same = self._db.execute(
                "SELECT id FROM sources WHERE name = ? AND digest = ? AND kind = ? AND entry_point = ?"
                " ORDER BY id = ? DESC LIMIT 1",
                (row["name"], row["digest"], row["kind"], row["entry_point"], row["id"]),
            ).fetchone()
            if same is not None:
                found[row["id"]] = same[0]
                continue
            found[row["id"]] = row["id"] = self._free("sources", row["id"])
            taken = {
                version for (version,) in self._db.execute("SELECT version FROM sources WHERE name = ?", (row["name"],))
            }
            if row["version"] in taken:
                row["version"] = max(taken) + 1
            self._insert("sources", row)
        for row in self._rows("source_files"):
            self._insert("source_files", row, "OR IGNORE")
        return found

    def _merged_key_sets(self) -> dict[int, int]:
        found = {}
        for row in self._rows("key_sets"):
            self._db.execute("INSERT OR IGNORE INTO key_sets (keys) VALUES (?)", (row["keys"],))
            (found[row["id"]],) = self._db.execute("SELECT id FROM key_sets WHERE keys = ?", (row["keys"],)).fetchone()
        return found

    def _merged_datasets(self) -> dict[int, int]:
        """Executions as well: what is known here of one stays as it is."""
        found = {}
        for row in self._rows("datasets"):
            staged = row.pop("id")
            self._insert("datasets", row, "OR IGNORE")
            same = "SELECT id FROM datasets WHERE name = ? AND digest = ?"
            (found[staged],) = self._db.execute(same, (row["name"], row["digest"])).fetchone()
        for row in self._rows("executions"):
            self._insert("executions", row, "OR IGNORE")
        return found

    def _copy_models(self) -> None:
        """A version that is here already stays as it is; one with other files gets the next version."""
        files: dict[str, list[Row]] = {}
        for row in self._rows("model_files"):
            files.setdefault(row["model"], []).append(row)
        for row in self._rows("models"):
            kept, label = files.get(row["id"], []), f"{row['name']}@{row['version']}"
            known = dict(self._db.execute("SELECT version, id FROM models WHERE name = ?", (row["name"],)).fetchall())
            if (same := known.get(row["version"])) is not None:
                here = self._db.execute("SELECT path, sha256 FROM model_files WHERE model = ?", (same,)).fetchall()
                if {*here} == {(file["path"], file["sha256"]) for file in kept}:
                    self.notes.append(f"The model {label} is here already and stays as it is.")
                    continue
                row["version"] = str(next_version(known))
                self.notes.append(f"The model {label} is here with other files: its version is {row['version']} here.")
            row["id"] = self._free("models", row["id"])
            row["run"] = self.runs.get(row["run"], row["run"])
            row["checkpoint"] = self._checkpoints.get(row["checkpoint"], row["checkpoint"])
            self._insert("models", row)
            for file in kept:
                self._insert("model_files", {**file, "model": row["id"]})

    def _tables_of_runs(self) -> list[str]:
        """The tables whose rows belong to a run, which they say by a foreign key."""
        names = [name for (name,) in self._staged.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [name for name in names if any(key[2] == "runs" for key in self._references(name))]

    def _copy(self, table: str) -> None:
        owners = [key[3] for key in self._references(table) if key[2] == "runs"]
        for row in self._rows(table):
            for column in owners:
                row[column] += self._first_run
            self._insert(table, self._adapted(table, row))

    def _adapted(self, table: str, row: Row) -> Row:
        """A row with the ids and numbers that things have here."""
        if table == "runs":
            row["number"] += self._first_run
            row["id"] = self.runs[row["id"]]
            row["experiment_id"] = self._experiments[row["experiment_id"]]
            row["source"] = self._sources.get(row["source"])
            row["submission"] = self._submission(row["submission"])
            row["fields"], row["metrics"] = self._key_sets[row["fields"]], self._key_sets[row["metrics"]]
            if "parent" in row:
                row["parent"] = self.runs.get(row["parent"], row["parent"])
        elif table == "journals":
            row["id"] += self._first_journal
            row["name"] = f"{row['name']}-{fresh_id()[:12]}"
        elif table == "chunks":
            del row["id"]
            row["journal"] += self._first_journal
            row["key_set"] = self._key_sets[row["key_set"]]
        elif table == "checkpoints":
            self._checkpoints[row["id"]] = row["id"] = self._free("checkpoints", row["id"])
        elif table == "dataset_uses":
            row["dataset"] = self._datasets[row["dataset"]]
        return row

    def _submission(self, text: str | None) -> str | None:
        record = None if text is None else json.loads(text)
        if record is None or not record["code"]["source"]:
            return text
        source = record["code"]["source"]
        record["code"]["source"] = self._sources.get(source, source)
        return json.dumps(record)

    def _rows(self, table: str) -> Iterator[Row]:
        order = "number" if table == "runs" else "1"
        # Columns that SQLite computes are not among these.
        names = [column for _, column, *_ in self._staged.execute(f"PRAGMA table_info({table})")]
        cursor = self._staged.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY {order}")
        return (dict(zip(names, row, strict=True)) for row in cursor)

    def _insert(self, table: str, row: Row, how: str = "") -> None:
        marks = ", ".join("?" * len(row))
        self._db.execute(f"INSERT {how} INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))

    def _references(self, table: str) -> list[tuple[Any, ...]]:
        return self._staged.execute(f"PRAGMA foreign_key_list({table})").fetchall()

    def _last(self, table: str, column: str) -> int:
        (last,) = self._db.execute(f"SELECT coalesce(max({column}), 0) FROM {table}").fetchone()
        return int(last)

    def _free(self, table: str, identity: str) -> str:
        """An id that is free, if possible this one."""
        taken = self._db.execute(f"SELECT 1 FROM {table} WHERE id = ?", (identity,)).fetchone()
        return identity if taken is None else fresh_id()
