"""The README says what is so: its table of capabilities, its sub-commands, its two commands.

`python tests/unit/test_readme.py` writes the table anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jupyter_tracker.backends import names, open_backend
from jupyter_tracker.backends.base import Capability, capabilities
from jupyter_tracker.magics.commands import COMMANDS
from jupyter_tracker.magics.helptext import overview
from jupyter_tracker.magics.parser import find

ADDRESSES = {
    "local": "local",
    "mlflow": "mlflow+http://127.0.0.1",
    "ubiops": "ubiops://PROJECT",
    "abeja": "abeja://ORGANIZATION",
    "chariot": "chariot://host/project",
    "vertex": "vertex://project",
}
"""How each backend is connected to; nothing is sent. Databricks is the same one as MLflow."""


@pytest.fixture
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


def section(readme: str, heading: str) -> str:
    return readme.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]


def table() -> str:
    """What each backend can do, as the README shows it."""
    assert {*ADDRESSES, "databricks"} == set(names()), "say how the new backend is connected to"
    columns = {name: capabilities(open_backend(address)) for name, address in ADDRESSES.items()}
    head = [f"| | {' | '.join(f'`{name}`' for name in columns)} |", f"|---|{'---|' * len(columns)}"]
    rows = zip(*columns.values(), strict=True)
    return "\n".join([*head, *(f"| `{row[0].operation}` | {' | '.join(map(cell, row))} |" for row in rows)])


def cell(capability: Capability) -> str:
    # How it is emulated would be too long for a table; `%tracker capabilities` says it.
    return str(capability.support)


def test_the_capabilities_are_those_of_the_backends(readme):
    shown = [line for line in section(readme, "What each backend can do").splitlines() if line.startswith("|")]
    assert "\n".join(shown) == table()


def test_each_sub_command_is_told_in_the_readme_or_in_the_help(readme):
    told = readme + overview(COMMANDS)
    assert [command.written for command in COMMANDS if command.written not in told] == []


def test_each_sub_command_of_the_readme_is_there(readme):
    lines = re.findall(r"(%{1,2})tracker (\w[^`\n]*)", readme)
    assert len(lines) > 5
    for signs, words in lines:
        find(COMMANDS, words.split(), cell=signs == "%%")


@pytest.mark.parametrize("heading", ["Run it", "Test it"])
def test_its_two_commands_are_single_lines_in_a_fenced_block(readme, heading):
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section(readme, heading), flags=re.DOTALL | re.MULTILINE)
    assert block.count("\n") == 1
    assert block.strip()


if __name__ == "__main__":
    file = Path(__file__).parents[2] / "README.md"
    text = file.read_text(encoding="utf-8")
    old = "\n".join(line for line in section(text, "What each backend can do").splitlines() if line.startswith("|"))
    file.write_text(text.replace(old, table()), encoding="utf-8")
