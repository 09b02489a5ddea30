"""What the tests of the platforms share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sdk_folder() -> Path:
    """Where the environments of the official SDKs are kept from run to run."""
    return Path.home() / ".cache" / "jupyter_tracker_tests"
