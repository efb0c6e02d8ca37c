"""Which call a frame is in, read from its source; and what a plain expression means there, without running any code."""

from __future__ import annotations

import ast
import builtins
import inspect
import linecache
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType, MemberDescriptorType, ModuleType
from typing import Any

TEXT_LIMIT = 120
LINES_LIMIT = 2_000
"""A longer function is not read only to tell what one of its lines calls."""
FILE_LIMIT = 20_000
REMEMBERED = 512
UNKNOWN = object()
"""What an expression means cannot be told."""

Deed = ast.Call | ast.With
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Call:
    """A call, or the entry into a `with`: then `name` is "with"."""

    name: str
    """The last name of what is called: "recv" of `self.request.recv(4)`."""
    target: ast.expr | None
    """Whose method it is, or what a `with` enters."""
    text: str
    """As it is written, in one line."""


def call_of(frame: FrameType) -> Call | None:
    """The call that a frame is in; None when its source is not there, or it is in none."""
    where = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), None)
    if where is None or where[0] is None:
        return None
    line, last, first_column, last_column = where
    for node in deeds_of(frame.f_code):
        for part in _parts(node):
            if _extent(part) == (line, first_column, last, last_column):
                return _described(node, part)
    return None


def line_of(frame: FrameType) -> Call | None:
    """The line that a frame is at, where it waits without a call: `for line in self.rfile`."""
    text = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip().removesuffix(":")
    return Call("", None, _cut(text)) if text else None


def call_on(file: str, line: int, names: Collection[str]) -> Call | None:
    """The first call on a line that has one of these names, for frames of which only the line is known."""
    found = (_described(node, node) for node in _deeds_in(file) if node.lineno == line)
    return next((call for call in found if call.name in names), None)


def _parts(node: Deed) -> list[ast.AST]:
    """What the interpreter may call the place of entering a `with`: the statement, or what stands in its head."""
    return [node, *(item.context_expr for item in node.items)] if isinstance(node, ast.With) else [node]


def _extent(node: Any) -> tuple[int, int, int, int]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _described(node: Deed, part: ast.AST) -> Call:
    if isinstance(node, ast.With):
        entered = part if isinstance(part, ast.expr) else node.items[0].context_expr
        return Call("with", entered, _cut(f"with {ast.unparse(entered)}"))
    called = node.func
    if isinstance(called, ast.Attribute):
        return Call(called.attr, called.value, _cut(ast.unparse(node)))
    return Call(called.id if isinstance(called, ast.Name) else "", None, _cut(ast.unparse(node)))


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"


# Source


@lru_cache(REMEMBERED)
def deeds_of(code: CodeType) -> tuple[Deed, ...]:
    """The calls and `with` statements of a function, in the order of lines; none when its source cannot be read."""
    first = code.co_firstlineno
    last = max((where[1] or 0 for where in code.co_positions()), default=0)
    tree = _parse(linecache.getlines(code.co_filename)[first - 1 : last], first, LINES_LIMIT)
    if tree is None:
        return ()
    whole = code.co_name == "<module>"
    scope = tree if whole else next((node for node in ast.walk(tree) if isinstance(node, _SCOPES)), tree)
    return _in_order(_within(scope))


@lru_cache(REMEMBERED)
def _deeds_in(file: str) -> tuple[Deed, ...]:
    tree = _parse(linecache.getlines(file), 1, FILE_LIMIT)
    return _in_order(ast.walk(tree)) if tree is not None else ()


def _parse(lines: list[str], first: int, limit: int) -> ast.Module | None:
    """The tree of lines of which the first has this number."""
    if not 0 < len(lines) <= limit:
        return None
    # Indented lines are the body of something; what stands above moves them down by one line and leaves the columns.
    indented = lines[0][:1].isspace()
    try:
        tree = ast.parse("".join(["if 1:\n"] * indented + lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    ast.increment_lineno(tree, first - 1 - indented)
    return tree


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """What belongs to a function itself, and not to one that is defined in it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, _SCOPES):
            yield from _within(child)


def _in_order(nodes: Iterable[ast.AST]) -> tuple[Deed, ...]:
    return tuple(sorted((node for node in nodes if isinstance(node, Deed)), key=lambda node: node.lineno))


# Meaning


def meaning(expression: ast.expr | None, frame: FrameType) -> Any:
    """What a chain of names, attributes and keys is in a frame; UNKNOWN if code had to run to tell."""
    if isinstance(expression, ast.Constant):
        return expression.value
    if isinstance(expression, ast.Name):
        return _named(expression.id, frame)
    if isinstance(expression, ast.Attribute):
        owner = meaning(expression.value, frame)
        return UNKNOWN if owner is UNKNOWN else _attribute(owner, expression.attr)
    if isinstance(expression, ast.Subscript):
        return _item(meaning(expression.value, frame), meaning(expression.slice, frame))
    return UNKNOWN


def _named(name: str, frame: FrameType) -> Any:
    for names in (frame.f_locals, frame.f_globals, vars(builtins)):
        if name in names:
            return names[name]
    return UNKNOWN


def _attribute(owner: Any, name: str) -> Any:
    try:
        found = inspect.getattr_static(owner, name)
    except (AttributeError, TypeError):
        return UNKNOWN
    if type(found) is MemberDescriptorType and not isinstance(owner, type):
        try:
            return found.__get__(owner)
        except AttributeError:
            return UNKNOWN
    runs_code = hasattr(type(found), "__get__") and not isinstance(owner, type | ModuleType)
    return UNKNOWN if runs_code else found


def _item(owner: Any, key: Any) -> Any:
    if type(owner) not in (dict, list, tuple) or type(key) not in (str, int, bytes):
        return UNKNOWN
    try:
        return owner[key]
    except (LookupError, TypeError):
        return UNKNOWN
