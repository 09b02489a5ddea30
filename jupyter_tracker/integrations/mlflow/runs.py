"""Runs of the local store for MLflow."""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from mlflow.entities import DatasetInput, LoggedModelInput, Run, RunInfo, RunTag, ViewType, _DatasetSummary
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST
from mlflow.utils.mlflow_tags import (
    MLFLOW_GIT_BRANCH,
    MLFLOW_GIT_COMMIT,
    MLFLOW_LOGGED_MODELS,
    MLFLOW_PARENT_RUN_ID,
    MLFLOW_RUN_NAME,
    MLFLOW_RUN_NOTE,
    MLFLOW_USER,
)
from mlflow.utils.name_utils import _generate_random_name
from mlflow.utils.search_utils import SearchUtils

from jupyter_tracker import flow, models
from jupyter_tracker.backends.local.importing.target import fitting_name
from jupyter_tracker.backends.local.logged_models import ModelUse
from jupyter_tracker.backends.operations import RunQuery
from jupyter_tracker.errors import NotFound
from jupyter_tracker.filters import sort_runs
from jupyter_tracker.integrations.mlflow.entities import STATES, dataset_use, run_entity
from jupyter_tracker.integrations.mlflow.experiments import DEFAULT_ID, LIFECYCLES, Experiments, checked_limit
from jupyter_tracker.integrations.mlflow.search import expression, orders
from jupyter_tracker.models import Environment, Lifecycle, RunKind

SUMMARIES = 1000
"""How many datasets of experiments are named at most, as in MLflow's own stores."""


