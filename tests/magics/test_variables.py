"""`%tracker variables`."""

from __future__ import annotations

import pytest

from jupyter_tracker.client.results import VariableList
from jupyter_tracker.errors import Conflict, NotFound
from jupyter_tracker.magics.mistakes import UsageMistake


def names(found):
    return [variable.name for variable in found]


def test_they_are_created_listed_updated_and_deleted(shell):
    made = shell.value("%tracker variables create WORKERS 4")
    assert isinstance(made, VariableList)
    assert "WORKERS" in repr(made)
    shell.value("%tracker variables update WORKERS 8")
    assert shell.value("%tracker variables get WORKERS")[0].value == "8"
    shell.value("%tracker variables update WORKERS --name THREADS")
    assert names(shell.value("%tracker variables")) == ["THREADS"]
    assert "THREADS" in repr(shell.value("%tracker variables delete THREADS")).splitlines()[1]
    assert names(shell.value("%tracker variables")) == []


def test_an_experiment_shows_what_it_inherits(digits):
    digits.value("%tracker variables create WORKERS 8 --experiment digits")
    found = digits.value("%tracker variables digits")
    assert [(each.name, each.shadows) for each in found] == [("TOKEN", False), ("WORKERS", True)]
    assert "hidden-token" not in repr(found) + found._repr_html_()


def test_a_secret_is_asked_for_unseen_and_stays_out_of_the_cell(shell, monkeypatch):
    asked = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or "typed-token")
    made = shell.value("%tracker variables create TOKEN --secret")
    assert (asked, made[0].secret, made[0].value) == (["TOKEN: "], True, None)
    shell.value("%tracker variables update TOKEN")
    assert len(asked) == 2
    assert "typed-token" not in repr(made)


def test_a_secret_can_come_from_a_variable_of_the_notebook(shell):
    shell.names["token"] = "from-a-variable"
    assert shell.value("%tracker variables create TOKEN $token --secret")[0].value is None


def test_where_nobody_can_be_asked_that_is_said(shell, monkeypatch):
    def nobody(prompt):
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    error, printed = shell.error("%tracker variables create WORKERS")
    assert isinstance(error, UsageMistake)
    assert "Nobody can be asked" in printed


def test_mistakes_are_one_line(digits):
    error, printed = digits.error("%tracker variables get WORKER")
    assert isinstance(error, NotFound)
    assert "Did you mean 'WORKERS'" in printed
    error, printed = digits.error("%tracker variables create WORKERS 3")
    assert isinstance(error, Conflict)
    assert "Traceback" not in printed


@pytest.mark.parametrize("line", ["help variables", "variables create --help"])
def test_help_explains_them(shell, line):
    assert "--secret" in str(shell.value(f"%tracker {line}"))
