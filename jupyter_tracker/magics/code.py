"""Running a cell's code where the shell does not do so itself: in `run_cell_magic`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from types import CodeType
from typing import Any

from jupyter_tracker.magics.mistakes import UsageMistake


@dataclass(frozen=True, slots=True)
class CellCode:
    """A compiled cell: its statements, and the expression on its last line, if its value is to be shown."""

    body: CodeType
    last: CodeType | None

    def execute(self, global_ns: dict[str, Any], local_ns: dict[str, Any]) -> object:
        """Run it; the result is the value of the last line."""
        __tracebackhide__ = True  # IPython leaves us out of what it shows
        exec(self.body, global_ns, local_ns)  # noqa: S102  # a cell is code to run
        return None if self.last is None else eval(self.last, global_ns, local_ns)  # noqa: S307  # its last line


def compile_cell(shell: Any, cell: str) -> CellCode:
    """Compile a cell with the shell's transformations and flags; lines count from the `%%` line.

    Raises:
        SyntaxError: as in an ordinary cell.
        UsageMistake: it is empty.
    """
    __tracebackhide__ = True
    transformed = "\n" + shell.transform_cell(cell)
    name = shell.compile.cache(transformed, shell.execution_count, raw_code=f"\n{cell}")
    tree = shell.transform_ast(shell.compile.ast_parse(transformed, filename=name))
    if not tree.body:
        raise empty_cell()
    last = tree.body[-1]
    silenced = shell.ast_node_interactivity == "none" or shell.displayhook.semicolon_at_end_of_expression(cell)
    if silenced or not isinstance(last, ast.Expr):
        return CellCode(shell.compile(tree, name, "exec"), None)
    body = shell.compile(ast.Module(tree.body[:-1], []), name, "exec")
    return CellCode(body, shell.compile(ast.Expression(last.value), name, "eval"))


def empty_cell() -> UsageMistake:
    """What to say of a cell without code."""
    return UsageMistake("The cell is empty: write the code of the run under the `%%tracker` line.")
