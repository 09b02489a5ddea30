"""What the tests of the platforms share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import jupyter_tracker as jt
from jupyter_tracker.client import Tracker
from jupyter_tracker.client.native import Native
from tests.platforms import databricks as databricks_standin
from tests.platforms.chariot_standin import Chariot
from tests.platforms.databricks import Databricks
from tests.platforms.vertex_series import VertexAI
from tests.platforms.vertex_standin import TOKEN


@pytest.fixture(scope="session")
def sdk_folder() -> Path:
    """Where the environments of the official SDKs are kept from run to run."""
    return Path.home() / ".cache" / "jupyter_tracker_tests"


@pytest.fixture
def chariot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chariot]:
    """A deployment of Chariot, with a token for it in the environment."""
    monkeypatch.setenv("CHARIOT_TOKEN", "a-token")
    with Chariot().serving() as platform:
        yield platform


@pytest.fixture
def databricks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Databricks]:
    """A server of MLflow's protocol with a few runs, with a token for it in the environment."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", databricks_standin.TOKEN)
    with databricks_standin.with_runs() as platform:
        yield platform


@pytest.fixture
def vertex(monkeypatch: pytest.MonkeyPatch) -> Iterator[VertexAI]:
    """A project of Vertex AI, with a token for it in the environment."""
    with VertexAI().serving() as platform:
        monkeypatch.setenv("CLOUDSDK_AUTH_ACCESS_TOKEN", TOKEN)
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", platform.url)
        yield platform


@pytest.fixture
def tracker(address: str) -> Iterator[Tracker]:
    """A client of the platform whose fixture `address` the tests have."""
    with jt.connect(address) as client:
        yield client


@pytest.fixture
def native(tracker: Tracker) -> Native:
    """The documented operations of the platform."""
    return tracker.native
