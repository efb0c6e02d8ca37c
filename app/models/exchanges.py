"""What the test client sent and received, as a table."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

from app.models.columns import LEFT, RIGHT, Column, Moment
from app.models.recordtable import RecordTable
from app.text import QT_TR_NOOP, clock, number, safe_text, tr
from app.theme import theme

LIMIT = 2000
"""Rows kept; the oldest go."""
HEX_BYTES = 12
PASSED = ("sent", "received")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One event of one client."""

    at: int
    client: int
    what: str
    """sent, received, closed, failed"""
    data: bytes
    size: int
    sentence: str

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Exchange:
        """Read a "clients" event; data that is no Base64 counts as none."""
        try:
            data = base64.b64decode(str(event.get("data") or ""), validate=True)
        except binascii.Error:
            data = b""
        size = int(event.get("size") or len(data))
        sentence = str(event.get("sentence") or "")
        return cls(int(event.get("at") or 0), int(event.get("client") or 0), str(event["what"]), data, size, sentence)


def _what(found: Exchange, moment: Moment) -> str:
    words = {
        "sent": tr("→ sent"),
        "received": tr("← received"),
        "closed": tr("closed by peer"),
        "failed": tr("✕ failed"),
    }
    return words.get(found.what, safe_text(found.what))


def _hex(found: Exchange, moment: Moment) -> str:
    return found.data[:HEX_BYTES].hex(" ") + (" …" if found.size > HEX_BYTES else "")


def _column(key: str, title: str, width: int, text: Callable[[Exchange, Moment], str], *, right: bool = False) -> Any:
    align = RIGHT if right else LEFT
    return Column(key, title, "", width, text, align=align, mono=True, colour=_colour)


def _colour(found: Exchange) -> QColor | None:
    return theme().error if found.what == "failed" else None


COLUMNS: tuple[Column[Exchange], ...] = (
    _column("time", QT_TR_NOOP("time"), 112, lambda e, m: clock(e.at, m.wall_offset)),
    _column("client", QT_TR_NOOP("client"), 48, lambda e, m: str(e.client), right=True),
    _column("what", QT_TR_NOOP("what"), 124, _what),
    _column("bytes", QT_TR_NOOP("bytes"), 64, lambda e, m: number(e.size) if e.what in PASSED else "", right=True),
    _column("hex", QT_TR_NOOP("hex"), 290, _hex),
    _column("text", QT_TR_NOOP("text"), 200, lambda e, m: safe_text(e.sentence or e.data)),
)


class ExchangesModel(RecordTable[Exchange]):
    """Newest last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent=parent, most=LIMIT)
