"""From the line behind `%tracker` to a sub-command and its arguments, by the table. Nothing here ever exits."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_tracker.errors import did_you_mean
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.table import Argument, Arguments, Command, Option

HELP = ("--help", "-h")


def split(line: str) -> list[str]:
    """The words of a line; quotes keep blanks together.

    Raises:
        UsageMistake: a quotation is not closed.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if os.name == "nt":
        lexer.escape = ""  # a backslash is part of a path there
    try:
        return list(lexer)
    except ValueError:
        raise UsageMistake(f"A quotation mark in {line.strip()!r} is not closed.") from None


def find(commands: Iterable[Command], words: Sequence[str], *, cell: bool) -> tuple[Command, list[str]]:
    """The sub-command that the words begin with, and the words behind it.

    Raises:
        UsageMistake: there is none; the closest is suggested.
    """
    known = {command.name: command for command in commands if command.cell == cell}
    for length in (2, 1):
        command = known.get(" ".join(words[:length]))
        if command is not None and len(words) >= length:
            return command, list(words[length:])
    mark, name = "%%" if cell else "%", words[0] if words else ""
    elsewhere = next((command for command in commands if command.name == name), None)
    if elsewhere is not None:
        where = "begins a cell" if elsewhere.cell else "is a line of its own, with one %"
        raise UsageMistake(f"`{elsewhere.written}` {where}; `{mark}tracker {name}` is not known.")
    if cell and name not in known:
        choice = " or ".join(f"`{command.written}`" for command in known.values())
        raise UsageMistake(f"There is no sub-command {name!r} for a cell.{did_you_mean(name, known)} Use {choice}.")
    raise UsageMistake(f"There is no sub-command {name!r}.{did_you_mean(name, known)} `%tracker help` lists them.")


def parse(command: Command, words: Sequence[str]) -> Arguments:
    """The arguments of a sub-command.

    Raises:
        UsageMistake: a word is wrong, missing or too much; the message ends with the usage line.
    """
    reader = Reader(command)
    for word in words:
        reader.take(word)
    return reader.finish()


@dataclass
class Reader:
    """Takes the words of a sub-command one by one; in between it knows what may come next, which completion asks."""

    command: Command
    values: dict[str, Any] = field(default_factory=dict)
    waiting: Option | None = None
    """The option whose value must come next."""
    open_pairs: Option | None = None
    """The option to which a further `name=value` belongs."""
    only_arguments: bool = False
    _position: int = 0

    @property
    def argument(self) -> Argument | None:
        """The argument that a word by itself would be."""
        arguments = self.command.arguments
        return arguments[self._position] if self._position < len(arguments) else None

    def take(self, word: str) -> None:
        """Take the next word; `UsageMistake` when it does not fit."""
        if self.waiting is not None:
            if word.startswith("--"):
                raise self.mistake(f"{self.waiting.name} needs {self.waiting.value} behind it.")
            option, self.waiting = self.waiting, None
            self._set(option, word)
        elif word.startswith("--") and not self.only_arguments:
            self._take_option(word)
        elif self.open_pairs is not None and "=" in word:
            self._set(self.open_pairs, word)
        else:
            self._take_argument(word)

    def finish(self) -> Arguments:
        """All values, with None, False, [] or {} for what was not written; `UsageMistake` when something lacks."""
        if self.waiting is not None:
            raise self.mistake(f"{self.waiting.name} needs {self.waiting.value} behind it.")
        for argument in self.command.arguments:
            if argument.required and argument.key not in self.values:
                raise self.mistake(f"{argument.name} is missing.")
            self.values.setdefault(argument.key, [] if argument.many else None)
        for option in self.command.options:
            self.values.setdefault(option.key, {} if option.pairs else None if option.value else False)
        return Arguments(**self.values)

    def mistake(self, message: str) -> UsageMistake:
        """An error that ends with the usage line."""
        return UsageMistake(f"{message} Usage: {self.command.usage}")

    def _take_option(self, word: str) -> None:
        if word == "--":
            self.only_arguments = True
            return
        name, equals, value = word.partition("=")
        option = self.command.option(name)
        if option is None:
            close = did_you_mean(name, [known.name for known in self.command.options])
            raise self.mistake(f"{self.command.written} has no option {name!r}.{close}")
        self.open_pairs = option if option.pairs else None
        if not option.value:
            if equals:
                raise self.mistake(f"{name} is a switch and takes no value.")
            self.values[option.key] = True
        elif equals:
            self._set(option, value)
        else:
            self.waiting = option

    def _take_argument(self, word: str) -> None:
        argument = self.argument
        if argument is None:
            raise self.mistake(f"{word!r} is one word too many; put a value with blanks into quotation marks.")
        if argument.many:
            self.values.setdefault(argument.key, []).append(word)
        else:
            self.values[argument.key] = word
            self._position += 1

    def _set(self, option: Option, text: str) -> None:
        if not option.pairs:
            self.values[option.key] = self._parsed(option, text, option.name)
            return
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise self.mistake(f"{option.name} takes {option.value}, not {text!r}.")
        self.values.setdefault(option.key, {})[name] = self._parsed(option, value, f"{option.name} {name}")

    def _parsed(self, option: Option, text: str, shown: str) -> object:
        try:
            return option.parse(text)
        except ValueError as error:
            raise self.mistake(f"{shown} takes {error}, not {text!r}.") from None
