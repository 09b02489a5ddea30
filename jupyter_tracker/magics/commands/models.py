"""Sub-commands about models: `models` and `models create get describe download update delete restore archive …`."""

from __future__ import annotations

from pathlib import Path

from jupyter_tracker.client.assets import ModelDetails, ModelList
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest


def models(session: Session, arguments: Arguments) -> ModelList:
    """List them."""
    return session.tracker.models.list(
        arguments.pattern, versions=arguments.versions, lifecycle=shared.lifecycle(arguments), run=arguments.run
    )


def create(session: Session, arguments: Arguments) -> ModelList:
    """Make a version."""
    if (arguments.path is None) == (arguments.checkpoint is None):
        raise UsageMistake("Say what it is: `%tracker models create NAME PATH` or with `--checkpoint CHECKPOINT`.")
    if arguments.checkpoint is not None and arguments.run is not None:
        raise UsageMistake("A checkpoint says itself which run it is of: give --run with PATH only.")
    made = session.tracker.models.create(
        arguments.name,
        checkpoint=arguments.checkpoint,
        path=None if arguments.path is None else Path(arguments.path).expanduser(),
        run=arguments.run,
        version=arguments.version,
        summary=arguments.summary or "",
        metrics=arguments.metric,
        tags=arguments.tag,
    )
    return ModelList([made])


def get(session: Session, arguments: Arguments) -> ModelList:
    """One in a line."""
    return ModelList([session.tracker.models.get(arguments.model)])


def describe(session: Session, arguments: Arguments) -> ModelDetails:
    """One with its files and lineage."""
    return session.tracker.models.describe(arguments.model)


def download(session: Session, arguments: Arguments) -> Path:
    """Write the files of one into a folder."""
    return session.tracker.models.download(arguments.model, Path(arguments.folder).expanduser())


def update(session: Session, arguments: Arguments) -> ModelList:
    """Change summary and tags of one."""
    if arguments.summary is None and not arguments.tag:
        raise UsageMistake("There is nothing to change: give --summary or --tag.")
    return ModelList(
        [session.tracker.models.update(arguments.model, summary=arguments.summary, tags=arguments.tag or None)]
    )


def _changing(verb: str, summary: str) -> Command:
    def change(session: Session, arguments: Arguments) -> ModelList:
        return ModelList([getattr(session.tracker.models, verb)(arguments.model)])

    return Command(f"models {verb}", summary, change, (_MODEL,))


_MODEL = Argument(
    "MODEL",
    "id, unique beginning of an id, name@version, or name, which is the latest",
    suggest=Suggest.MODELS,
)
_SUMMARY = Option("--summary", "what is said of it", "TEXT")

COMMANDS = (
    Command(
        "models",
        "models that came out of training",
        models,
        (Argument("PATTERN", "only names that fit, as in %resnet%; case does not count", required=False),),
        (
            Option("--versions", "all versions, not only the latest"),
            Option("--run", "only those of this run", "RUN", suggest=Suggest.RUNS),
            shared.ARCHIVED,
            shared.DELETED,
        ),
        example="%tracker models res% --versions",
    ),
    Command(
        "models create",
        "make a model from a checkpoint, a file or a folder",
        create,
        (
            Argument("NAME", "its name; the next version when it is there"),
            Argument("PATH", "of a file or folder", required=False, suggest=Suggest.FILES),
        ),
        (
            Option("--checkpoint", "a complete checkpoint instead", "CHECKPOINT", suggest=Suggest.CHECKPOINTS),
            Option("--run", "the run that the file or folder comes from", "RUN", suggest=Suggest.RUNS),
            Option("--version", "as in 1.2.0 or 2.0.0-rc.1; else the next minor version", "VERSION"),
            _SUMMARY,
            Option("--metric", "a number that speaks for it, as in acc=0.97", "NAME=NUMBER", values.param, pairs=True),
            shared.TAG,
        ),
        example="%tracker models create resnet --checkpoint 3f2a --version 1.2.0 --metric acc=0.97",
    ),
    Command("models get", "one version of a model", get, (_MODEL,)),
    Command(
        "models describe",
        "a version with its files, and the checkpoint, run and source that it comes from",
        describe,
        (_MODEL,),
        example="%tracker models describe resnet@1.2.0",
    ),
    Command(
        "models download",
        "write the files of a version into a folder",
        download,
        (_MODEL, Argument("FOLDER", "one that is empty or not there", suggest=Suggest.FILES)),
        example="%tracker models download resnet@1.2.0 resnet",
    ),
    Command("models update", "describe a version, set its tags", update, (_MODEL,), (_SUMMARY, shared.TAG)),
    _changing("delete", "put a version where only `models restore` finds it"),
    _changing("restore", "bring back a version that was deleted or archived"),
    _changing("archive", "take a version out of the listing; it stays usable"),
    _changing("unarchive", "bring back a version that was archived"),
)
