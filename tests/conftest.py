"""What all tests share: a store of their own, and examples that stay the same from run to run."""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.platforms import mlflow_server

# Machines differ in speed: an example may take as long as it takes.
settings.register_profile(
    "tracker", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("tracker")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="count a skipped test as failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.config.getoption("no_skips") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be: {report.longrepr}"
    return report


TOGETHER = {
    r"contract/.*mlflow": "mlflow",
    r"platforms/test_mlflow_(server|histories)\.py::(?!test_basic)": "mlflow",
    r"platforms/test_mlflow_plugin\.py": "mlflow plugin",
    r"platforms/test_vertex_sdk\.py": "vertex sdk",
    r"magics/test_kernel\.py": "kernel",
    r"unit/test_mlflow_import\.py": "mlflow stores",
    r"unit/test_package\.py::test_the_tree_is_clean": "style",
    r"widgets/test_panel\.py::test_(an_executed_notebook|no_hook|a_cell_is_not_broken)": "executed notebook",
}
"""Pattern of tests' ids to the group whose tests run in one process: what they share, or they, take long."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spread the tests over the processes of pytest-xdist, groups whole and first."""
    from xdist.scheduler import LoadScopeScheduling

    class Grouped(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((group for pattern, group in TOGETHER.items() if re.search(pattern, nodeid)), nodeid)

    return Grouped(config, log)


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store of one test; none of them sees the store of the person who runs it."""
    folder = tmp_path / "tracker-home"
    monkeypatch.setenv("JUPYTER_TRACKER_HOME", str(folder))
    monkeypatch.setenv("JUPYTER_TRACKER_KEYRING", "0")
    monkeypatch.delenv("JUPYTER_TRACKER_RUN_ID", raising=False)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)  # of the notebook in which somebody runs the tests
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return Path(__file__).parent.parent


@pytest.fixture
def mlflow() -> mlflow_server.MlflowServer:
    """A real `mlflow server` without runs, the same for all tests of this process."""
    server = mlflow_server.shared()
    server.clear()
    return server


def pytest_unconfigure() -> None:
    mlflow_server.close()
