"""Where a run was made: the notebook and the cell, as Jupyter tells them."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from jupyter_tracker.client.requests import tags_of

HERE = SimpleNamespace(transport=None, runs=SimpleNamespace(takes_tags=True))
PLATFORM = SimpleNamespace(transport=object(), runs=SimpleNamespace(takes_tags=True))
WITHOUT_TAGS = SimpleNamespace(transport=object(), runs=SimpleNamespace(takes_tags=False))


@pytest.fixture
def told(monkeypatch):
    """What the front end tells the kernel of the cell that it executes."""
    monkeypatch.setenv("JPY_SESSION_NAME", "/notebooks/train.ipynb")
    parent = {"metadata": {"cellId": "c7"}}
    monkeypatch.setitem(
        sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace(get_parent=lambda: parent))
    )
    return parent


def test_a_run_knows_the_notebook_and_the_cell_it_was_made_in(told):
    assert tags_of(HERE, None) == {"notebook": "/notebooks/train.ipynb", "cell": "c7"}
    assert tags_of(HERE, {"cell": "mine", "team": "a"}) == {
        "notebook": "/notebooks/train.ipynb",
        "cell": "mine",
        "team": "a",
    }


def test_a_platform_is_told_the_name_of_the_notebook_and_not_where_it_lies(told):
    assert tags_of(PLATFORM, None) == {"notebook": "train.ipynb", "cell": "c7"}
    assert tags_of(WITHOUT_TAGS, {"team": "a"}) == {"team": "a"}


@pytest.mark.parametrize("metadata", [{}, {"cellId": 7}, {"cellId": "x" * 1000}, None])
def test_a_front_end_that_does_not_tell_the_cell_is_no_trouble(told, metadata):
    told["metadata"] = metadata
    assert tags_of(HERE, None) == {"notebook": "/notebooks/train.ipynb"}


def test_without_a_shell_there_is_no_cell(told, monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    assert tags_of(HERE, None) == {"notebook": "/notebooks/train.ipynb"}
    monkeypatch.setenv("JPY_SESSION_NAME", "")
    assert tags_of(HERE, {"team": "a"}) == {"team": "a"}
