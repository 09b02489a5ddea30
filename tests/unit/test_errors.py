"""The tree of errors is what its docstring draws, and each error says what to do."""

from __future__ import annotations

import re

import pytest

from jupyter_tracker import errors
from jupyter_tracker.errors import Ambiguous, InvalidFilter, NotFound, TrackerError, Unsupported, did_you_mean


def drawn():
    """Class to parent, as the docstring draws them."""
    parents = {}
    path = []
    for line in errors.__doc__.splitlines():
        found = re.match(r"((?:[│ ]   )*)(?:[├└]── )?([A-Z]\w+)", line)
        if not found or not (line.startswith(("├", "│", "└", "    ")) or found[2] == "TrackerError"):
            continue
        depth = 0 if found[2] == "TrackerError" else len(found[1]) // 4 + 1
        path = [*path[:depth], found[2]]
        parents[found[2]] = path[depth - 1] if depth else None
    return parents


def test_the_drawn_tree_is_the_real_one():
    actual = {
        name: None if kind is TrackerError else next(base.__name__ for base in kind.__bases__)
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, TrackerError)
    }
    assert drawn() == actual
    assert set(errors.__all__) == set(actual)


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_described_and_shows_one_line(name):
    kind = getattr(errors, name)
    assert kind.__doc__
    if "__init__" not in vars(kind) and not issubclass(kind, Ambiguous | NotFound | Unsupported | InvalidFilter):
        assert kind("what is wrong")._render_traceback_() == [f"{name}: what is wrong"]


def test_suggestions_come_only_for_close_names():
    assert did_you_mean("digit", ["digits", "words"]) == " Did you mean 'digits'?"
    assert did_you_mean("zebra", ["digits", "words"]) == ""
    assert did_you_mean("x", []) == ""


def test_what_is_not_found_has_noun_name_and_hint():
    error = NotFound("run", "lst", ["last"], "`%tracker runs` lists them.")
    assert str(error) == "There is no run 'lst'. Did you mean 'last'? `%tracker runs` lists them."
    assert isinstance(error, LookupError)


def test_an_ambiguous_name_lists_some_candidates():
    error = Ambiguous("run", "a", [f"a{number}" for number in range(8)])
    assert "a0, a1, a2, a3, a4 and 3 more" in str(error)
    assert len(error.candidates) == 8
    assert isinstance(error, NotFound)


def test_a_filter_error_points_at_the_column():
    assert str(InvalidFilter("No.", "a > ", 4)) == "No.\n  a > \n      ^"


def test_what_is_unsupported_names_backend_and_operation():
    error = Unsupported("mlflow", "logs.read")
    assert "'mlflow' has no logs.read" in str(error)
