"""What the tests of this folder share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from query.stored_runs import empty_store


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    connection = empty_store()
    yield connection
    connection.close()
