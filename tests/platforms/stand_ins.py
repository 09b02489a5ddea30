"""The stand-ins as the contract suite and the notebooks use them: served, and connected to by the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from jupyter_tracker.backends.operations import NOUNS
from tests.platforms.abeja_standin import ORGANIZATION, TOKEN, USER, Abeja
from tests.platforms.ubiops_standin import PROJECT, UbiOps


def verbs(*nouns: str) -> frozenset[str]:
    """All operations of some nouns."""
    return frozenset(
        f"{noun}.{verb}"
        for noun in nouns
        for verb, function in vars(NOUNS[noun]).items()
        if not verb.startswith("_") and callable(function)
    )


BOTH_LACK = verbs("checkpoints", "classifications", "lineage", "maintenance", "queue", "templates") | {
    "artifacts.log",
    "events.alerts",
    "events.append",
    "experiments.purge",
    "experiments.restore",
    "logs.append",
    "logs.pieces",
    "metrics.stream",
    "runs.delete_before",
    "runs.end",
    "runs.environment",
    "runs.import_from",
    "runs.log_params",
    "runs.purge",
    "runs.restart",
    "runs.restore",
    "runs.restore_after",
    "runs.set_tags",
    "runs.start",
    "runs.update",
}
UBIOPS_LACKS = (
    BOTH_LACK
    | verbs("models")
    | (verbs("sources") - {"sources.get", "sources.list", "sources.download"})
    | {
        "experiments.archive",
        "experiments.unarchive",
        "runs.archive",
        "runs.attach",
        "runs.set_progress",
        "runs.unarchive",
    }
)
ABEJA_LACKS = BOTH_LACK | {
    "experiments.update",
    "models.create",
    "models.delete",
    "models.describe",
    "models.restore",
    "models.update",
    "runs.delete",
    "sources.describe",
    "sources.difference",
    "sources.download",
    "sources.purge",
    "sources.restore",
    "variables.create",
    "variables.delete",
    "variables.update",
}


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables for as long as the block lasts."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def ubiops(platform: UbiOps | None = None) -> Iterator[str]:
    """A project of UbiOps; the result is how to connect to it."""
    with (platform or UbiOps()).serving() as served:
        variables = {"UBIOPS_API_HOST": f"{served.url}/v2.1", "UBIOPS_API_TOKEN": "fake"}
        try:
            with environment(variables):
                yield f"ubiops://{PROJECT}?log_delay=0&poll=0"
        finally:
            served.close()


@contextmanager
def abeja(platform: Abeja | None = None) -> Iterator[str]:
    """An organization of ABEJA; the result is how to connect to it."""
    credentials = {"ABEJA_PLATFORM_USER_ID": USER, "ABEJA_PLATFORM_PERSONAL_ACCESS_TOKEN": TOKEN}
    with (platform or Abeja()).serving() as served, environment({"ABEJA_API_URL": served.url, **credentials}):
        try:
            yield f"abeja://{ORGANIZATION}"
        finally:
            served.close()