class Runs(Experiments):
    """Runs by their whole id.

    In a submitted run, the first run that its code makes is the submitted run itself, and later ones are parts of it;
    so are those of processes beside the one that has it.
    """

    def __init__(self, store_uri: str, artifact_uri: str | None = None) -> None:
        super().__init__(store_uri, artifact_uri)
        self._taken = False
        self._taking = Lock()

    def create_run(
        self,
        experiment_id: str | None,
        user_id: str | None,
        start_time: int,
        tags: Sequence[RunTag] | None,
        run_name: str | None,
    ) -> Run:
        given = {tag.key: str(tag.value) for tag in tags or ()}
        named = given.pop(MLFLOW_RUN_NAME, "")
        if run_name and named and run_name != named:
            raise MlflowException(
                "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values"
                f" (run_name='{run_name}', mlflow.runName='{named}').",
                error_code=INVALID_PARAMETER_VALUE,
            )
        if user_id and user_id != "unknown":
            given.setdefault(MLFLOW_USER, user_id)
        parent = given.pop(MLFLOW_PARENT_RUN_ID, "")
        if not parent and self.own_run is not None:
            parent = self.own_run.id
            if self._take(parent):
                self.write_tags(parent, given)
                return self.get_run(parent)
        return self._made(experiment_id, start_time, given, parent, run_name or named)

    def get_run(self, run_id: str) -> Run:
        return self._entities([self.run(run_id)])[0]

    def update_run_info(
        self, run_id: str, run_status: int | None, end_time: int | None, run_name: str | None
    ) -> RunInfo:
        found = self.run(run_id)
        self._check_active(found)
        if run_name and run_name != found.name and found.kind is RunKind.IN_KERNEL:
            self.backend.guests.write(run_id, {}, {}, name=fitting_name(run_name, "run"))
        if run_status is not None:
            at = None if end_time is None else end_time * 1000
            self.backend.guests.set_state(run_id, STATES[run_status], at, watched=not self.serving)
        return self.get_run(run_id).info

    def delete_run(self, run_id: str) -> None:
        self.backend.guests.delete(run_id)

    def restore_run(self, run_id: str) -> None:
        self.backend.guests.restore(run_id)

    def delete_tag(self, run_id: str, key: str) -> None:
        if key not in self.get_run(run_id).data.tags:
            raise MlflowException(
                f"No tag with name: {key} in run with id {run_id}", error_code=RESOURCE_DOES_NOT_EXIST
            )
        self.write_tags(run_id, {key: None})

    def record_logged_model(self, run_id: str, mlflow_model: Any) -> None:
        recorded = json.loads(self.run(run_id).tags.get(MLFLOW_LOGGED_MODELS, "[]"))
        self.write_tags(run_id, {MLFLOW_LOGGED_MODELS: json.dumps([*recorded, mlflow_model.get_tags_dict()])})

    def log_inputs(
        self,
        run_id: str,
        datasets: Sequence[DatasetInput] | None = None,
        models: Sequence[LoggedModelInput] | None = None,
    ) -> None:
        self._check_active(self.run(run_id))
        if datasets:
            flow.run(self.backend.lineage.log_inputs(run_id, [dataset_use(each) for each in datasets]))
        if models:
            self.backend.logged_models.use(run_id, [ModelUse(each.model_id, "input") for each in models])

    def _search_runs(
        self,
        experiment_ids: Sequence[str],
        filter_string: str | None,
        run_view_type: int,
        max_results: int,
        order_by: Sequence[str] | None,
        page_token: str | None,
    ) -> tuple[list[Run], str | None]:
        checked_limit(max_results)
        ids = [self.experiment(each).id if each == DEFAULT_ID else each for each in experiment_ids]
        query = RunQuery(
            experiment=ids[0] if len(ids) == 1 else None,
            where=expression(filter_string, ids),
            order_by=orders(order_by),
            limit=max_results,
        )
        lifecycles = LIFECYCLES[run_view_type]
        try:
            if run_view_type != ViewType.ALL:
                cursor = page_token or None
                page = flow.run(self.backend.runs.list(replace(query, lifecycle=lifecycles[0], cursor=cursor)))
                return self._entities(page.items), page.cursor
            found = [run for lifecycle in lifecycles for run in self._all(replace(query, lifecycle=lifecycle))]
        except NotFound:
            return [], None  # as MLflow's own stores answer of an experiment that is not there
        shown, token = SearchUtils.paginate(sort_runs(found, query.order_by), page_token, max_results)
        return self._entities(shown), token

    def _search_datasets(self, experiment_ids: Sequence[str]) -> list[_DatasetSummary]:
        """What MLflow's UI offers where runs are filtered by dataset."""
        found: dict[tuple[str, str, str, str], None] = {}
        for experiment_id in experiment_ids:
            query = RunQuery(experiment=self.experiment(experiment_id).id)
            ids = [run.id for run in self._all(query)]
            for uses in self.backend.guests.inputs(ids).values():
                found |= {(experiment_id, use.dataset.name, use.dataset.digest, use.context): None for use in uses}
        return [
            _DatasetSummary(experiment_id=experiment_id, name=name, digest=digest, context=context or None)
            for experiment_id, name, digest, context in list(found)[:SUMMARIES]
        ]

    def run(self, run_id: str) -> models.RunInfo:
        """The run of an id; `NotFound` when there is none, whatever has that name."""
        found = flow.run(self.backend.runs.get(run_id))
        if found.id != run_id:
            raise NotFound("run", run_id, [found.id], "MLflow names runs by id.")
        return found

    def write_tags(self, run_id: str, tags: Mapping[str, str | None]) -> None:
        """Set tags, or remove those of value None; some are not tags here."""
        self.write(run_id, {}, tags)

    def write(self, run_id: str, params: Mapping[str, str], tags: Mapping[str, str | None]) -> None:
        """Add params, and set or remove tags."""
        plain = dict(tags)
        special = {
            key: plain.pop(key) for key in (MLFLOW_RUN_NAME, MLFLOW_RUN_NOTE, MLFLOW_PARENT_RUN_ID) if key in tags
        }
        self.backend.guests.write(
            run_id,
            params,
            plain,
            name=fitting_name(special[MLFLOW_RUN_NAME], "run") if special.get(MLFLOW_RUN_NAME) else None,
            notes=special[MLFLOW_RUN_NOTE] or "" if MLFLOW_RUN_NOTE in special else None,
            parent=special[MLFLOW_PARENT_RUN_ID] or "" if MLFLOW_PARENT_RUN_ID in special else None,
        )

    def _made(self, experiment_id: str | None, start_time: int, tags: Mapping[str, str], parent: str, name: str) -> Run:
        if self.own_run is not None and experiment_id in {None, DEFAULT_ID}:
            experiment_id = self.own_run.experiment_id
        experiment = self.experiment(experiment_id)
        if experiment.lifecycle is Lifecycle.DELETED:
            raise MlflowException(
                f"The experiment {experiment.id} was deleted; it takes no runs.", error_code=INVALID_PARAMETER_VALUE
            )
        run_id = os.urandom(16).hex()
        plain = dict(tags)
        notes = plain.pop(MLFLOW_RUN_NOTE, "")
        # Of a run in this process, everything around it is captured instead.
        git = Environment(git_commit=tags.get(MLFLOW_GIT_COMMIT, ""), git_branch=tags.get(MLFLOW_GIT_BRANCH, ""))
        self.backend.guests.create(
            run_id,
            experiment.name,
            fitting_name(name, _generate_random_name()),
            plain,
            notes,
            parent,
            git if self.serving else Environment(),
            start_time * 1000,
            watched=not self.serving,
        )
        return self.get_run(run_id)

    def _take(self, run_id: str) -> bool:
        """Whether the run that is to be made is the submitted one: the first of this process, and of no other."""
        import fcntl  # nothing is submitted where it is missing

        with self._taking:
            if self._taken:
                return False
            self._taken = True
            # It is locked as long as this process lives.
            lock = os.open(self.backend.store.run_folder(run_id) / "mlflow.lock", os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                return False
            return True

    def _entities(self, infos: Iterable[models.RunInfo]) -> list[Run]:
        """Runs with the datasets and models that belong to them."""
        found = list(infos)
        ids = [info.id for info in found]
        datasets, uses = self.backend.guests.inputs(ids), self.backend.logged_models.uses(ids)
        locations = {each: self._location_of(each) for each in {info.experiment_id for info in found}}
        return [
            run_entity(
                info,
                posixpath.join(locations[info.experiment_id], info.id, "artifacts"),
                datasets.get(info.id, ()),
                uses.get(info.id, ()),
                samples=self.serving,  # MLflow's UI draws them
            )
            for info in found
        ]

    def _location_of(self, experiment_id: str) -> str:
        return self.location(flow.run(self.backend.experiments.get(experiment_id)))

    def _all(self, query: RunQuery) -> Iterable[models.RunInfo]:
        while True:
            page = flow.run(self.backend.runs.list(query))
            yield from page.items
            if page.cursor is None:
                return
            query = replace(query, cursor=page.cursor)

    @staticmethod
    def _check_active(found: models.RunInfo) -> None:
        if found.lifecycle is Lifecycle.DELETED:
            raise MlflowException(
                f"The run {found.id} must be in the 'active' state. Current state is deleted.",
                error_code=INVALID_PARAMETER_VALUE,
            )
