"""A Python file as lines, and which file a server's handler stands in: by reading paths, never by importing."""

from __future__ import annotations

import io
import os
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path

from app.text import tr
from engine.hosting.handlers import HandlerFileError, find_handlers
from engine.hosting.profile import Profile

MOST_BYTES = 4 << 20
TAB = 4


class SourceError(ValueError):
    """The file cannot be shown; the message is a sentence that says why."""


@dataclass(frozen=True)
class SourceFile:
    """A file as it was read. `changed` is its modification time in ns: another one means that it was saved since."""

    path: str
    lines: tuple[str, ...]
    changed: int


def read_source(path: str) -> SourceFile:
    """Read a file as Python would, with tabs as blanks. Raises SourceError."""
    name = os.path.basename(path)
    try:
        found = os.stat(path)
        if not Path(path).is_file():
            raise SourceError(tr("{path} is no file.").format(path=path))
        if found.st_size > MOST_BYTES:
            raise SourceError(tr("{name} is larger than 4 MiB and is not shown.").format(name=name))
        data = Path(path).read_bytes()
    except OSError as error:
        raise SourceError(tr("{path} cannot be read: {why}.").format(path=path, why=error.strerror)) from None
    return SourceFile(path, _lines(data), found.st_mtime_ns)


def _lines(data: bytes) -> tuple[str, ...]:
    try:
        encoding, _read = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:
        encoding = "utf-8"
    text = data.decode(encoding, "backslashreplace").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    return tuple(line.expandtabs(TAB) for line in (lines[:-1] if lines[-1] == "" else lines))


@dataclass(frozen=True)
class Place:
    """A line of a file, or a class in it; line 0 is none in particular."""

    path: str
    line: int = 0
    handler: str = ""

    def find_line(self) -> int:
        """The line, or that of the class; 0 when there is neither."""
        return self.line or _class_line(self.path, self.handler)


def handler_place(profile: Profile) -> Place | None:
    """Where a profile's handler class, or its script, stands. None when no file is known."""
    path = handler_path(profile)
    return Place(path, handler=profile.handler_class) if path else None


def handler_path(profile: Profile) -> str:
    """The file of a profile's handler or script; "" when it is none that can be found by its name."""
    folder = os.path.abspath(profile.directory or os.curdir)
    named = profile.script if profile.kind == "script" and not profile.module else profile.handler_file
    if named:
        path = os.path.join(folder, named)
        return os.path.join(path, "__main__.py") if os.path.isdir(path) else path
    module = profile.module if profile.kind == "script" else profile.handler_module
    return _module_path(module, folder, ("__main__", "__init__") if profile.kind == "script" else ("__init__",))


def _module_path(module: str, folder: str, inner: tuple[str, ...]) -> str:
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return ""
    for root in (folder, *(place for place in sys.path if place)):
        stem = os.path.join(root, *parts)
        for path in (*(os.path.join(stem, f"{name}.py") for name in inner), f"{stem}.py"):
            if os.path.isfile(path):
                return path
    return ""


def _class_line(path: str, name: str) -> int:
    try:
        handlers = find_handlers(path)
    except HandlerFileError:
        return 0
    return next((handler.line for handler in handlers if handler.name == name), 0)
