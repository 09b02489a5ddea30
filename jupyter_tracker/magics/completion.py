"""Completion of `%tracker` lines from the table and from live data, in IPython's matcher API."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from jupyter_tracker.client import native
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.parser import HELP, Reader, find, split
from jupyter_tracker.magics.session import Session
from jupyter_tracker.magics.table import Argument, Command, Option, Suggest

PATIENCE = 0.05
"""Seconds that Tab may take; what comes later is offered at the next Tab."""
NEWEST = 200
"""Runs that are offered."""
NEWEST_READERS = 20
"""Runs of which the datasets are offered."""

_LINE = re.compile(r"\s*(?:[\w.,\s]+=\s*)?(?P<mark>%%?)tracker\s+(?P<rest>.*)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Completion:
    """What may stand in place of the word before the cursor."""

    text: str
    kind: str


class LiveNames:
    """Names from the tracker, asked for in the background; nobody waits longer than `PATIENCE`."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._asking: dict[tuple[str, ...], Thread] = {}

    def get(self, key: tuple[str, ...], ask: Callable[[], Iterable[str]]) -> tuple[str, ...]:
        """The names; the ones known before when asking takes too long or fails."""
        thread = self._asking.get(key)
        if thread is None or not thread.is_alive():
            thread = self._asking[key] = Thread(target=self._ask, args=(key, ask), daemon=True)
            thread.start()
        thread.join(PATIENCE)
        return self._known.get(key, ())

    def _ask(self, key: tuple[str, ...], ask: Callable[[], Iterable[str]]) -> None:
        try:
            self._known[key] = tuple(dict.fromkeys(ask()))
        except Exception:  # noqa: BLE001  # whatever it is, it must not disturb typing
            self._known.pop(key, None)


