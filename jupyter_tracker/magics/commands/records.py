"""Sub-commands that read what a run left: `logs events alerts metrics series …`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_tracker.client.reports import AlertList, ProgressList, Statistics
from jupyter_tracker.client.results import (
    ArtifactList,
    ClassificationResult,
    EventList,
    LatestMetrics,
    LogList,
)
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.commands.saving import FORMATS
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest

if TYPE_CHECKING:
    import pandas as pd


def logs(session: Session, arguments: Arguments) -> LogList | None:
    """What a run printed; with `--follow` it is printed here as it comes."""
    run = shared.named_run(session, arguments)
    if not arguments.follow:
        return run.logs(tail=arguments.tail)
    with session.following(run):
        for line in run.logs(follow=True, tail=arguments.tail):
            session.surface.write(f"{line.text}\n" if line.terminated else line.text)
    return None


def events(session: Session, arguments: Arguments) -> EventList | None:
    """What happened to a run; with `--follow` it is printed here as it comes."""
    run = shared.named_run(session, arguments)
    if not arguments.follow:
        return run.events()
    with session.following(run):
        for event in run.events(follow=True):
            session.surface.write(f"{event.time:%H:%M:%S}  {event.kind}  {event.message}\n")
    return None


def metrics(session: Session, arguments: Arguments) -> LatestMetrics:
    """The latest value of each metric."""
    return shared.named_run(session, arguments).metrics


def series(session: Session, arguments: Arguments) -> pd.DataFrame:
    """Every point."""
    return shared.named_run(session, arguments).series(arguments.keys or None, wide=not arguments.long)


def classification(session: Session, arguments: Arguments) -> ClassificationResult | Any:
    """Confusion matrix, ROC and PR curve: the live panel in Jupyter, the metrics themselves elsewhere."""
    run = shared.named_run(session, arguments)
    found = run.classification(arguments.name)
    panel = session.panel(run, kind="ClassificationPanel", name=found.name)
    return found if panel is None else panel


def statistics(session: Session, arguments: Arguments) -> Statistics:
    """The latest value of each metric by stage."""
    return shared.named_run(session, arguments).statistics()


def progress(session: Session, arguments: Arguments) -> ProgressList:
    """How far the operations of a run are."""
    return shared.named_run(session, arguments).progresses


def alert(session: Session, arguments: Arguments) -> EventList:
    """Ask for attention."""
    run = shared.named_run(session, arguments)
    return EventList([run.alert(arguments.title, arguments.text or "", arguments.level or "warning")])


def alerts(session: Session, arguments: Arguments) -> AlertList:
    """What asks for attention."""
    return session.tracker.runs.alerts(
        session.scope(arguments.experiment), level=arguments.level or "info", limit=arguments.limit
    )


def artifacts(session: Session, arguments: Arguments) -> ArtifactList | Path:
    """Files kept with a run, or where the one that was downloaded lies."""
    run = shared.named_run(session, arguments)
    if arguments.download is None:
        if arguments.to is None:
            return run.artifacts()
        if not arguments.to.endswith(FORMATS):
            raise UsageMistake(
                f"--to says where --download puts a file; give --download PATH, too. A file for the list ends with"
                f" {', '.join(FORMATS)}."
            )
        return run.artifacts().save(arguments.to)
    return run.download_artifact(arguments.download, Path(arguments.to or ".").expanduser())


COMMANDS = (
    Command(
        "logs",
        "what a run printed",
        logs,
        (shared.RUN,),
        (
            Option("--tail", "only the last lines", "N", values.count),
            Option("--follow", "print it as it comes, until the run has ended"),
        ),
        example="%tracker logs last --tail 20",
    ),
    Command(
        "events",
        "what happened to a run",
        events,
        (shared.RUN,),
        (Option("--follow", "print them as they come, until the run has ended"),),
        example="%tracker events last",
    ),
    Command(
        "alert",
        "ask for attention: an event that `alerts` lists",
        alert,
        (
            shared.RUN,
            Argument("TITLE", "in a few words"),
            Argument("TEXT", "in more words", required=False),
        ),
        (Option("--level", "info, warning or error; warning by default", "LEVEL"),),
        example='%tracker alert last "loss is NaN" "since epoch 3" --level error',
    ),
    Command(
        "alerts",
        "what asks for attention, of all runs",
        alerts,
        (Argument("EXPERIMENT", "only those of its runs", required=False, suggest=Suggest.EXPERIMENTS),),
        (
            Option("--level", "only those of this level or a more serious one", "LEVEL"),
            Option("--limit", "at most so many", "N", values.count),
        ),
        example="%tracker alerts digits --level error",
    ),
    Command("metrics", "the latest value of each metric", metrics, (shared.RUN,), example="%tracker metrics last"),
    Command(
        "statistics",
        "the latest value of each metric by stage, as in train and validation",
        statistics,
        (shared.RUN,),
        example="%tracker statistics last",
    ),
    Command(
        "progress", "how far each operation of a run is", progress, (shared.RUN,), example="%tracker progress last"
    ),
    Command(
        "series",
        "every point of the metrics, as a DataFrame",
        series,
        (shared.RUN, Argument("KEYS", "metrics; else all", required=False, many=True, suggest=Suggest.METRICS)),
        (Option("--long", "one row a point, with key, step, time and value, instead of one row a step"),),
        example="points = %tracker series last loss acc",
    ),
    Command(
        "classification",
        "confusion matrix, ROC and PR curve of a run, live",
        classification,
        (shared.RUN, Argument("NAME", "under which it was logged; else the last one", required=False)),
        example="%tracker classification last",
    ),
    Command(
        "artifacts",
        "files kept with a run",
        artifacts,
        (shared.RUN,),
        (
            Option("--download", "copy this file or folder here", "PATH"),
            Option(
                "--to",
                "the folder into which it is copied, else the working directory; or a file for the list",
                "FOLDER",
                suggest=Suggest.FILES,
            ),
        ),
        example="%tracker artifacts last --download model.bin --to models",
    ),
)
