"""What all tests share: a store of their own, and one way to wait."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

T = TypeVar("T")

# Machines differ in speed: an example may take long, and which examples are tried stays the same from run to run.
settings.register_profile(
    "tracker", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("tracker")


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that belongs to one test; none of them sees the store of the person who runs it."""
    folder = tmp_path / "tracker"
    monkeypatch.setenv("JUPYTER_TRACKER_HOME", str(folder))
    monkeypatch.delenv("JUPYTER_TRACKER_RUN_ID", raising=False)
    return folder


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return Path(__file__).parent.parent


@pytest.fixture(scope="session")
def quiet_environment() -> dict[str, str]:
    """The environment for commands whose output is compared."""
    return {**os.environ, "PYTHONWARNINGS": "default", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], T], float], T]:
    """Ask again and again until the answer is true; fail with the last answer after `limit` seconds."""

    def ask(question: Callable[[], T], limit: float) -> T:
        end = time.monotonic() + limit
        while not (answer := question()):
            assert time.monotonic() < end, f"after {limit:g} s the answer was still {answer!r}"
            time.sleep(0.05)
        return answer

    return ask
