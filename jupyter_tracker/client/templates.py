"""`tracker.templates`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jupyter_tracker.client import recipes, requests
from jupyter_tracker.client.assets import MistakeList, TemplateList
from jupyter_tracker.client.async_run import AsyncRun
from jupyter_tracker.client.requests import RETRY_DELAY
from jupyter_tracker.client.run import Run
from jupyter_tracker.client.runs import TIMEOUT
from jupyter_tracker.models import Cleanup, Code, JsonValue, Lifecycle, Secret, Source, Template

if TYPE_CHECKING:
    from jupyter_tracker.client.tracker import AsyncTracker, Tracker


class Templates:
    """Recipes for runs; each is given by id, unique beginning of an id, `name@version`, or name (the latest one)."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.templates

    def create(
        self,
        name: str,
        *,
        code: str | os.PathLike[str] | Code | Source,
        entry_point: str | None = None,
        schema: Mapping[str, JsonValue] | None = None,
        defaults: Mapping[str, JsonValue] | None = None,
        resources: Mapping[str, JsonValue] | None = None,
        description: str = "",
    ) -> Template:
        """Make the next version of a name; the latest version when nothing changed.

        Args:
            name: Under which it is found.
            code: A source, or code that is kept as one.
            entry_point: The file of a folder that is started.
            schema: JSON Schema that a config must fit; any config does when it is left out.
            defaults: Values of a config that are not given, also inside of objects.
            resources: What a run needs unless it is said otherwise.
            description: What is said of it.

        Raises:
            InvalidInput: the schema is none, with all its mistakes; or it refers to something outside of it.
            InvalidConfig: the defaults contradict the schema.
            InvalidSource: the code cannot be kept.
        """
        made = recipes.create(self._backend, name, code, entry_point, schema, defaults, resources, description)
        return self._drive(made)

    def get(self, template: str) -> Template:
        """Find one; `NotFound` suggests close names."""
        return self._drive(self._operations.get(template))

    def list(
        self, pattern: str | None = None, *, versions: bool = False, lifecycle: str = Lifecycle.ACTIVE
    ) -> TemplateList:
        """The latest version of each, or with `versions` all; of those whose name fits, as in `%resnet%` (ILIKE)."""
        return TemplateList(self._drive(self._operations.list(pattern, versions, requests.lifecycle(lifecycle))))

    def validate(self, template: str, config: Mapping[str, JsonValue] | None = None) -> MistakeList:
        """All mistakes of a config, each with its path; an empty list for a good one. Nothing is run."""
        return MistakeList(self._drive(self._operations.validate(template, config or {})))

    def submit(
        self,
        template: str,
        experiment: str,
        *,
        config: Mapping[str, JsonValue] | None = None,
        name: str | None = None,
        data: str | os.PathLike[str] | None = None,
        resources: Mapping[str, JsonValue] | None = None,
        timeout: float = TIMEOUT,
        variables: Mapping[str, str | Secret] | None = None,
        tags: Mapping[str, str] | None = None,
        history: Sequence[str] = (),
        priority: int = 0,
        retries: int = 0,
        retry_delay: float = RETRY_DELAY,
        restart_interrupted: bool = False,
    ) -> Run:
        """Start a run of it: the config becomes the params, and the other arguments are those of `runs.submit`.

        Raises:
            InvalidConfig: the config has mistakes; `mistakes` has all of them. No run is made.
        """
        schedule = requests.Schedule(priority, retries, retry_delay, restart_interrupted)
        wanted = recipes.Wanted(name, data, resources, timeout, variables, tags, history, schedule)
        return Run(
            self._tracker, self._drive(recipes.submit(self._backend, template, experiment, config or {}, wanted))
        )

    def update(self, template: str, *, description: str) -> Template:
        """Describe it in other words; what it does never changes."""
        return self._drive(self._operations.update(template, description))

    def delete(self, template: str) -> Template:
        """Put it where only `restore` finds it, by id or `name@version`."""
        return self._drive(self._operations.delete(template))

    def restore(self, template: str) -> Template:
        """Bring back what was deleted or archived."""
        return self._drive(self._operations.restore(template))

    def archive(self, template: str) -> Template:
        """Put it away: it leaves the listing and stays usable."""
        return self._drive(self._operations.archive(template))

    def unarchive(self, template: str) -> Template:
        """Take it back into the listing; `Conflict` when it is not archived."""
        return self._drive(self._operations.unarchive(template))

    def purge(self, template: str) -> Cleanup:
        """Remove it for good; `Conflict` when it was not deleted before."""
        return self._drive(self._operations.purge(template))


