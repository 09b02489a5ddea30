"""Sub-commands about versions of code: `sources` and `sources create describe difference download …`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jupyter_tracker.client.assets import SourceComparison, SourceDetails, SourceList
from jupyter_tracker.magics.commands import shared
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option, Suggest
from jupyter_tracker.models import Cleanup


def sources(session: Session, arguments: Arguments) -> SourceList:
    """List versions, of a name or all."""
    return session.tracker.sources.list(arguments.name, lifecycle=shared.lifecycle(arguments))


def create(session: Session, arguments: Arguments) -> SourceList:
    """Keep code as a version."""
    made = session.tracker.sources.create(
        arguments.code,
        name=arguments.name,
        entry_point=arguments.entry_point,
        description=arguments.description or "",
        commit=arguments.commit,
    )
    return SourceList([made])


def describe(session: Session, arguments: Arguments) -> SourceDetails:
    """One with its files."""
    return session.tracker.sources.describe(arguments.source)


def difference(session: Session, arguments: Arguments) -> SourceComparison:
    """What changed."""
    return session.tracker.sources.difference(arguments.before, arguments.after)


def download(session: Session, arguments: Arguments) -> Path:
    """Write the files of one into a folder."""
    return session.tracker.sources.download(arguments.source, Path(arguments.folder).expanduser())


def update(session: Session, arguments: Arguments) -> SourceList:
    """Describe one."""
    return SourceList([session.tracker.sources.update(arguments.source, description=arguments.description)])


def purge(session: Session, arguments: Arguments) -> Cleanup:
    """Remove one for good."""
    return session.tracker.sources.purge(arguments.source)


def _changing(verb: str, summary: str) -> Command:
    def change(session: Session, arguments: Arguments) -> SourceList:
        return SourceList([getattr(session.tracker.sources, verb)(arguments.source)])

    action: Callable[[Session, Arguments], SourceList] = change
    return Command(f"sources {verb}", summary, action, (_SOURCE,))


_HELP = "id, unique beginning of an id, name@version, or name, which is the latest"
_SOURCE = Argument("SOURCE", _HELP, suggest=Suggest.SOURCES)

COMMANDS = (
    Command(
        "sources",
        "versions of code",
        sources,
        (Argument("NAME", "only those of this name", required=False, suggest=Suggest.SOURCES),),
        (shared.ARCHIVED, shared.DELETED),
        example="%tracker sources train",
    ),
    Command(
        "sources create",
        "keep code as a version: a file, folder, zip or tar file, or git commit",
        create,
        (Argument("CODE", "its path", suggest=Suggest.FILES),),
        (
            Option("--name", "under which it is counted; else from the path", "NAME"),
            Option("--entry-point", "the file of a folder or archive that runs start", "FILE"),
            Option("--commit", "of the git repository at the path: a hash, branch or tag", "COMMIT"),
            Option("--description", "what is said of it", "TEXT"),
        ),
        example="%tracker sources create project --entry-point train.py\n%tracker sources create project --commit v1.0",
    ),
    Command(
        "sources describe",
        "a version with its files",
        describe,
        (_SOURCE,),
        example="%tracker sources describe train@3",
    ),
    Command(
        "sources difference",
        "what changed between two versions",
        difference,
        (
            Argument("BEFORE", _HELP, suggest=Suggest.SOURCES),
            Argument("AFTER", "another one", suggest=Suggest.SOURCES),
        ),
        example="%tracker sources difference train@2 train@3",
    ),
    Command(
        "sources download",
        "write the files of a version into a folder",
        download,
        (_SOURCE, Argument("FOLDER", "one that is empty or not there", suggest=Suggest.FILES)),
        example="%tracker sources download train@3 old-train",
    ),
    Command(
        "sources update",
        "describe a version",
        update,
        (_SOURCE, Argument("DESCRIPTION", "what is said of it")),
        example='%tracker sources update train@3 "the one of the paper"',
    ),
    _changing("delete", "put a version of code where only `sources restore` finds it"),
    _changing("restore", "bring back a version of code that was deleted or archived"),
    _changing("archive", "take a version of code out of the listing; it stays usable"),
    _changing("unarchive", "take a version of code back into the listing"),
    Command("sources purge", "remove a version of code that was deleted for good", purge, (_SOURCE,)),
)
