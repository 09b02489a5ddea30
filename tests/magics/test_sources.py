"""`%tracker sources`."""

from __future__ import annotations

import pytest

from jupyter_tracker.client.assets import SourceComparison, SourceDetails, SourceList
from jupyter_tracker.errors import NotFound
from jupyter_tracker.magics.mistakes import UsageMistake


@pytest.fixture
def train(shell, tmp_path):
    (tmp_path / "train.py").write_text("print('one')\n")
    shell.value('%tracker sources create train.py --description "the first"')
    (tmp_path / "train.py").write_text("print('two')\n")
    shell.value("%tracker sources create train.py")
    return shell


def test_they_are_created_listed_and_described(train):
    found = train.value("%tracker sources train")
    assert isinstance(found, SourceList)
    assert [each.label for each in found] == ["train@2", "train@1"]
    assert "the first" in repr(found)
    assert "<td" in found._repr_html_()
    described = train.value("%tracker sources describe train@1")
    assert isinstance(described, SourceDetails)
    assert "train.py" in repr(described)


def test_two_are_compared(train):
    found = train.value("%tracker sources difference train@1 train@2")
    assert isinstance(found, SourceComparison)
    assert "+print('two')" in repr(found)


def test_an_old_one_is_submitted_again(train):
    run = train.value("%tracker submit --source train@1 --experiment digits --wait")
    assert str(run.logs()) == "one"
    for line in ("submit", "submit train.py --source train"):
        error, printed = train.error(f"%tracker {line}")
        assert "Say what to submit" in printed
        assert isinstance(error, UsageMistake)


def test_they_are_archived_deleted_restored_updated_and_written(train, tmp_path):
    train.value("%tracker sources archive train@1")
    assert [each.label for each in train.value("%tracker sources --archived")] == ["train@1"]
    train.value("%tracker sources delete train@2")
    assert [each.label for each in train.value("%tracker sources --deleted")] == ["train@2"]
    assert train.value("%tracker sources restore train@2")[0].lifecycle == "active"
    assert train.value('%tracker sources update train@2 "in other words"')[0].description == "in other words"
    folder = train.value("%tracker sources download train@2 copy")
    assert (tmp_path / folder / "train.py").read_text() == "print('two')\n"


def test_mistakes_are_one_line(train):
    error, printed = train.error("%tracker sources describe trian")
    assert isinstance(error, NotFound)
    assert "Did you mean 'train'" in printed
