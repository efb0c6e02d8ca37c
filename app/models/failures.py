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
from app.models.selection import ByteRange
from app.models.slices import Slice, slices_of
from app.text import QT_TR_NOOP, safe_text
from app.theme import mix, mono, theme

Index = QModelIndex | QPersistentModelIndex
DIGITS = 6
TINT = 0.3
"""How much of the marks' colour is behind a variable that holds the chosen bytes."""
_LIBRARY = re.compile(r"/lib/python\d|/site-packages/|^<")


@dataclass(frozen=True, slots=True)
class Local:
    """A local variable, and the received bytes that it holds."""

    name: str
    kind: str
    value: str
    slices: tuple[Slice, ...] = ()
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
    kind, digits = str(local.get("type", "")), ""
    if local.get("hex"):
        held = bytes.fromhex(str(local["hex"]))
        size = int(local.get("size") or len(held))
        kind = f"{kind} {size}"
        digits = held.hex(" ") if size <= DIGITS and not held.decode("latin-1").isprintable() else ""
    found = slices_of(local, received) if received else ()
    return Local(str(local.get("name", "")), kind, str(local.get("value", "")), found, digits)


def first_own(frames: Sequence[Frame]) -> int:
    """Which frame to show, counted from the one that raised: the nearest one of the person's own code."""
    inwards = [not _LIBRARY.search(frame.file) for frame in reversed(frames)]
    return inwards.index(True) if True in inwards else 0


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
    if not local.slices:
        return safe_text(local.value)
    return f"{local.digits or safe_text(local.value, 12)} → {', '.join(map(_slice_text, local.slices))}"


def _slice_text(one: Slice) -> str:
    return f"in[{one.start}:{one.end}]" + (f" {one.how}" if one.how else "")


def _hint(local: Local) -> str:
    return safe_text(f"{local.name}: {local.kind} = {local.value}", 400)


LOCAL_COLUMNS: tuple[Column[Local], ...] = (
    Column("local", QT_TR_NOOP("local"), "", 70, lambda local, m: safe_text(local.name), mono=True, hint=_hint),
    Column("type", QT_TR_NOOP("type"), "", 100, lambda local, m: safe_text(local.kind), mono=True, hint=_hint),
    Column("value", QT_TR_NOOP("value"), "", 200, _value, mono=True, hint=_hint),
)


class LocalsModel(RecordTable[Local]):
    """The local variables of one frame; those that hold chosen bytes stand out."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(LOCAL_COLUMNS, parent=parent)
        self._chosen: ByteRange | None = None

    def first_slice(self) -> int:
        """The row of the first variable that holds received bytes, -1 when none does."""
        return self.find(lambda local: local.slices)

    def choose(self, chosen: ByteRange | None) -> None:
        """Let the variables stand out that hold any of these bytes."""
        if chosen != self._chosen:
            self._chosen = chosen
            self.repaint()

    def holding(self) -> list[Local]:
        """Those that stand out."""
        return [local for row in range(self.rowCount()) if self._holds(local := self.at(row)) and local is not None]

    def _holds(self, local: Local | None) -> bool:
        chosen = self._chosen
        if chosen is None or local is None or not chosen.received:
            return False
        return any(one.start < chosen.end and one.end > chosen.start for one in local.slices)

    # Qt's overrides

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.FontRole, Qt.ItemDataRole.BackgroundRole) and self._holds(self.at(index.row())):
            ground = mix(theme().mark, theme().panel, TINT)
            return mono(bold=True) if role == Qt.ItemDataRole.FontRole else ground
        return super().data(index, role)


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
