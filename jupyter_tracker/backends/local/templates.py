"""Templates in the local store."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_tracker.backends.common.code.collection import CREATED
from jupyter_tracker.backends.common.configcheck import checked_schema, mistakes
from jupyter_tracker.backends.common.values import checked_name, plain_data, plain_params
from jupyter_tracker.backends.local import trash
from jupyter_tracker.backends.local.purge import purge_template
from jupyter_tracker.backends.local.rows import moment
from jupyter_tracker.backends.local.sources.noun import LocalSources
from jupyter_tracker.backends.local.sources.rows import files_of_source, find_source
from jupyter_tracker.backends.local.store import Store, now
from jupyter_tracker.backends.local.versions import find_version, like_pattern
from jupyter_tracker.backends.operations import TemplateOperations
from jupyter_tracker.errors import InvalidConfig, InvalidInput
from jupyter_tracker.flow import Flow, local
from jupyter_tracker.models import (
    Cleanup,
    Code,
    CodeKind,
    ConfigMistake,
    JsonValue,
    Lifecycle,
    Resources,
    Source,
    Template,
)

_COLUMNS = (
    "id, name, version, source, entry_point, schema, defaults, resources, description, lifecycle,"
    " created_at, updated_at"
)


class LocalTemplates(TemplateOperations):
    """Templates as rows, each with a source."""

    def __init__(self, store: Store, sources: LocalSources) -> None:
        self._store = store
        self._sources = sources

    def create(
        self,
        name: str,
        code: Code,
        schema: Mapping[str, JsonValue],
        defaults: Mapping[str, JsonValue],
        resources: Mapping[str, JsonValue],
        description: str,
    ) -> Flow[Template]:
        def call() -> Template:
            checked_name("template", name)
            Resources.parse(resources)
            recipe = (checked_schema(schema), plain_params(defaults), plain_data(resources, "resource"))
            contradictions = [each for each in mistakes(recipe[0], recipe[1]) if each.rule != "required"]
            if contradictions:
                raise InvalidConfig(f"defaults of the template {name!r}", contradictions)
            source = self._source(code)
            with self._store.write() as db:
                entry_point = _entry_point(db, source, code.entry_point)
                return _add(db, name, (source.id, entry_point, *map(json.dumps, recipe)), description)

        return local(call)

    def get(self, reference: str) -> Flow[Template]:
        def call() -> Template:
            with self._store.read() as db:
                return _find(db, reference)

        return local(call)

    def list(self, pattern: str | None, versions: bool, lifecycle: Lifecycle) -> Flow[tuple[Template, ...]]:
        def call() -> tuple[Template, ...]:
            with self._store.read() as db:
                found = _select(
                    db,
                    "lifecycle = ? AND name LIKE ? ESCAPE '\\' ORDER BY name, version DESC",
                    lifecycle,
                    like_pattern(pattern),
                )
            if versions:
                return tuple(found)
            latest: dict[str, Template] = {}
            for template in found:
                latest.setdefault(template.name, template)
            return tuple(latest.values())

        return local(call)

    def validate(self, reference: str, config: Mapping[str, JsonValue]) -> Flow[tuple[ConfigMistake, ...]]:
        def call() -> tuple[ConfigMistake, ...]:
            with self._store.read() as db:
                template = _find(db, reference)
            return mistakes(template.schema, template.config(plain_params(config)))

        return local(call)

    def update(self, reference: str, description: str) -> Flow[Template]:
        def change(db: sqlite3.Connection, found: Template) -> None:
            trash.check_not_deleted("template", found.label, found.lifecycle, "change")
            db.execute("UPDATE templates SET description = ? WHERE id = ?", (description, found.id))

        return self._change(reference, change)

    def delete(self, reference: str) -> Flow[Template]:
        return self._move(reference, trash.DELETE)

    def restore(self, reference: str) -> Flow[Template]:
        return self._move(reference, trash.RESTORE)

    def archive(self, reference: str) -> Flow[Template]:
        return self._move(reference, trash.ARCHIVE)

    def unarchive(self, reference: str) -> Flow[Template]:
        return self._move(reference, trash.UNARCHIVE)

    def purge(self, reference: str) -> Flow[Cleanup]:
        def call() -> Cleanup:
            with self._store.write() as db:
                found = _find(db, reference)
                return purge_template(db, found.id, found.label, found.lifecycle)

        return local(call)

    def _source(self, code: Code) -> Source:
        if not code.source:
            return self._sources.keep(code, None, "", None, CREATED)
        with self._store.read() as db:
            return find_source(db, code.source)

    def _move(self, reference: str, wanted: trash.Move) -> Flow[Template]:
        return self._change(reference, lambda db, found: trash.move(db, "template", found.id, found.label, wanted))

    def _change(self, reference: str, change: Callable[[sqlite3.Connection, Template], None]) -> Flow[Template]:
        def call() -> Template:
            with self._store.write() as db:
                found = _find(db, reference)
                change(db, found)
                db.execute("UPDATE templates SET updated_at = ? WHERE id = ?", (now(), found.id))
                return _find(db, found.id)

        return local(call)


def _entry_point(db: sqlite3.Connection, source: Source, wanted: str) -> str:
    """The entry point where it is another than the source's own."""
    if source.kind is not CodeKind.FOLDER or wanted in ("", source.entry_point):
        if not source.entry_point:
            raise InvalidInput(
                f"The source {source.label} has no entry point. Name one of its files with entry_point=."
            )
        return ""
    path = os.path.normpath(wanted)
    if path not in {file.path for file in files_of_source(db, source.digest)}:
        raise InvalidInput(f"The entry point {wanted!r} is no file of the source {source.label}.")
    return path


def _add(db: sqlite3.Connection, name: str, recipe: tuple[str, ...], description: str) -> Template:
    """The next version of a name, or the latest when it is the same recipe, which is in use again."""
    row = db.execute(
        "SELECT id, version, source, entry_point, schema, defaults, resources FROM templates WHERE name = ?"
        " ORDER BY version DESC LIMIT 1",
        (name,),
    ).fetchone()
    if row is not None and row[2:] == recipe:
        db.execute(
            "UPDATE templates SET lifecycle = ?, deleted_at = NULL, updated_at = ?,"
            " description = coalesce(nullif(?, ''), description) WHERE id = ?",
            (Lifecycle.ACTIVE, now(), description, row[0]),
        )
        return _find(db, row[0])
    identity = os.urandom(16).hex()
    version = 1 if row is None else row[1] + 1
    db.execute(
        f"INSERT INTO templates ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (identity, name, version, *recipe, description, Lifecycle.ACTIVE, now(), now()),
    )
    return _find(db, identity)


def _find(db: sqlite3.Connection, reference: str) -> Template:
    return find_version(db, _select, "template", reference)


def _select(db: sqlite3.Connection, rest: str, *values: object) -> list[Template]:
    return [_template(row) for row in db.execute(f"SELECT {_COLUMNS} FROM templates WHERE {rest}", values)]


def _template(row: tuple[Any, ...]) -> Template:
    return Template(
        id=row[0],
        name=row[1],
        version=row[2],
        source=row[3],
        entry_point=row[4],
        schema=json.loads(row[5]),
        defaults=json.loads(row[6]),
        resources=json.loads(row[7]),
        description=row[8],
        lifecycle=Lifecycle(row[9]),
        created_at=moment(row[10]),
        updated_at=moment(row[11]),
    )
