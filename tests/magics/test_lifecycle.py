"""`%tracker archive unarchive delete restore purge update notes maintain`, of runs and of experiments."""

from __future__ import annotations

import pytest

from jupyter_tracker.errors import Conflict, InvalidInput, NotFound
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.models import Cleanup, Lifecycle


def names(found):
    return sorted(each.name for each in found)


def test_archived_runs_and_experiments_are_taken_back(digits):
    digits.value("%tracker archive large")
    assert digits.value("%tracker unarchive large").info.lifecycle is Lifecycle.ACTIVE
    digits.value("%tracker archive --experiment digits")
    assert digits.value("%tracker unarchive --experiment digits").lifecycle is Lifecycle.ACTIVE
    error, printed = digits.error("%tracker unarchive large")
    assert isinstance(error, Conflict)
    assert "Traceback" not in printed


def test_runs_are_deleted_and_restored_in_bulk_and_it_is_told(digits):
    told = digits.value("deleted = %tracker delete digits --before 2100-01-01 --max 1\ndeleted")
    assert told == 1
    assert repr(told) == "Deleted 1 run of 'digits'."
    assert names(digits.value("%tracker runs")) == ["large"]
    assert "Deleted 1 run of 'digits'." in digits.cell("%tracker delete --experiment digits --before 2100-01-01")[1]
    assert "Restored 2 runs of 'digits'." in digits.cell("%tracker restore digits --after 2020-01-01T12:00Z")[1]
    assert "Deleted 0 runs of 'digits'." in digits.cell("%tracker delete digits --before 2020-01-01")[1]
    assert names(digits.value("%tracker runs")) == ["large", "small"]


def test_a_deleted_run_that_is_looked_for_by_name_is_told_with_its_whole_id(digits):
    large = digits.value("%tracker delete large")
    for reference in ("large", large.id[:8]):
        error, printed = digits.error(f"%tracker restore {reference}")
        assert isinstance(error, NotFound)
        assert f"A deleted one goes by its whole id: {large.id}." in printed
    assert digits.value(f"%tracker restore {large.id}").name == "large"


def test_what_was_deleted_is_purged_and_it_is_told(digits):
    large = digits.value("%tracker delete large")
    assert digits.cell(f"%tracker purge {large.id}")[1].endswith("Purged 1 run.\n")
    with pytest.raises(NotFound):
        large.refresh()
    error, printed = digits.error("%tracker purge small")
    assert isinstance(error, Conflict)
    assert "delete it first" in printed
    digits.value("%tracker delete --experiment digits")
    told = digits.value("%tracker purge --experiment digits")
    assert isinstance(told, Cleanup)
    assert repr(told).startswith("Purged 1 run, 1 experiment")


def test_a_run_is_renamed_tagged_and_described(digits):
    changed = digits.value('%tracker update large --name best --notes "of the paper" --tag keep=yes draft=no')
    assert (changed.name, changed.notes, dict(changed.tags)) == ("best", "of the paper", {"keep": "yes", "draft": "no"})
    assert dict(digits.value("%tracker update best --untag keep,draft --tag a=1").tags) == {"a": "1"}
    assert digits.cell("%tracker notes best")[1].endswith("of the paper\n")
    assert digits.value('%tracker notes best ""').notes == ""
    assert digits.cell("%tracker notes best")[1].endswith("No notes.\n")


def test_an_experiment_is_tagged_and_told_how_long_to_keep_runs(digits):
    digits.value("%tracker experiments create words --retention-mode none --retention-time 30d")
    changed = digits.value("%tracker experiments update words --tag a=1 b=2 --retention-mode metadata")
    assert (changed.retention_mode, changed.retention_time) == ("metadata", 30 * 86_400)
    assert dict(digits.value("%tracker experiments update words --untag a").tags) == {"b": "2"}
    assert "keeps metadata after 30 d 00 h" in digits.cell("%tracker experiments update words --description x")[1]


def test_tidying_up_tells_what_it_did(digits):
    digits.value("%tracker maintain")
    assert "There was nothing to remove." in digits.cell("%tracker maintain")[1]
    digits.value("%tracker experiments update digits --retention-mode metadata --retention-time 0s")
    assert "trimmed 2 runs to the metadata" in digits.cell("%tracker maintain")[1].lower()
    digits.value("%tracker delete large")
    assert "Purged 1 run" in digits.cell("%tracker maintain --purge-deleted 0s")[1]


@pytest.mark.parametrize("noun", ["sources", "templates"])
def test_versions_are_taken_back_and_purged(digits, noun):
    name = {"sources": "project", "templates": "recipe"}[noun]
    digits.value(f"%tracker {noun} archive {name}")
    assert digits.value(f"%tracker {noun} unarchive {name}")[0].lifecycle is Lifecycle.ACTIVE
    digits.value("%tracker templates delete recipe")
    digits.value("%tracker templates purge recipe@1")
    if noun == "sources":
        digits.value("%tracker sources delete project")
        told = digits.value("%tracker sources purge project@1")
        assert repr(told).startswith("Purged 1 source; removed 1 orphan; freed ")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("delete --before 2026-01-01", "of which experiment"),
        ("delete digits --experiment digits --before 2026-01-01", "of which experiment"),
        ("delete small --max 3", "--before"),
        ("restore small --max 3", "--after"),
        ("delete digits --before yesterday", "2026-01-31"),
        ("delete digits --before 2026-01-01 --max 0", "1 or more"),
        ("purge", "Say what to purge"),
        ("update small", "nothing to change"),
        ("update small --tag a=1 --untag a", "set and removed"),
        ("update small --untag ,", "commas"),
        ("experiments update digits --retention-mode all", "none, metadata, full"),
        ("experiments update digits --retention-time soon", "as in 90s"),
        ("maintain --purge-deleted soon", "as in 90s"),
        ("delete digit --before 2026-01-01", "Did you mean 'digits'"),
    ],
)
def test_mistakes_are_one_line_and_change_nothing(digits, line, told):
    error, printed = digits.error(f"%tracker {line}")
    assert isinstance(error, UsageMistake | InvalidInput | NotFound)
    assert told in printed
    assert "Traceback" not in printed
    assert names(digits.value("%tracker runs")) == ["large", "small"]