class AsyncTemplates:
    """Recipes for runs, to await."""

    def __init__(self, tracker: AsyncTracker) -> None:
        self._tracker = tracker
        self._drive = tracker.drive
        self._backend = tracker.backend
        self._operations = tracker.backend.templates

    async def create(
        self,
        name: str,
        *,
        code: str | os.PathLike[str] | Code | Source,
        entry_point: str | None = None,
        schema: Mapping[str, JsonValue] | None = None,
        defaults: Mapping[str, JsonValue] | None = None,
        resources: Mapping[str, JsonValue] | None = None,
        description: str = "",
    ) -> Template:
        """See `Templates.create`."""
        made = recipes.create(self._backend, name, code, entry_point, schema, defaults, resources, description)
        return await self._drive(made)

    async def get(self, template: str) -> Template:
        """See `Templates.get`."""
        return await self._drive(self._operations.get(template))

    async def list(
        self, pattern: str | None = None, *, versions: bool = False, lifecycle: str = Lifecycle.ACTIVE
    ) -> TemplateList:
        """See `Templates.list`."""
        return TemplateList(await self._drive(self._operations.list(pattern, versions, requests.lifecycle(lifecycle))))

    async def validate(self, template: str, config: Mapping[str, JsonValue] | None = None) -> MistakeList:
        """See `Templates.validate`."""
        return MistakeList(await self._drive(self._operations.validate(template, config or {})))

    async def submit(
        self,
        template: str,
        experiment: str,
        *,
        config: Mapping[str, JsonValue] | None = None,
        name: str | None = None,
        data: str | os.PathLike[str] | None = None,
        resources: Mapping[str, JsonValue] | None = None,
        timeout: float = TIMEOUT,
        variables: Mapping[str, str | Secret] | None = None,
        tags: Mapping[str, str] | None = None,
        history: Sequence[str] = (),
        priority: int = 0,
        retries: int = 0,
        retry_delay: float = RETRY_DELAY,
        restart_interrupted: bool = False,
    ) -> AsyncRun:
        """See `Templates.submit`."""
        schedule = requests.Schedule(priority, retries, retry_delay, restart_interrupted)
        wanted = recipes.Wanted(name, data, resources, timeout, variables, tags, history, schedule)
        made = recipes.submit(self._backend, template, experiment, config or {}, wanted)
        return AsyncRun(self._tracker, await self._drive(made))

    async def update(self, template: str, *, description: str) -> Template:
        """See `Templates.update`."""
        return await self._drive(self._operations.update(template, description))

    async def delete(self, template: str) -> Template:
        """See `Templates.delete`."""
        return await self._drive(self._operations.delete(template))

    async def restore(self, template: str) -> Template:
        """See `Templates.restore`."""
        return await self._drive(self._operations.restore(template))

    async def archive(self, template: str) -> Template:
        """See `Templates.archive`."""
        return await self._drive(self._operations.archive(template))

    async def unarchive(self, template: str) -> Template:
        """See `Templates.unarchive`."""
        return await self._drive(self._operations.unarchive(template))

    async def purge(self, template: str) -> Cleanup:
        """See `Templates.purge`."""
        return await self._drive(self._operations.purge(template))
