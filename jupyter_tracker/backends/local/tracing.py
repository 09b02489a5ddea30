"""The graph of what led to something and what followed from it, found level by level in the tables of the store.

A kind of node is a query for its rows, a relation is a query for pairs of keys; both stand in a table below, which is
all that has to be known of one more.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from jupyter_tracker.backends.local.rows import moment
from jupyter_tracker.errors import NotFound
from jupyter_tracker.models import LineageEdge, LineageGraph, LineageNode, NodeKind

Key: TypeAlias = int | str
"""What the tables call a thing."""
Place: TypeAlias = tuple[NodeKind, Key]


@dataclass(frozen=True, slots=True)
class Relation:
    """Pairs of things of which one led to the other."""

    name: str
    before: NodeKind
    after: NodeKind
    pairs: str
    """A query with the columns `before`, `after` and `label`; it is asked from either side."""


_TOP = "iif(instr(path, '/'), substr(path, 1, instr(path, '/') - 1), path)"
"""An artifact in the graph: a file, or a folder with all that is in it."""

RELATIONS = (
    Relation(
        "input",
        NodeKind.DATASET,
        NodeKind.RUN,
        "SELECT dataset AS before, run AS after, context AS label FROM dataset_uses WHERE role = 'input'",
    ),
    Relation(
        "code",
        NodeKind.SOURCE,
        NodeKind.RUN,
        "SELECT source AS before, number AS after, '' AS label FROM runs WHERE source IS NOT NULL",
    ),
    Relation(
        "part",
        NodeKind.RUN,
        NodeKind.RUN,
        "SELECT whole.number AS before, runs.number AS after, '' AS label FROM runs"
        " JOIN runs AS whole ON whole.id = runs.parent WHERE runs.parent != ''",
    ),
    Relation(
        "output",
        NodeKind.RUN,
        NodeKind.DATASET,
        "SELECT run AS before, dataset AS after, context AS label FROM dataset_uses WHERE role = 'output'",
    ),
    Relation(
        "execution",
        NodeKind.RUN,
        NodeKind.EXECUTION,
        "SELECT run AS before, execution AS after, '' AS label FROM run_executions",
    ),
    Relation(
        "checkpoint",
        NodeKind.RUN,
        NodeKind.CHECKPOINT,
        "SELECT run AS before, id AS after, '' AS label FROM checkpoints",
    ),
    Relation(
        "model",
        NodeKind.CHECKPOINT,
        NodeKind.MODEL,
        "SELECT checkpoints.id AS before, models.id AS after, '' AS label FROM models"
        " JOIN checkpoints ON checkpoints.id = models.checkpoint WHERE models.checkpoint != ''",
    ),
    Relation(  # where there never was a checkpoint, or is none any more
        "model",
        NodeKind.RUN,
        NodeKind.MODEL,
        "SELECT number AS before, models.id AS after, '' AS label FROM models JOIN runs ON runs.id = models.run"
        " WHERE models.run != '' AND NOT EXISTS (SELECT 1 FROM checkpoints WHERE id = models.checkpoint)",
    ),
    Relation(
        "artifact",
        NodeKind.RUN,
        NodeKind.ARTIFACT,
        f"SELECT DISTINCT run AS before, run || '/' || {_TOP} AS after, '' AS label FROM artifacts"
        " WHERE path NOT LIKE 'checkpoints/%' AND path NOT LIKE 'models/m-%'",
    ),
)

_WANTED = "IN (SELECT value FROM json_each(?))"
_NODES: Mapping[NodeKind, str] = {
    NodeKind.DATASET: "SELECT id, id, name || '@' || substr(digest, 1, 8), source, created_at FROM datasets"
    f" WHERE id {_WANTED}",
    NodeKind.SOURCE: f"SELECT id, id, name || '@' || version, entry_point, created_at FROM sources WHERE id {_WANTED}",
    NodeKind.RUN: "SELECT number, runs.id, experiments.name || ' / ' || runs.name,"
    " iif(runs.lifecycle = 'active', state, state || ', ' || runs.lifecycle), runs.created_at"
    f" FROM runs JOIN experiments ON experiments.id = experiment_id WHERE number {_WANTED}",
    NodeKind.EXECUTION: f"SELECT id, id, name, state, created_at FROM executions WHERE id {_WANTED}",
    NodeKind.CHECKPOINT: "SELECT id, id, 'step ' || step, iif(completed_at IS NULL, 'incomplete', size || ' bytes'),"
    f" created_at FROM checkpoints WHERE id {_WANTED}",
    NodeKind.MODEL: "SELECT id, id, name || '@' || version, iif(lifecycle = 'active', size || ' bytes', lifecycle),"
    f" created_at FROM models WHERE id {_WANTED}",
    # The key is taken apart, so that only the artifacts of that run are read; 0 is the character behind the slash.
    NodeKind.ARTIFACT: "SELECT key, runs.id || '/' || top, iif(count(*) > 1, top || '/', top), sum(size) || ' bytes',"
    " max(artifacts.created_at) FROM (SELECT value AS key, CAST(value AS INTEGER) AS run,"
    " substr(value, instr(value, '/') + 1) AS top FROM json_each(?)) AS wanted JOIN runs ON number = wanted.run"
    " JOIN artifacts ON artifacts.run = wanted.run AND (path = top OR path >= top || '/' AND path < top || '0')"
    " GROUP BY key",
}
"""A query for each kind: key, id, name, detail and time of those whose keys are wanted."""


def find_datasets(db: sqlite3.Connection, reference: str) -> list[int]:
    """The datasets of a name, a digest or `name@digest`; digests may be cut short.

    Raises:
        NotFound: there is none; close names are suggested.
    """
    name, _, digest = reference.rpartition("@")
    rows = (
        db.execute("SELECT id FROM datasets WHERE name = ? ORDER BY id", (reference,)).fetchall()
        or db.execute(
            "SELECT id FROM datasets WHERE digest >= ? AND digest < ? || char(1114111) AND ? IN ('', name)"
            " AND ? != '' ORDER BY id",
            (digest, digest, name, digest),
        ).fetchall()
    )
    if not rows:
        known = [row[0] for row in db.execute("SELECT DISTINCT name FROM datasets")]
        raise NotFound("dataset", reference, known, "`run.log_input(…)` logs one.")
    return [row[0] for row in rows]


def traced(db: sqlite3.Connection, kind: NodeKind, keys: Sequence[Key], limit: int) -> LineageGraph:
    """What led to some things and what followed from them, up to `limit` nodes."""
    starts: list[Place] = [(kind, key) for key in keys[:limit]]
    walk = _Walk(db, limit, starts, complete=len(starts) == len(keys))
    walk.follow(starts, forward=False)
    walk.follow(starts, forward=True)
    return walk.graph(starts)


class _Walk:
    """A walk along the relations, nearest things first; each thing is met once, so that circles end."""

    def __init__(self, db: sqlite3.Connection, limit: int, starts: Sequence[Place], *, complete: bool) -> None:
        self._db = db
        self._limit = limit
        self._places: dict[Place, None] = dict.fromkeys(starts)
        self._edges: dict[tuple[Place, Place, str, str], None] = {}
        self._complete = complete

    def follow(self, starts: Sequence[Place], *, forward: bool) -> None:
        """Go on from some things in one direction until nothing new is met."""
        level = list(starts)
        seen = set(starts)  # in this direction: what led to the start may also follow from it
        while level:
            reached: dict[Place, None] = {}
            for relation in RELATIONS:
                here, there = (relation.before, relation.after) if forward else (relation.after, relation.before)
                keys = [key for kind, key in level if kind is here]
                for near, far, label in self._pairs(relation, keys, forward=forward) if keys else ():
                    place = there, far
                    if place not in self._places and len(self._places) >= self._limit:
                        self._complete = False
                        continue
                    self._places[place] = None
                    if place not in seen:
                        reached[place] = None
                        seen.add(place)
                    ends = ((here, near), place) if forward else (place, (here, near))
                    self._edges[(*ends, relation.name, label)] = None
            level = list(reached)

    def graph(self, starts: Sequence[Place]) -> LineageGraph:
        """What was met."""
        nodes = self._nodes()
        return LineageGraph(
            tuple(nodes[place].key for place in starts),
            tuple(nodes[place] for place in self._places),
            tuple(
                LineageEdge(nodes[before].key, nodes[after].key, name, label)
                for before, after, name, label in self._edges
            ),
            self._complete,
        )

    def _pairs(self, relation: Relation, keys: Sequence[Key], *, forward: bool) -> list[tuple[Key, Key, str]]:
        near, far = ("before", "after") if forward else ("after", "before")
        sql = f"SELECT {near}, {far}, label FROM ({relation.pairs}) WHERE {near} IN (SELECT value FROM json_each(?))"
        # One more than there may be tells that there are more.
        return self._db.execute(f"{sql} ORDER BY {far} LIMIT ?", (json.dumps(keys), self._limit + 1)).fetchall()

    def _nodes(self) -> dict[Place, LineageNode]:
        found: dict[Place, LineageNode] = {}
        for kind, places in groupby(sorted(self._places, key=itemgetter(0)), key=itemgetter(0)):
            keys = json.dumps([key for _, key in places])
            for key, identity, name, detail, created in self._db.execute(_NODES[kind], (keys,)):
                found[kind, key] = LineageNode(kind, str(identity), name, detail, moment(created))
        return found
