"""Experiments of the local store for MLflow."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from mlflow.entities import Experiment, ExperimentTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_ALREADY_EXISTS
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.tracking import SEARCH_MAX_RESULTS_DEFAULT, SEARCH_MAX_RESULTS_THRESHOLD
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE
from mlflow.utils.search_utils import SearchExperimentsUtils, SearchUtils
from mlflow.utils.validation import _validate_experiment_name

from jupyter_tracker import flow, models
from jupyter_tracker.errors import Conflict, NotFound
from jupyter_tracker.integrations.mlflow.base import Base
from jupyter_tracker.integrations.mlflow.entities import LOCATION_TAG, experiment_entity
from jupyter_tracker.integrations.mlflow.errors import translated
from jupyter_tracker.models import Lifecycle, RetentionMode

DEFAULT_ID = "0"
"""What MLflow calls the experiment of runs that are in no other."""
DEFAULT_NAME = "Default"
LIFECYCLES = {
    ViewType.ACTIVE_ONLY: (Lifecycle.ACTIVE,),
    ViewType.DELETED_ONLY: (Lifecycle.DELETED,),
    ViewType.ALL: (Lifecycle.ACTIVE, Lifecycle.ARCHIVED, Lifecycle.DELETED),
}


class Experiments(Base):
    """Experiments by id; 0 is `Default`, which is made when it is first asked for."""

    def search_experiments(
        self,
        view_type: int = ViewType.ACTIVE_ONLY,
        max_results: int = SEARCH_MAX_RESULTS_DEFAULT,
        filter_string: str | None = None,
        order_by: Sequence[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList:
        checked_limit(max_results)
        found = [
            self._experiment_entity(each)
            for lifecycle in LIFECYCLES[view_type]
            for each in flow.run(self.backend.experiments.list(lifecycle))
        ]
        chosen = SearchExperimentsUtils.filter(found, filter_string)
        ordered = SearchExperimentsUtils.sort(chosen, order_by or ["creation_time DESC", "experiment_id ASC"])
        return PagedList(*SearchUtils.paginate(ordered, page_token, max_results))

    def create_experiment(
        self, name: str, artifact_location: str | None = None, tags: Sequence[ExperimentTag] | None = None
    ) -> str:
        _validate_experiment_name(name)
        given = {tag.key: str(tag.value) for tag in tags or ()}
        notes = given.pop(MLFLOW_RUN_NOTE, "")
        if artifact_location:
            given[LOCATION_TAG] = artifact_location.rstrip("/")
        try:
            made = flow.run(self.backend.experiments.create(name, notes, given, RetentionMode.FULL, None))
        except Conflict as error:
            raise translated(error, RESOURCE_ALREADY_EXISTS) from error
        return made.id

    def get_experiment(self, experiment_id: str) -> Experiment:
        return self._experiment_entity(self.experiment(experiment_id))

    def get_experiment_by_name(self, experiment_name: str) -> Experiment | None:
        try:
            found = flow.run(self.backend.experiments.get(experiment_name))
        except NotFound:
            return None
        return self._experiment_entity(found) if found.name == experiment_name else None

    def delete_experiment(self, experiment_id: str) -> None:
        found = self.experiment(experiment_id)
        if found.lifecycle is not Lifecycle.DELETED:
            self.backend.guests.end_all(found.id)
            flow.run(self.backend.experiments.delete(found.id))

    def restore_experiment(self, experiment_id: str) -> None:
        found = self.experiment(experiment_id)
        if found.lifecycle is Lifecycle.DELETED:
            flow.run(self.backend.experiments.restore(found.id))

    def rename_experiment(self, experiment_id: str, new_name: str) -> None:
        _validate_experiment_name(new_name)
        try:
            self._update(experiment_id, name=new_name)
        except Conflict as error:
            raise translated(error, RESOURCE_ALREADY_EXISTS) from error

    def set_experiment_tag(self, experiment_id: str, tag: ExperimentTag) -> None:
        if tag.key == MLFLOW_RUN_NOTE:
            self._update(experiment_id, description=tag.value)
        else:
            self._update(experiment_id, tags={tag.key: str(tag.value)})

    def delete_experiment_tag(self, experiment_id: str, key: str) -> None:
        if key == MLFLOW_RUN_NOTE:
            self._update(experiment_id, description="")
        else:
            self._update(experiment_id, tags={key: None})

    def filter_active_experiment_ids(self, experiment_ids: Sequence[str]) -> list[str]:
        active = {each.id for each in flow.run(self.backend.experiments.list(Lifecycle.ACTIVE))}
        return [each for each in experiment_ids if each in active]

    def experiment(self, experiment_id: str | None) -> models.Experiment:
        """The experiment of an id.

        Raises:
            NotFound: there is none.
        """
        wanted = DEFAULT_ID if experiment_id is None else str(experiment_id)
        if wanted == DEFAULT_ID:
            return self._default()
        found = flow.run(self.backend.experiments.get(wanted))
        if found.id != wanted:
            raise NotFound("experiment", wanted, [found.id], "MLflow names experiments by id.")
        return found

    def location(self, found: models.Experiment) -> str:
        """Where the artifacts of an experiment lie."""
        return found.tags.get(LOCATION_TAG) or posixpath.join(self.artifact_root, found.id)

    def _experiment_entity(self, found: models.Experiment) -> Experiment:
        return experiment_entity(found, self.location(found))

    def _default(self) -> models.Experiment:
        try:
            return flow.run(self.backend.experiments.get(DEFAULT_NAME))
        except NotFound:
            pass
        try:
            return flow.run(self.backend.experiments.create(DEFAULT_NAME, "", {}, RetentionMode.FULL, None))
        except Conflict:  # another process has just made it
            return flow.run(self.backend.experiments.get(DEFAULT_NAME))

    def _update(
        self,
        experiment_id: str,
        name: str | None = None,
        description: str | None = None,
        tags: dict[str, str | None] | None = None,
    ) -> None:
        found = self.experiment(experiment_id)
        flow.run(self.backend.experiments.update(found.id, name, description, tags, None, None))


def checked_limit(max_results: Any) -> int:
    """How many results a page may have, as MLflow checks it."""
    if not isinstance(max_results, int) or not 1 <= max_results <= SEARCH_MAX_RESULTS_THRESHOLD:
        raise MlflowException(
            f"Invalid value {max_results} for parameter 'max_results' supplied. It must be a positive integer of at"
            f" most {SEARCH_MAX_RESULTS_THRESHOLD}.",
            error_code=INVALID_PARAMETER_VALUE,
        )
    return max_results
