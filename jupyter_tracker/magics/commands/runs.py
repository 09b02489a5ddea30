"""Sub-commands about runs as a whole: `runs run submit stop update notes compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracker.client import Run
from jupyter_tracker.client.results import RunList
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.helptext import Text
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest
from jupyter_tracker.models import Code, QueryPlan, Source

if TYPE_CHECKING:
    import pandas as pd


def runs(session: Session, arguments: Arguments) -> RunList[Run] | QueryPlan:
    """List the runs of an experiment, or of all."""
    if arguments.explain:
        return session.tracker.runs.explain(arguments.where, order_by=arguments.order_by)
    if arguments.all and arguments.experiment:
        raise UsageMistake(f"Give the experiment {arguments.experiment!r} or --all, not both.")
    return session.tracker.runs.list(
        None if arguments.all else session.scope(arguments.experiment),
        where=arguments.where,
        order_by=arguments.order_by,
        limit=arguments.limit,
        lifecycle=shared.lifecycle(arguments),
    )


def run(session: Session, arguments: Arguments) -> Any:
    """The live panel of a run in Jupyter, the run itself elsewhere."""
    found = shared.named_run(session, arguments)
    panel = session.panel(found)
    return found if panel is None else panel


def submit(session: Session, arguments: Arguments) -> Run:
    """Start code as a run of its own process."""
    if (arguments.code is None) == (arguments.source is None):
        raise UsageMistake("Say what to submit: `%tracker submit CODE` or `%tracker submit --source SOURCE`.")
    code = arguments.code if arguments.source is None else session.tracker.sources.get(arguments.source)
    return submitted(session, arguments, code, arguments.entry_point)


def submitted(session: Session, arguments: Arguments, code: str | Code | Source, entry_point: str | None = None) -> Run:
    """Submit with what `shared.SUBMISSION` takes. Does not wait."""
    search = shared.search(arguments)
    start = session.tracker.runs.sweep if search else session.tracker.runs.submit
    made = start(
        session.target(arguments.experiment),
        code=code,
        entry_point=entry_point,
        params=arguments.param,
        **shared.submission(session, arguments),
        **search,
    )
    if getattr(arguments, "as"):
        session.surface.bind(getattr(arguments, "as"), made)
    return made


def submit_and_wait(session: Session, arguments: Arguments) -> Any:
    """`submit`, and with `--wait` its end; with `--form` the form for it."""
    if arguments.form:
        if (arguments.code is None) == (arguments.source is None):
            raise UsageMistake("Say what to submit: `%tracker submit CODE --form`, or the name of a template.")
        target = arguments.code if arguments.source is None else session.tracker.sources.get(arguments.source)
        return shared.form(session, arguments, target, arguments.entry_point)
    made = submit(session, arguments)
    return session.wait(made) if arguments.wait else made


def stop(session: Session, arguments: Arguments) -> Run:
    """Ask a run to end."""
    found = shared.named_run(session, arguments)
    found = found.stop() if arguments.grace is None else found.stop(arguments.grace)
    if arguments.wait:
        with session.following(found):
            found.wait()
    return found


def wait(session: Session, arguments: Arguments) -> Run:
    """Wait until one has ended."""
    return session.wait(shared.named_run(session, arguments), arguments.timeout)


def update(session: Session, arguments: Arguments) -> Run:
    """Rename one, write notes, set its tags."""
    tags = shared.tag_changes(arguments)
    if arguments.name is None and arguments.notes is None and tags is None:
        raise UsageMistake("There is nothing to change: give --name, --notes, --tag or --untag.")
    return session.tracker.runs.update(arguments.run, name=arguments.name, notes=arguments.notes, tags=tags)


def notes(session: Session, arguments: Arguments) -> Text | Run:
    """What was written about one, or what is written now."""
    if arguments.text is None:
        return Text(shared.named_run(session, arguments).notes or "No notes.")
    return session.tracker.runs.update(arguments.run, notes=arguments.text)


def restart(session: Session, arguments: Arguments) -> Run:
    """Let a run that has ended go on as a further attempt."""
    found = shared.named_run(session, arguments).restart(variables=arguments.env)
    return session.wait(found) if arguments.wait else found


def clone(session: Session, arguments: Arguments) -> Run:
    """Submit the code of a run as another one."""
    source = shared.named_run(session, arguments)
    made = source.clone(arguments.param, name=arguments.name, variables=arguments.env)
    return session.wait(made) if arguments.wait else made


def children(session: Session, arguments: Arguments) -> RunList[Run]:
    """The runs that are a part of another one."""
    return shared.named_run(session, arguments).children()


def compare(session: Session, arguments: Arguments) -> pd.DataFrame:
    """A panel in Jupyter, and one row a run: the params that differ, the others, the latest metrics."""
    if len(arguments.runs) < 2:
        raise UsageMistake("Comparing takes two runs or more: `%tracker compare RUN RUN`.")
    found = [session.tracker.runs.get(run) for run in arguments.runs]
    panel = session.panel(*found, kind="ComparePanel")
    if panel is not None:
        session.surface.display(panel)
    return session.tracker.runs.compare(*(run.id for run in found))


COMMANDS = (
    Command(
        "runs",
        "list runs",
        runs,
        (
            Argument(
                "EXPERIMENT",
                "its name or id; else the one of `%tracker use`, else all",
                required=False,
                suggest=Suggest.EXPERIMENTS,
            ),
        ),
        (
            Option("--where", 'only those that fit, as in "metrics.acc > 0.9 and params.lr < 0.1"', "FILTER"),
            Option("--order-by", 'newest first by default; as in "metrics.acc DESC"', "FIELDS"),
            Option("--limit", "at most so many", "N", values.count),
            Option("--all", "of every experiment"),
            Option("--explain", "say instead what the platform is asked and what is looked at here"),
            shared.ARCHIVED,
            shared.DELETED,
        ),
        example='best = %tracker runs digits --where "metrics.acc > 0.9" --order-by "metrics.acc DESC" --limit 5',
    ),
    Command("run", "show a run, live", run, (shared.RUN,), example="%tracker run last"),
    Command(
        "submit",
        "start a script, folder or notebook as a run",
        submit_and_wait,
        (Argument("CODE", "path of a script, a folder or a notebook", required=False, suggest=Suggest.FILES),),
        (
            Option("--experiment", shared.TARGET.help, "NAME", suggest=Suggest.EXPERIMENTS),
            Option("--source", "a kept version of code instead, as in train@3", "SOURCE", suggest=Suggest.SOURCES),
            Option("--entry-point", "the file of a folder that is started", "FILE"),
            shared.FORM,
            *shared.SUBMISSION,
            *shared.SWEEP,
        ),
        example="%tracker submit train.py --experiment digits --param lr=0.1 epochs=30",
    ),
    Command(
        "stop",
        "ask a run to end",
        stop,
        (shared.RUN,),
        (
            Option("--grace", "kill it when it still runs after this time; 10m by default", "TIME", values.seconds),
            Option("--wait", "wait until it has ended"),
        ),
        example="%tracker stop last --grace 30s",
    ),
    Command(
        "wait",
        "wait until a run has ended; an error when it fails",
        wait,
        (shared.RUN,),
        (Option("--timeout", "give up waiting after this time; the run goes on", "TIME", values.seconds),),
        example="%tracker wait last --timeout 1h",
    ),
    Command(
        "update",
        "rename a run, write notes, set its tags",
        update,
        (shared.RUN,),
        (
            Option("--name", "its new name", "NAME"),
            Option("--notes", "what there is to say about it", "TEXT"),
            shared.TAG,
            shared.UNTAG,
        ),
        example="%tracker update last --name baseline --tag keep=yes --untag draft",
    ),
    Command(
        "notes",
        "what was written about a run, or write it",
        notes,
        (shared.RUN, Argument("TEXT", "the notes that it gets", required=False)),
        example='%tracker notes last "the one of the paper"',
    ),
    Command(
        "restart",
        "start the code of a run that failed, was stopped or is lost again, as a further attempt",
        restart,
        (shared.RUN,),
        (shared.ENV, shared.WAIT),
        example="%tracker restart last",
    ),
    Command(
        "clone",
        "submit the code of a run, as it was kept, as another run",
        clone,
        (shared.RUN,),
        (shared.PARAM, Option("--name", "of the new run", "NAME"), shared.ENV, shared.WAIT),
        example="%tracker clone last --param lr=0.01",
    ),
    Command("children", "the runs that are a part of a run, such as the trials of a sweep", children, (shared.RUN,)),
    Command(
        "compare",
        "runs side by side: a panel in Jupyter, a DataFrame as value",
        compare,
        (Argument("RUNS", "two runs or more", many=True, suggest=Suggest.RUNS),),
        example="%tracker compare small large",
    ),
)
