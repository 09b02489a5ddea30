"""Sub-commands about saved states of training: `checkpoints` and `checkpoints steps download delete`."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.client.results import CheckpointList
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.helptext import Text
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest


def checkpoints(session: Session, arguments: Arguments) -> CheckpointList:
    """List those of a run, an experiment, or all."""
    if arguments.run is not None and arguments.experiment is not None:
        raise UsageMistake(f"Give the run {arguments.run!r} or --experiment, not both.")
    return session.tracker.checkpoints.list(
        run=arguments.run,
        experiment=None if arguments.run is not None else session.scope(arguments.experiment),
        step=arguments.step,
        min_step=arguments.min_step,
        max_step=arguments.max_step,
        status=arguments.status,
        order_by=arguments.order_by or "step",
        limit=arguments.limit,
    )


def steps(session: Session, arguments: Arguments) -> tuple[int, ...]:
    """The steps that have one."""
    return session.tracker.checkpoints.steps(arguments.run)


def download(session: Session, arguments: Arguments) -> Path:
    """Write the files of one into a folder."""
    return session.tracker.checkpoints.download(arguments.checkpoint, Path(arguments.folder).expanduser())


def delete(session: Session, arguments: Arguments) -> Text:
    """Remove some for good."""
    if not arguments.checkpoints and arguments.run is None:
        raise UsageMistake("Say which: `%tracker checkpoints delete CHECKPOINT …` or `--run RUN` for all of a run.")
    count = session.tracker.checkpoints.delete(arguments.checkpoints or None, run=arguments.run)
    return Text(f"Deleted {count} checkpoint{'' if count == 1 else 's'}.")


_HELP = "id, or unique beginning of an id"

COMMANDS = (
    Command(
        "checkpoints",
        "saved states of training",
        checkpoints,
        (Argument("RUN", "only those of this run", required=False, suggest=Suggest.RUNS),),
        (
            Option("--experiment", "only those of its runs", "NAME", suggest=Suggest.EXPERIMENTS),
            Option("--step", "only those of this step", "N", values.count),
            Option("--min-step", "only those of this step or a later one", "N", values.count),
            Option("--max-step", "only those of this step or an earlier one", "N", values.count),
            Option("--status", "complete, or incomplete: being written, or left by a writer that died", "STATUS"),
            Option("--order-by", 'step, created_at, size or id; as in "created_at DESC"', "FIELD"),
            Option("--limit", "at most so many", "N", values.count),
        ),
        example="%tracker checkpoints last --status complete",
    ),
    Command("checkpoints steps", "the steps of a run that have a complete checkpoint", steps, (shared.RUN,)),
    Command(
        "checkpoints download",
        "write the files of a checkpoint into a folder",
        download,
        (
            Argument("CHECKPOINT", _HELP, suggest=Suggest.CHECKPOINTS),
            Argument("FOLDER", "one that is empty or not there", suggest=Suggest.FILES),
        ),
        example="%tracker checkpoints download 3f2a state",
    ),
    Command(
        "checkpoints delete",
        "remove checkpoints with their files, for good",
        delete,
        (Argument("CHECKPOINTS", _HELP, required=False, many=True, suggest=Suggest.CHECKPOINTS),),
        (Option("--run", "those of this run, all when no checkpoint is named", "RUN", suggest=Suggest.RUNS),),
        example="%tracker checkpoints delete 3f2a 77c0\n%tracker checkpoints delete --run small",
    ),
)
