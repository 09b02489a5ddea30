"""Sub-commands about inputs, outputs and lineage."""

from __future__ import annotations

import pytest

from jupyter_tracker.client.lineage import ExecutionList, InputList, Lineage, OutputList
from jupyter_tracker.magics.mistakes import UsageMistake


@pytest.fixture
def trained(shell):
    with shell.tracker.runs.start("digits", name="train") as run:
        run.log_input("mnist", digest="1f", context="training")
        run.log_output("clean", digest="2e")
        run.associate_execution("step")
    return shell


@pytest.mark.parametrize(
    ("word", "kind"), [("inputs", InputList), ("outputs", OutputList), ("executions", ExecutionList)]
)
def test_what_belongs_to_a_run_is_a_list_with_a_frame(trained, word, kind):
    found = trained.value(f"%tracker {word} last")
    assert type(found) is kind
    assert len(found.frame()) == 1


def test_the_lineage_of_a_run_or_a_dataset_is_shown(trained):
    found = trained.value("%tracker lineage last")
    assert isinstance(found, Lineage)
    assert len(found.edges) == 3
    assert len(trained.value("%tracker lineage --dataset mnist").nodes) == 4
    assert len(trained.value("%tracker lineage last --limit 2").nodes) == 2


def test_whose_lineage_must_be_said(trained):
    error, printed = trained.error("%tracker lineage")
    assert isinstance(error, UsageMistake)
    assert "%tracker lineage RUN" in printed
