"""What is paused, as a table: the longest waiting first, its place in the list never taken by another."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.link.tick import PausedRequest
from app.models.columns import RIGHT, Column, Moment
from app.models.places import place_text
from app.models.recordtable import RecordTable
from app.models.workernames import thread_name
from app.text import QT_TR_NOOP, safe_text, tr
from app.theme import theme
from engine.debug.gates import place_of


def waiting_text(paused: PausedRequest, now: int) -> str:
    """Minutes and seconds: 00:12."""
    seconds = max(0, now - paused.since) // 1_000_000_000
    return f"{seconds // 60:02}:{seconds % 60:02}"


def worker_text(paused: PausedRequest) -> str:
    """T-4, pid 4711, Main."""
    return f"pid {paused.pid}" if paused.child else thread_name(paused.worker)


Row = tuple[PausedRequest, str]
"""A pause, and who waits at the other end."""
COLUMNS: tuple[Column[Row], ...] = (
    Column(
        "id",
        QT_TR_NOOP("#"),
        QT_TR_NOOP("Number of the request in this capture"),
        34,
        lambda row, m: "" if row[0].id is None else str(row[0].id),
        align=RIGHT,
        mono=True,
    ),
    Column(
        "paused",
        QT_TR_NOOP("paused"),
        QT_TR_NOOP("Where the request is held"),
        112,
        lambda row, m: f"‖ {place_text(place_of(row[0].point, row[0].when))}",
        colour=lambda row: theme().warn,
    ),
    Column(
        "waiting",
        QT_TR_NOOP("waiting"),
        QT_TR_NOOP("For how long, in minutes and seconds"),
        56,
        lambda row, m: waiting_text(row[0], m.now),
        align=RIGHT,
        mono=True,
    ),
    Column(
        "peer",
        QT_TR_NOOP("peer"),
        QT_TR_NOOP("Who waits for the answer, and whether the connection is still there"),
        140,
        lambda row, m: f"{'●' if row[0].peer else '✕'} {safe_text(row[1], 80)}",
        mono=True,
        colour=lambda row: None if row[0].peer else theme().error,
        hint=lambda row: tr("The peer is still connected") if row[0].peer else tr("The peer has ended its side"),
    ),
    Column(
        "worker",
        QT_TR_NOOP("worker"),
        QT_TR_NOOP("The thread or process that waits with it"),
        90,
        lambda row, m: worker_text(row[0]),
        mono=True,
    ),
)


class PausedModel(RecordTable[Row]):
    """The longest waiting first. `peer_of` tells a request's peer, "" while its row is not in the capture yet."""

    def __init__(self, peer_of: Callable[[int], str], parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent=parent)
        self._peers: dict[int, str] = {}
        self._peer_of = peer_of

    def show(self, paused: tuple[PausedRequest, ...], now: int) -> None:
        """Take over a tick's list."""
        self.moment = Moment(now, 0)
        ordered = sorted(paused, key=lambda one: one.since)
        self.merge([(one, self._peer(one)) for one in ordered], lambda row: row[0].number)

    def forget_peers(self) -> None:
        """The capture is another one."""
        self._peers.clear()

    def pause(self, row: int) -> PausedRequest | None:
        """What a row shows."""
        found = self.at(row)
        return found[0] if found is not None else None

    def row_of(self, number: str) -> int:
        """The row of a pause, -1 when it is over."""
        return self.find(lambda row: row[0].number == number)

    def _peer(self, paused: PausedRequest) -> str:
        if paused.id is None:
            return ""
        if not self._peers.get(paused.id):
            self._peers[paused.id] = self._peer_of(paused.id)
        return self._peers[paused.id]
