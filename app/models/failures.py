"""A failure's frames and local variables as tables, and which locals are slices of the bytes that came in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from app.models.columns import Column, Moment
from app.models.recordtable import RecordTable
from app.text import QT_TR_NOOP, safe_text
from app.theme import mono

Index = QModelIndex | QPersistentModelIndex
Span = tuple[int, int]
DIGITS = 6
SHORTEST_SLICE = 2
"""A single byte occurs anywhere by chance; two are told as a slice."""
_LIBRARY = re.compile(r"/lib/python\d|/site-packages/|^<")


@dataclass(frozen=True, slots=True)
class Local:
    """A local variable. `span`: where the bytes that it holds stand in what was received."""

    name: str
    kind: str
    value: str
    span: Span | None = None
    digits: str = ""
    """Short bytes that are no text, in hex."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of the traceback."""

    file: str
    line: int
    function: str
    source: tuple[tuple[int, str], ...]
    locals: tuple[Local, ...]

    @property
    def place(self) -> str:
        """`length.py:31`."""
        return f"{PurePath(self.file).name}:{self.line}"


def read_frames(detail: Mapping[str, Any], received: bytes = b"") -> tuple[Frame, ...]:
    """The frames of a failure's detail, the one that raised last; none when a host told nonsense."""
    try:
        return tuple(_frame(frame, received) for frame in detail.get("frames") or ())
    except (AttributeError, TypeError, ValueError):
        return ()


def _frame(frame: Mapping[str, Any], received: bytes) -> Frame:
    source = tuple((int(number), str(text)) for number, text in frame.get("source") or ())
    found = tuple(_local(local, received) for local in frame.get("locals") or ())
    return Frame(str(frame.get("file", "")), int(frame.get("line") or 0), str(frame.get("function", "")), source, found)


def _local(local: Mapping[str, Any], received: bytes) -> Local:
    kind, value, span, digits = str(local.get("type", "")), str(local.get("value", "")), None, ""
    if local.get("hex"):
        held = bytes.fromhex(str(local["hex"]))
        size = int(local.get("size") or len(held))
        kind = f"{kind} {size}"
        span = find_slice(received, held, size)
        digits = held.hex(" ") if size <= DIGITS and not held.decode("latin-1").isprintable() else ""
    return Local(str(local.get("name", "")), kind, value, span, digits)


def first_own(frames: Sequence[Frame]) -> int:
    """Which frame to show, counted from the one that raised: the nearest one of the person's own code."""
    inwards = [not _LIBRARY.search(frame.file) for frame in reversed(frames)]
    return inwards.index(True) if True in inwards else 0


def find_slice(received: bytes, held: bytes, size: int) -> Span | None:
    """Where in the received bytes the `size` bytes that begin with `held` stand."""
    if len(held) < SHORTEST_SLICE:
        return None
    start = received.find(held)
    return None if start < 0 else (start, min(start + size, len(received)))


def traceback_text(kind: str, message: str, frames: Sequence[Frame], chain: Sequence[Mapping[str, Any]] = ()) -> str:
    """The traceback as Python prints it, made safe for the clipboard."""
    parts = []
    for link in reversed(chain):
        parts += [
            _block(str(link.get("type")), str(link.get("message")), read_frames(link)),
            joint_of(str(link.get("relation"))),
        ]
    parts.append(_block(kind, message, frames))
    return "\n\n".join(parts) + "\n"


def joint_of(relation: str) -> str:
    """The sentence between two tracebacks, in Python's own words."""
    if relation == "cause":
        return "The above exception was the direct cause of the following exception:"
    return "During handling of the above exception, another exception occurred:"


def _block(kind: str, message: str, frames: Sequence[Frame]) -> str:
    lines = ["Traceback (most recent call last):"]
    for frame in frames:
        lines.append(f'  File "{safe_text(frame.file, 1024)}", line {frame.line}, in {safe_text(frame.function)}')
        lines += [f"    {safe_text(text.strip(), 400)}" for number, text in frame.source if number == frame.line]
    lines.append(safe_text(f"{kind}: {message}" if message else kind, 4000))
    return "\n".join(lines)


def _value(local: Local, moment: Moment) -> str:
    if local.span is None:
        return safe_text(local.value)
    return f"{local.digits or safe_text(local.value, 12)} → in[{local.span[0]}:{local.span[1]}]"


LOCAL_COLUMNS: tuple[Column[Local], ...] = (
    Column("local", QT_TR_NOOP("local"), "", 70, lambda local, m: safe_text(local.name), mono=True),
    Column("type", QT_TR_NOOP("type"), "", 100, lambda local, m: safe_text(local.kind), mono=True),
    Column("value", QT_TR_NOOP("value"), "", 200, _value, mono=True),
)


class LocalsModel(RecordTable[Local]):
    """The local variables of one frame."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(LOCAL_COLUMNS, parent=parent)

    def first_slice(self) -> int:
        """The row of the first variable that holds received bytes, -1 when none does."""
        return self.find(lambda local: local.span)


class FramesModel(QAbstractListModel):
    """The frames of a traceback, the one that raised first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._frames: tuple[Frame, ...] = ()

    def set_frames(self, frames: Sequence[Frame]) -> None:
        """Show another traceback."""
        self.beginResetModel()
        self._frames = tuple(reversed(frames))
        self.endResetModel()

    def frame_at(self, row: int) -> Frame | None:
        """The frame of a row."""
        return self._frames[row] if 0 <= row < len(self._frames) else None

    # Qt's overrides

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._frames)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        frame = self.frame_at(index.row()) if index.isValid() else None
        if frame is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return safe_text(f"{frame.place}  {frame.function.rpartition('.')[2]}", 120)
        return mono() if role == Qt.ItemDataRole.FontRole else None
