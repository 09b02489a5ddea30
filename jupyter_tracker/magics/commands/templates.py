"""Sub-commands about recipes for runs: `templates` and `templates create get validate submit …`."""

from __future__ import annotations

from typing import Any

from jupyter_tracker.client.assets import MistakeList, TemplateDetails, TemplateList
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest
from jupyter_tracker.models import Cleanup, Source


def templates(session: Session, arguments: Arguments) -> TemplateList:
    """List them."""
    return session.tracker.templates.list(
        arguments.pattern, versions=arguments.versions, lifecycle=shared.lifecycle(arguments)
    )


def create(session: Session, arguments: Arguments) -> TemplateList:
    """Make a version."""
    if (arguments.code is None) == (arguments.source is None):
        raise UsageMistake("Say what it runs: `%tracker templates create NAME CODE` or with `--source SOURCE`.")
    try:
        schema = None if arguments.schema is None else values.json_object(arguments.schema)
    except ValueError as error:
        raise UsageMistake(f"--schema takes {error}, not {arguments.schema!r}.") from None
    code: str | Source = arguments.code
    if arguments.source is not None:
        code = session.tracker.sources.get(arguments.source)
    made = session.tracker.templates.create(
        arguments.name,
        code=code,
        entry_point=arguments.entry_point,
        schema=schema,
        defaults=arguments.default,
        resources=arguments.resource,
        description=arguments.description or "",
    )
    return TemplateList([made])


def get(session: Session, arguments: Arguments) -> TemplateDetails:
    """One with its schema and defaults."""
    return TemplateDetails(session.tracker.templates.get(arguments.template))


def validate(session: Session, arguments: Arguments) -> MistakeList:
    """The mistakes of a config."""
    return session.tracker.templates.validate(arguments.template, arguments.param)


def submit(session: Session, arguments: Arguments) -> Any:
    """Start a run of one, or with `--form` show the form for it."""
    if arguments.form:
        return shared.form(session, arguments, session.tracker.templates.get(arguments.template))
    run = session.tracker.templates.submit(
        arguments.template,
        session.target(arguments.experiment),
        config=arguments.param,
        **shared.submission(session, arguments),
    )
    if getattr(arguments, "as"):
        session.surface.bind(getattr(arguments, "as"), run)
    return session.wait(run) if arguments.wait else run


def update(session: Session, arguments: Arguments) -> TemplateList:
    """Describe one."""
    return TemplateList([session.tracker.templates.update(arguments.template, description=arguments.description)])


def purge(session: Session, arguments: Arguments) -> Cleanup:
    """Remove one for good."""
    return session.tracker.templates.purge(arguments.template)


def _changing(verb: str, summary: str) -> Command:
    def change(session: Session, arguments: Arguments) -> TemplateList:
        return TemplateList([getattr(session.tracker.templates, verb)(arguments.template)])

    return Command(f"templates {verb}", summary, change, (_TEMPLATE,))


_TEMPLATE = Argument(
    "TEMPLATE",
    "id, unique beginning of an id, name@version, or name, which is the latest",
    suggest=Suggest.TEMPLATES,
)

COMMANDS = (
    Command(
        "templates",
        "recipes for runs",
        templates,
        (Argument("PATTERN", "only names that fit, as in %resnet%; case does not count", required=False),),
        (Option("--versions", "all versions, not only the latest"), shared.ARCHIVED, shared.DELETED),
        example="%tracker templates res%",
    ),
    Command(
        "templates create",
        "make a recipe: code, what its config must be, defaults, resources",
        create,
        (
            Argument("NAME", "its name; the next version when it is there"),
            Argument("CODE", "path of its code", required=False, suggest=Suggest.FILES),
        ),
        (
            Option("--source", "a kept version of code instead, as in train@3", "SOURCE", suggest=Suggest.SOURCES),
            Option("--entry-point", "the file of a folder that is started", "FILE"),
            Option("--schema", "JSON Schema of its config: a file, or the JSON", "FILE", suggest=Suggest.FILES),
            Option("--default", "a value of a config that is not given", "NAME=VALUE", values.param, pairs=True),
            Option("--resource", "what a run needs, as in memory=4Gi", "NAME=VALUE", values.param, pairs=True),
            Option("--description", "what is said of it", "TEXT"),
        ),
        example="%tracker templates create resnet train.py --schema schema.json --default lr=0.1",
    ),
    Command("templates get", "a recipe with its schema and defaults", get, (_TEMPLATE,)),
    Command(
        "templates validate",
        "all mistakes of a config, without running it",
        validate,
        (_TEMPLATE,),
        (shared.PARAM,),
        example="%tracker templates validate resnet --param lr=-1",
    ),
    Command(
        "templates submit",
        "start a run of a recipe",
        submit,
        (_TEMPLATE,),
        (
            Option("--experiment", shared.TARGET.help, "NAME", suggest=Suggest.EXPERIMENTS),
            shared.FORM,
            *shared.SUBMISSION,
        ),
        example="%tracker templates submit resnet --experiment digits --param lr=0.01",
    ),
    Command(
        "templates update",
        "describe a recipe",
        update,
        (_TEMPLATE, Argument("DESCRIPTION", "what is said of it")),
    ),
    _changing("delete", "put a recipe where only `templates restore` finds it"),
    _changing("restore", "bring back a recipe that was deleted or archived"),
    _changing("archive", "take a recipe out of the listing; it stays usable"),
    _changing("unarchive", "take a recipe back into the listing"),
    Command("templates purge", "remove a recipe that was deleted for good", purge, (_TEMPLATE,)),
)
