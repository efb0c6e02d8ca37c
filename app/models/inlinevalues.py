"""Which values stand at the ends of which lines: those that were assigned there, in the function that is stopped."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef
LONGEST = 60
"""Characters of one value."""
MOST = 4
"""Values of one line."""


class Assigned:
    """The names that each line of a file gives a value to. A file that cannot be parsed has none."""

    def __init__(self, lines: Sequence[str]) -> None:
        try:
            tree = ast.parse("\n".join(lines))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            tree = ast.Module([], [])
        self._functions = [node for node in ast.walk(tree) if isinstance(node, Function)]

    def until(self, line: int) -> dict[int, list[str]]:
        """By line the names assigned in the function around `line`, before that line is run."""
        around = [one for one in self._functions if one.lineno <= line <= (one.end_lineno or 0)]
        found: dict[int, list[str]] = {}
        if around:
            for at, name in _names(max(around, key=lambda one: one.lineno)):
                if at < line and name not in found.setdefault(at, []):
                    found[at].append(name)
        return found


def _names(function: Function) -> Iterator[tuple[int, str]]:
    arguments = function.args
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        if argument.arg != "self":
            yield function.lineno, argument.arg
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.end_lineno or node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _is_self(node.value):
            yield node.end_lineno or node.lineno, f"self.{node.attr}"


def _is_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "self"


def inline_values(assigned: Assigned, line: int, values: Mapping[str, str]) -> dict[int, str]:
    """The texts at the ends of lines. A name is shown at the last line before `line` that assigns it."""
    last: dict[str, int] = {}
    for at, names in sorted(assigned.until(line).items()):
        last |= {name: at for name in names if name in values}
    texts: dict[int, list[str]] = {}
    for name, at in last.items():
        value = values[name]
        texts.setdefault(at, []).append(f"{name}={value if len(value) <= LONGEST else value[: LONGEST - 1] + '…'}")
    return {at: "  ".join(parts[:MOST]) for at, parts in texts.items()}
