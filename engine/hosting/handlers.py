"""Finds the handler classes of a Python file by reading its source, never by importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SIZE_LIMIT = 4 << 20

KINDS = {
    "StreamRequestHandler": "stream",
    "DatagramRequestHandler": "datagram",
    "BaseRequestHandler": "unknown",
    "BaseHTTPRequestHandler": "stream",
    "SimpleHTTPRequestHandler": "stream",
    "CGIHTTPRequestHandler": "stream",
    "WSGIRequestHandler": "stream",
    "SimpleXMLRPCRequestHandler": "stream",
    "DocXMLRPCRequestHandler": "stream",
    "ConfigStreamHandler": "stream",
}


@dataclass(frozen=True, slots=True)
class HandlerClass:
    """A class that looks like a request handler. `kind` is stream, datagram or unknown (it fits both)."""

    name: str
    line: int
    bases: tuple[str, ...]
    kind: str


class HandlerFileError(ValueError):
    """The file cannot be read as Python; `sentence` says why and what to do, `code` is for programs."""

    def __init__(self, sentence: str, line: int | None = None, code: str = "no_handler") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line
        self.code = code


def find_handlers(path: str | Path) -> list[HandlerClass]:
    """The handler classes of a file, in the order of its lines. Raises HandlerFileError when there is no reading it."""
    tree = _parse(Path(path))
    classes = {node.name: node for node in _classes(tree.body)}
    reading = _Reading(classes, _aliases(tree.body))
    found = [reading.handler(node) for node in classes.values()]
    return sorted((handler for handler in found if handler is not None), key=lambda handler: handler.line)


def _parse(path: Path) -> ast.Module:
    try:
        if path.is_file() and path.stat().st_size > SIZE_LIMIT:
            raise HandlerFileError(f"{path.name} is larger than 4 MiB; choose the Python file that has the handler.")
        return ast.parse(path.read_bytes(), str(path))
    except SyntaxError as error:
        line = error.lineno
        where = f", line {line}" if line else ""
        sentence = f"{path.name}{where}: {error.msg}. Correct the file and try again."
        raise HandlerFileError(sentence, line, "syntax_error") from None
    except FileNotFoundError:
        raise HandlerFileError(f"There is no file {path}; choose another.", code="not_found") from None
    except IsADirectoryError:
        raise HandlerFileError(f"{path} is a directory; choose a Python file in it.", code="not_found") from None
    except OSError as error:
        sentence = f"{path} cannot be read ({error.strerror}); check its permissions."
        raise HandlerFileError(sentence, code="not_found") from None
    except ValueError as error:
        if isinstance(error, HandlerFileError):
            raise
        raise HandlerFileError(f"{path.name} is not Python source ({error}); choose another file.") from None
    except (RecursionError, MemoryError):
        raise HandlerFileError(f"{path.name} is nested too deeply to be read; choose another file.") from None


def _classes(body: list[ast.stmt]) -> Iterator[ast.ClassDef]:
    """Classes of the module itself, also those under `if` and `try`."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield node
        for part in ("body", "orelse", "finalbody"):
            if isinstance(node, ast.If | ast.Try | ast.With):
                yield from _classes(getattr(node, part, []))


def _aliases(body: list[ast.stmt]) -> dict[str, str]:
    """Local names of imported things: `from socketserver import StreamRequestHandler as S` gives S."""
    names: dict[str, str] = {}
    for node in body:
        if isinstance(node, ast.ImportFrom):
            names.update({alias.asname or alias.name: alias.name for alias in node.names})
    return names


class _Reading:
    """Follows bases from class to class inside one file."""

    def __init__(self, classes: dict[str, ast.ClassDef], aliases: dict[str, str]) -> None:
        self._classes = classes
        self._aliases = aliases

    def handler(self, node: ast.ClassDef) -> HandlerClass | None:
        kind = self._kind(node, set())
        if kind is None:
            return None
        return HandlerClass(node.name, node.lineno, tuple(ast.unparse(base) for base in node.bases), kind)

    def _kind(self, node: ast.ClassDef, seen: set[str]) -> str | None:
        seen.add(node.name)
        kinds = [kind for base in node.bases if (kind := self._base_kind(base, seen)) is not None]
        known = [kind for kind in kinds if kind != "unknown"]
        if known or kinds:
            return (known or kinds)[0]
        return "unknown" if node.bases and _handles(node) else None

    def _base_kind(self, base: ast.expr, seen: set[str]) -> str | None:
        if isinstance(base, ast.Name) and base.id in self._classes and base.id not in seen:
            return self._kind(self._classes[base.id], seen)
        name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
        name = self._aliases.get(name, name)
        return KINDS.get(name, "unknown" if name.endswith("RequestHandler") else None)


def _handles(node: ast.ClassDef) -> bool:
    """Whether the class has a method `handle(self)`: then a base from elsewhere is most likely a handler's."""
    methods = (item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "handle")
    return any(len(method.args.args) == 1 and not method.args.kwonlyargs for method in methods)
