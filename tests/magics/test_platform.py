"""`%tracker api` and `%tracker profiles`."""

from __future__ import annotations

import pytest

from jupyter_tracker.backends.base import Backend
from jupyter_tracker.client import Tracker
from jupyter_tracker.flow import local


class Operations:
    def get_run(self, run_id, verbose=False):
        """Find a run."""
        return local(lambda: {"id": run_id, "verbose": verbose})


@pytest.fixture
def acme(shell):
    """A shell that is connected to a platform with one operation."""
    shell.magics.session._tracker = Tracker(Backend("acme", "here", native=Operations()))
    return shell


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))


def test_an_operation_takes_values_with_and_without_names(acme):
    assert acme.value("%tracker api get_run r1 verbose=true") == {"id": "r1", "verbose": True}
    assert acme.value("%tracker api get_run 'run_id={\"a\": [1]}'") == {"id": {"a": [1]}, "verbose": False}


def test_the_operations_are_listed(acme, shell):
    assert str(acme.value("%tracker api")) == "get_run(run_id, verbose)"


def test_the_local_backend_has_none(shell):
    assert "'local' has no operations of its own" in str(shell.value("%tracker api"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("api get_run", "get_run(run_id, verbose) does not take these values: missing a required argument: 'run_id'"),
        ("api get_run run_id=1 2", "'2' stands behind named values"),
        ("api get_rum 1", "Did you mean 'get_run'"),
        ("profiles --delete", "Say which profile is deleted"),
        ("profiles work mlflow+https://a:b@host", "Leave it out"),
    ],
)
def test_mistakes_say_what_is_wrong(acme, line, said):
    result, printed = acme.cell(f"%tracker {line}")
    assert not result.success
    assert said in printed


def test_an_operation_completes(acme):
    assert "get_run" in acme.complete("%tracker api g")


def test_profiles_are_made_shown_used_and_deleted(shell, tmp_path):
    assert "There is no profile" in str(shell.value("%tracker profiles"))
    shell.value(f"%tracker profiles elsewhere local://{tmp_path / 'elsewhere'}")
    assert str(shell.value("%tracker profiles")).startswith("elsewhere  local://")
    assert shell.value("%tracker connect elsewhere").backend.location == str(tmp_path / "elsewhere")
    shell.value("%tracker profiles elsewhere --delete")
    assert "There is no profile" in str(shell.value("%tracker profiles"))
