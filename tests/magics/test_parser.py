"""The line behind `%tracker`, without IPython."""

from __future__ import annotations

import math

import pytest

from jupyter_tracker.errors import TrackerError
from jupyter_tracker.magics import values
from jupyter_tracker.magics.commands import COMMANDS
from jupyter_tracker.magics.helptext import explain, overview
from jupyter_tracker.magics.mistakes import UsageMistake
from jupyter_tracker.magics.parser import find, parse, split


def understood(line, *, cell=False):
    command, rest = find(COMMANDS, split(line), cell=cell)
    return parse(command, rest)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("1e-3", 1e-3),
        ("3", 3),
        ("-1", -1),
        ("true", True),
        ("False", False),
        ("null", None),
        ("None", None),
        ("[1,2]", [1, 2]),
        ("['a', 'b']", ["a", "b"]),
        ('{"a": 1}', {"a": 1}),
        ('"3"', "3"),
        ("adam", "adam"),
        ("007", "007"),
        ("", ""),
        ("[broken", "[broken"),
    ],
)
def test_params_keep_the_type_that_json_or_python_gives_them(text, value):
    parsed = values.param(text)
    assert (parsed, type(parsed)) == (value, type(value))


def test_several_params_follow_one_option_and_leave_other_words_alone():
    arguments = understood("submit --param lr=0.1 layers=[1,2] train.py --param name='two words' flag=true --wait")
    assert arguments.param == {"lr": 0.1, "layers": [1, 2], "name": "two words", "flag": True}
    assert (arguments.code, arguments.wait, arguments.timeout) == ("train.py", True, None)


def test_values_are_written_with_or_without_an_equals_sign():
    assert understood('runs digits --where="metrics.acc > 0.9" --limit 5').where == "metrics.acc > 0.9"
    assert understood('runs digits --where "metrics.acc > 0.9" --limit=5').limit == 5


def test_words_behind_two_dashes_are_no_options():
    assert understood("run -- --strange-name").run == "--strange-name"


@pytest.mark.parametrize(("text", "value"), [("90", 90), ("90s", 90), ("5m", 300), ("1.5h", 5400), ("0", 0)])
def test_times_have_units(text, value):
    assert values.seconds(text) == value


@pytest.mark.parametrize("text", ["", "s", "soon", "-1", "nan", "inf"])
def test_times_that_are_none_are_rejected(text):
    with pytest.raises(ValueError, match="90s"):
        values.seconds(text)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("runz", "Did you mean"),
        ("logz", "Did you mean 'logs'"),
        ("runs --wher x", "Did you mean '--where'"),
        ("runs --limit", "--limit needs N"),
        ("runs --limit --all", "--limit needs N"),
        ("runs --limit many", "whole number"),
        ("runs --all=yes", "switch"),
        ("run", "RUN is missing"),
        ("run a b", "one word too many"),
        ("submit a.py --param lr", "NAME=VALUE"),
        ("submit a.py --as 2x", "name of a variable"),
        ("stop last --grace soon", "90s"),
        ("runs --where 'open", "not closed"),
        ("track digits", "`%%tracker track` begins a cell"),
    ],
)
def test_mistakes_are_explained_in_one_line(line, says):
    with pytest.raises(UsageMistake) as caught:
        understood(line)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, TrackerError)


def test_mistakes_in_options_end_with_the_usage_line():
    with pytest.raises(UsageMistake, match=r"Usage: %tracker logs RUN \[--tail N\] \[--follow\] \[--to FILE\]$"):
        understood("logs")


def test_a_line_command_over_a_cell_is_pointed_out():
    with pytest.raises(UsageMistake, match="line of its own"):
        understood("runs", cell=True)
    with pytest.raises(UsageMistake, match="Did you mean 'track'"):
        understood("trak", cell=True)


def test_every_command_is_in_the_help():
    text = overview(COMMANDS)
    for command in COMMANDS:
        assert f"{command.written} " in text
        assert command.summary in text


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.written)
def test_every_argument_and_option_has_help(command):
    text = explain(command)
    for part in (*command.arguments, *command.options):
        assert part.help
        assert part.name in text
        assert part.help in text
    assert command.summary


@pytest.mark.parametrize("command", [each for each in COMMANDS if each.example], ids=lambda each: each.written)
def test_examples_can_be_parsed(command):
    for line in command.example.splitlines()[: 1 if command.cell else None]:
        words = line.partition("%tracker ")[2]
        assert find(COMMANDS, split(words), cell=command.cell)[0] is command
        understood(words, cell=command.cell)


def test_names_of_commands_and_options_are_unique():
    written = [command.written for command in COMMANDS]
    assert len(set(written)) == len(written)
    for command in COMMANDS:
        keys = [part.key for part in (*command.arguments, *command.options)]
        assert len(set(keys)) == len(keys)


def test_nan_is_a_number_whose_fate_the_backend_decides():
    assert math.isnan(values.param("NaN"))
