"""The graph of what led to a run or dataset and what followed from it, found level by level in subgraphs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from jupyter_tracker.backends.operations import RunOperations
from jupyter_tracker.backends.remote.times import moment
from jupyter_tracker.backends.vertex.checkpoints import RUN, is_checkpoint, parse_checkpoint
from jupyter_tracker.backends.vertex.datasets import INPUT, execution_id, parse_dataset, read_uses, roles_of
from jupyter_tracker.backends.vertex.executions import parse_execution
from jupyter_tracker.backends.vertex.kept import DIGEST, SIZE, path_of
from jupyter_tracker.backends.vertex.nodes import titled
from jupyter_tracker.backends.vertex.resources import DATASET, FILE, MODEL, Json, last
from jupyter_tracker.backends.vertex.series import PARALLEL
from jupyter_tracker.backends.vertex.site import Site
from jupyter_tracker.errors import NotFound
from jupyter_tracker.flow import Flow, Together
from jupyter_tracker.models import LineageEdge, LineageGraph, LineageNode, NodeKind, RunInfo

_OPERATION = "lineage.trace"
_GONE = "deleted"


@dataclass
class _Found:
    """What was met so far."""

    limit: int
    nodes: dict[str, LineageNode] = field(default_factory=dict)
    edges: dict[LineageEdge, None] = field(default_factory=dict)
    complete: bool = True

    def take(self, node: LineageNode) -> bool:
        """Whether there is still a place for a node."""
        if node.key not in self.nodes and len(self.nodes) >= self.limit:
            self.complete = False
            return False
        self.nodes.setdefault(node.key, node)
        return True


@dataclass(frozen=True)
class _Step:
    """One thing beside another: the edge, and what stands at its other end."""

    edge: LineageEdge
    there: LineageNode


class Tracing:
    """Walks over runs and datasets, nearest things first; each is met once, so that circles end."""

    def __init__(self, site: Site, runs: RunOperations) -> None:
        self._site = site
        self._runs = runs

    def graph(self, run: str | None, dataset: str | None, limit: int) -> Flow[LineageGraph]:
        """What led to a run, or to datasets, and what followed from them, up to `limit` nodes."""
        starts: Sequence[LineageNode]
        if run is not None:
            starts = [_run_node((yield from self._runs.get(run)))]
        else:
            starts = yield from self._datasets(dataset or "")
        found = _Found(limit)
        starts = [node for node in starts if found.take(node)]
        for forward in (False, True):
            yield from self._follow(found, starts, forward=forward)
        return LineageGraph(
            tuple(node.key for node in starts), tuple(found.nodes.values()), tuple(found.edges), found.complete
        )

    def _follow(self, found: _Found, starts: Sequence[LineageNode], *, forward: bool) -> Flow[None]:
        level, seen = list(starts), {node.key for node in starts}
        while level:
            answers: list[list[_Step]] = yield Together([self._beside(node) for node in level], PARALLEL)
            reached: dict[str, LineageNode] = {}
            for node, steps in zip(level, answers, strict=True):
                near = [step for step in steps if (step.edge.before if forward else step.edge.after) == node.key]
                for step in near:
                    if not found.take(step.there):
                        continue
                    found.edges[step.edge] = None
                    if step.there.key not in seen:
                        seen.add(step.there.key)
                        reached[step.there.key] = step.there
            level = list(reached.values())

    def _beside(self, node: LineageNode) -> Flow[list[_Step]]:
        if node.kind is NodeKind.RUN and node.detail != _GONE:
            return (yield from self._beside_run(node))
        if node.kind is NodeKind.DATASET:
            return (yield from self._beside_dataset(node))
        return []

    def _beside_run(self, run: LineageNode) -> Flow[list[_Step]]:
        subgraph = yield from self._site.nodes.subgraph(_OPERATION, self._site.names.context(run.id))
        artifacts: list[Json] = list(subgraph.get("artifacts") or ())
        executions = {one["name"]: one for one in subgraph.get("executions") or ()}
        datasets = {one["name"]: _dataset_node(one) for one in artifacts if one.get("schemaTitle") == DATASET}
        steps: list[_Step] = []
        for name, roles in roles_of(subgraph.get("events") or (), executions).items():
            for role, execution in roles if name in datasets else ():
                labels = _contexts(execution, role, last(name))
                steps += [_use(run, datasets[name], role, label, there=datasets[name]) for label in labels]
        others = [one for name, one in executions.items() if last(name) != execution_id(run.id)]
        steps += [_after(run, _execution_node(one), "execution") for one in others]
        for one in artifacts:
            if is_checkpoint(one):
                steps.append(_after(run, _checkpoint_node(one), "checkpoint"))
            elif one.get("schemaTitle") == MODEL:
                steps.append(_after(run, _model_node(one), "model"))
        return steps + [_after(run, node, "artifact") for node in _files(run, artifacts)]

    def _beside_dataset(self, dataset: LineageNode) -> Flow[list[_Step]]:
        name = self._site.names.artifact(dataset.id)
        subgraph = yield from self._site.nodes.subgraph(_OPERATION, name, "queryArtifactLineageSubgraph")
        executions = {one["name"]: one for one in subgraph.get("executions") or ()}
        steps = []
        for role, execution in roles_of(subgraph.get("events") or (), executions).get(name, ()):
            run = yield from self._run_of(execution)
            if run is not None:
                labels = _contexts(execution, role, dataset.id)
                steps += [_use(run, dataset, role, label, there=run) for label in labels]
        return steps

    def _run_of(self, execution: Json) -> Flow[LineageNode | None]:
        """The run whose data an execution has; None for one of somebody else."""
        run_id = str((execution.get("metadata") or {}).get(RUN) or "")
        if not run_id:
            return None
        try:
            return _run_node((yield from self._runs.get(run_id)))
        except NotFound:
            return LineageNode(NodeKind.RUN, run_id, run_id, _GONE, moment(execution.get("createTime")))

    def _datasets(self, reference: str) -> Flow[list[LineageNode]]:
        """The datasets of a name, a digest or `name@digest`; digests may be cut short."""
        listed = yield from self._site.nodes.list(_OPERATION, "artifacts", titled(DATASET))
        known = [(parse_dataset(one), one) for one in listed]
        name, _, digest = reference.rpartition("@")
        found = [one for each, one in known if each.name == reference] or [
            one for each, one in known if digest and each.digest.startswith(digest) and name in ("", each.name)
        ]
        if not found:
            raise NotFound("dataset", reference, [each.name for each, _ in known], "`run.log_input(…)` logs one.")
        return [_dataset_node(one) for one in found]


def _use(run: LineageNode, dataset: LineageNode, role: str, label: str, *, there: LineageNode) -> _Step:
    if role == INPUT:
        return _Step(LineageEdge(dataset.key, run.key, "input", label), there)
    return _Step(LineageEdge(run.key, dataset.key, "output", label), there)


def _after(run: LineageNode, node: LineageNode, relation: str) -> _Step:
    return _Step(LineageEdge(run.key, node.key, relation), node)


def _contexts(execution: Json, role: str, identity: str) -> Iterable[str]:
    """What for an execution used a dataset."""
    said = [context for kind, known, context in read_uses(execution).known if (kind, known) == (role, identity)]
    return said or [""]


def _run_node(run: RunInfo) -> LineageNode:
    return LineageNode(NodeKind.RUN, run.id, f"{run.experiment} / {run.name}", str(run.state), run.created_at)


def _dataset_node(artifact: Json) -> LineageNode:
    dataset = parse_dataset(artifact)
    created = moment(artifact.get("createTime"))
    return LineageNode(NodeKind.DATASET, last(artifact["name"]), dataset.label, dataset.source, created)


def _execution_node(execution: Json) -> LineageNode:
    one = parse_execution(execution)
    return LineageNode(NodeKind.EXECUTION, one.id, one.name, one.state, one.created_at)


def _checkpoint_node(artifact: Json) -> LineageNode:
    one = parse_checkpoint(artifact)
    detail = f"{one.size} bytes" if one.complete else "incomplete"
    return LineageNode(NodeKind.CHECKPOINT, one.id, f"step {one.step}", detail, one.created_at)


def _model_node(artifact: Json) -> LineageNode:
    identity = last(artifact["name"])
    framework = str((artifact.get("metadata") or {}).get("frameworkName") or "")
    created = moment(artifact.get("createTime"))
    return LineageNode(NodeKind.MODEL, identity, str(artifact.get("displayName") or identity), framework, created)


def _files(run: LineageNode, artifacts: Iterable[Json]) -> Iterator[LineageNode]:
    """The files of a run: each file at the top, or a folder with all that is in it."""
    sizes: dict[str, list[int]] = {}
    for one in artifacts:
        metadata = one.get("metadata") or {}
        path = path_of(one)
        if one.get("schemaTitle") == FILE and DIGEST in metadata and not path.startswith("checkpoints/"):
            sizes.setdefault(path.partition("/")[0], []).append(int(metadata.get(SIZE) or 0))
    for top, each in sorted(sizes.items()):
        name = f"{top}/" if len(each) > 1 else top
        yield LineageNode(NodeKind.ARTIFACT, f"{run.id}/{top}", name, f"{sum(each)} bytes")
