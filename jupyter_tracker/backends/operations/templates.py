"""What can be done with recipes for runs."""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_tracker.backends.operations.noun import Operations
from jupyter_tracker.flow import Flow
from jupyter_tracker.models import Cleanup, Code, ConfigMistake, JsonValue, Lifecycle, Template


class TemplateOperations(Operations):
    """Named, versioned recipes: code, JSON Schema of its config, defaults, resources.

    A template is given by id, unique beginning of an id, `name@version`, or name, which is the latest version
    (Chariot: `lookup_blueprint_id`).
    """

    noun = "templates"

    def create(
        self,
        name: str,
        code: Code,
        schema: Mapping[str, JsonValue],
        defaults: Mapping[str, JsonValue],
        resources: Mapping[str, JsonValue],
        description: str,
    ) -> Flow[Template]:
        """Make the next version of a name; the latest when nothing changed."""
        self._lacks("create")

    def get(self, reference: str) -> Flow[Template]:
        """Find one; `NotFound` suggests close names."""
        self._lacks("get")

    def list(self, pattern: str | None, versions: bool, lifecycle: Lifecycle) -> Flow[tuple[Template, ...]]:
        """The latest version of each, or all versions, by name; of those whose name fits an ILIKE pattern."""
        self._lacks("list")

    def validate(self, reference: str, config: Mapping[str, JsonValue]) -> Flow[tuple[ConfigMistake, ...]]:
        """All mistakes of a config, with the defaults of what it does not give (Chariot: `validate_run_config`)."""
        self._lacks("validate")

    def update(self, reference: str, description: str) -> Flow[Template]:
        """Describe it in other words; what it does never changes."""
        self._lacks("update")

    def delete(self, reference: str) -> Flow[Template]:
        """Put it where only `restore` finds it."""
        self._lacks("delete")

    def restore(self, reference: str) -> Flow[Template]:
        """Bring back what was deleted or archived."""
        self._lacks("restore")

    def archive(self, reference: str) -> Flow[Template]:
        """Put it away: it leaves the listing and stays usable."""
        self._lacks("archive")

    def unarchive(self, reference: str) -> Flow[Template]:
        """Take it back into the listing; `Conflict` when it is not archived."""
        self._lacks("unarchive")

    def purge(self, reference: str) -> Flow[Cleanup]:
        """Remove it for good; `Conflict` when it is not deleted."""
        self._lacks("purge")
