"""Sub-commands about where runs come from and what they lead to: `inputs outputs executions lineage`."""

from __future__ import annotations

from jupyter_tracker.client.lineage import LIMIT, ExecutionList, InputList, Lineage, OutputList
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest


def inputs(session: Session, arguments: Arguments) -> InputList:
    """The datasets that a run reads."""
    return shared.named_run(session, arguments).inputs()


def outputs(session: Session, arguments: Arguments) -> OutputList:
    """What a run made."""
    return shared.named_run(session, arguments).outputs()


def executions(session: Session, arguments: Arguments) -> ExecutionList:
    """What else belongs to a run."""
    return shared.named_run(session, arguments).executions()


def lineage(session: Session, arguments: Arguments) -> Lineage:
    """The graph of a run, a dataset or a model."""
    if [arguments.run, arguments.dataset, arguments.model].count(None) != 2:
        raise UsageMistake("Say whose lineage: `%tracker lineage RUN`, or --dataset DATASET, or --model MODEL.")
    limit = LIMIT if arguments.limit is None else arguments.limit
    return session.tracker.lineage(arguments.run, dataset=arguments.dataset, model=arguments.model, limit=limit)


COMMANDS = (
    Command("inputs", "datasets that a run reads", inputs, (shared.RUN,), example="%tracker inputs last"),
    Command(
        "outputs",
        "what a run made: datasets, checkpoints, models, artifacts",
        outputs,
        (shared.RUN,),
        example="%tracker outputs last",
    ),
    Command(
        "executions",
        "pipeline steps and jobs that belong to a run",
        executions,
        (shared.RUN,),
        example="%tracker executions last",
    ),
    Command(
        "lineage",
        "what led to a run, a dataset or a model, and what followed from it",
        lineage,
        (Argument("RUN", shared.RUN.help, required=False, suggest=Suggest.RUNS),),
        (
            Option(
                "--dataset", "its name, digest or name@digest, instead of a run", "DATASET", suggest=Suggest.DATASETS
            ),
            Option("--model", "its name or name@version, instead of a run", "MODEL", suggest=Suggest.MODELS),
            Option("--limit", f"at most so many things, the nearest ones; {LIMIT} by default", "N", values.count),
        ),
        example="%tracker lineage last\n%tracker lineage --dataset mnist\n%tracker lineage --model resnet@1.0.0",
    ),
)
