"""Sub-commands that carry runs from one store to another: `export import`."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.client.imports import ImportList
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest


def export(session: Session, arguments: Arguments) -> Path:
    """A run or an experiment to one file."""
    if (arguments.run is None) == (arguments.experiment is None):
        raise UsageMistake("Say what to export: `%tracker export RUN` or `%tracker export --experiment NAME`.")
    target = arguments.to or "."
    if arguments.experiment is not None:
        return session.tracker.experiments.export(arguments.experiment, target)
    return session.tracker.runs.export(arguments.run, target)


def import_(session: Session, arguments: Arguments) -> ImportList:
    """Runs from a file or folder."""
    return session.tracker.runs.import_from(arguments.path, experiment=arguments.experiment, again=arguments.again)


COMMANDS = (
    Command(
        "export",
        "write a run or an experiment to one file, for another store",
        export,
        (Argument("RUN", shared.RUN.help, required=False, suggest=Suggest.RUNS),),
        (
            Option("--experiment", "an experiment with all its runs instead", "NAME", suggest=Suggest.EXPERIMENTS),
            Option("--to", "the file, or the folder for it; else the working directory", "PATH", suggest=Suggest.FILES),
        ),
        example="%tracker export last --to best.jtrk\n%tracker export --experiment digits",
    ),
    Command(
        "import",
        "take in runs of an export, an MLflow store or TensorBoard files",
        import_,
        (Argument("PATH", "an exported file, mlflow.db, an mlruns folder, or event files", suggest=Suggest.FILES),),
        (
            Option("--experiment", "where they go; else where they belong", "NAME", suggest=Suggest.EXPERIMENTS),
            Option("--again", "runs that are there already come once more, under new ids"),
        ),
        example="%tracker import best.jtrk\n%tracker import mlruns",
    ),
)