class Completer:
    """Knows what may come next on a `%tracker` line."""

    def __init__(self, session: Session, commands: tuple[Command, ...]) -> None:
        self._session = session
        self._commands = commands
        self._names = LiveNames()

    def matches(self, line: str) -> tuple[str, list[Completion]] | None:
        """The word before the end of a line and what may stand in its place; None when the line is not ours."""
        found = _LINE.match(line)
        if found is None:
            return None
        before, fragment = _last_word(found["rest"])
        wanted = fragment.lstrip("'\"")
        try:
            offered = self._offered(split(before), cell=found["mark"] == "%%", wanted=wanted)
        except UsageMistake:
            return fragment, []
        quoted = fragment != wanted
        fitting = [each for each in offered if each.text.startswith(wanted) and each.text != fragment]
        return fragment, [Completion(_quoted(each.text, always=quoted), each.kind) for each in fitting]

    def _offered(self, words: list[str], *, cell: bool, wanted: str) -> Iterable[Completion]:
        if not words:
            names = (command.name for command in self._commands if command.cell == cell)
            return [Completion(name, "function") for name in names if " " not in name]
        command, rest = find(self._commands, words, cell=cell)
        if not rest and not wanted.startswith("-"):
            inner = [name.split()[1] for name in self._command_names() if name.startswith(f"{command.name} ")]
            if any(name.startswith(wanted) for name in inner):
                return [Completion(name, "function") for name in inner]
        reader = Reader(command)
        for word in rest:
            reader.take(word)
        if wanted.startswith("-") and reader.waiting is None and not reader.only_arguments:
            given = reader.values
            left = [each.name for each in command.options if each.pairs or each.key not in given]
            return [Completion(name, "param") for name in (*left, *HELP[:1])]
        return [Completion(name, "text") for name in self._values(reader, wanted)]

    def _values(self, reader: Reader, wanted: str) -> Iterable[str]:
        expected: Option | Argument | None = reader.waiting or reader.argument
        suggest = Suggest.NOTHING if expected is None else expected.suggest
        if suggest is Suggest.FILES:
            return _files(wanted)
        at_hand = {
            Suggest.COMMANDS: self._command_names,
            Suggest.CONNECTIONS: self._session.connections,
            Suggest.OPERATIONS: self._operations,
        }
        if suggest in at_hand:
            return at_hand[suggest]()
        asked = {
            Suggest.CHECKPOINTS: self._checkpoints,
            Suggest.DATASETS: self._datasets,
            Suggest.EXPERIMENTS: self._experiments,
            Suggest.MODELS: self._models,
            Suggest.RUNS: self._runs,
            Suggest.SOURCES: self._sources,
            Suggest.TEMPLATES: self._templates,
        }
        here = self._session.address
        if suggest in asked:
            return self._names.get((here, suggest), asked[suggest])
        if suggest is Suggest.METRICS and "run" in reader.values:
            run = reader.values["run"]
            return self._names.get((here, suggest, run), lambda: self._session.tracker.runs.get(run).metrics)
        if suggest is Suggest.VARIABLES:
            experiment = reader.values.get("experiment")
            return self._names.get((here, suggest, str(experiment)), lambda: self._variables(experiment))
        return ()

    def _operations(self) -> list[str]:
        return native.names(self._session.tracker.backend)

    def _command_names(self) -> list[str]:
        return [command.name for command in self._commands if not command.cell]

    def _experiments(self) -> Iterable[str]:
        return [experiment.name for experiment in self._session.tracker.experiments.list()]

    def _variables(self, experiment: str | None) -> Iterable[str]:
        return [variable.name for variable in self._session.tracker.variables.list(experiment)]

    def _sources(self) -> Iterable[str]:
        """Names, which are latest versions, then all versions."""
        found = self._session.tracker.sources.list()[:NEWEST]
        return [*(source.name for source in found), *(source.label for source in found)]

    def _templates(self) -> Iterable[str]:
        found = self._session.tracker.templates.list(versions=True)[:NEWEST]
        return [*(template.name for template in found), *(template.label for template in found)]

    def _checkpoints(self) -> Iterable[str]:
        found = self._session.tracker.checkpoints.list(order_by="created_at DESC", limit=NEWEST)
        return [checkpoint.id[:8] for checkpoint in found]

    def _datasets(self) -> Iterable[str]:
        """Names of what the newest runs read."""
        runs = self._session.tracker.runs.list(limit=NEWEST_READERS)
        return [use.dataset.name for run in runs for use in run.inputs()]

    def _models(self) -> Iterable[str]:
        found = self._session.tracker.models.list(versions=True)[:NEWEST]
        return [*(model.name for model in found), *(model.label for model in found)]

    def _runs(self) -> Iterable[str]:
        """`last`, then names that only one run has, then short ids."""
        runs = self._session.tracker.runs.list(limit=NEWEST)
        names = [run.name for run in runs]
        unique = [name for name in names if names.count(name) == 1]
        return [*(["last"] if runs else []), *unique, *(run.id[:8] for run in runs)]


def matcher(completer: Completer) -> Callable[[Any], Any]:
    """The completer as IPython calls it; on our lines nothing else is shown."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    def tracker_matcher(context: Any) -> dict[str, Any]:
        line = context.text_until_cursor
        found = None
        if "tracker" in line and not (line.lstrip().startswith("%%") and context.cursor_line > 0):
            found = completer.matches(line)
        if found is None:
            return {"completions": [], "suppress": False}
        fragment, completions = found
        # Where nothing is known, what is there stands for itself: else IPython would offer all of Python.
        offered = completions or [Completion(fragment, "text")]
        return {
            "completions": [SimpleCompletion(text=each.text, type=each.kind) for each in offered],
            "matched_fragment": fragment,
            "suppress": True,
            "ordered": True,
        }

    marked: Callable[[Any], Any] = context_matcher(identifier="jupyter_tracker", priority=150)(tracker_matcher)
    return marked


def _last_word(text: str) -> tuple[str, str]:
    """What stands before the word at the end, and that word, which may begin with a quotation mark still open."""
    start, quote = 0, ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character.isspace():
            start = index + 1
    return text[:start], text[start:]


def _files(begun: str) -> list[str]:
    """Files and folders whose path begins so."""
    folder, slash, _ = begun.rpartition("/")
    try:
        found = sorted(Path(f"{folder}{slash}" or ".").expanduser().iterdir())
    except OSError:
        return []
    return [f"{folder}{slash}{path.name}{'/' if path.is_dir() else ''}" for path in found if path.name[:1] != "."]


def _quoted(text: str, *, always: bool) -> str:
    return f'"{text}"' if always and '"' not in text else shlex.quote(text)
