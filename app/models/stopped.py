"""Threads that wait at a line, as a table: the longest waiting first."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.link.tick import StoppedThread
from app.models.columns import RIGHT, Column, Moment
from app.models.recordtable import RecordTable
from app.text import QT_TR_NOOP, safe_text, tr
from app.theme import theme


def _where(stop: StoppedThread) -> str:
    return tr("… on its way") if stop.running else f"‖ {stop.line}  {safe_text(stop.function, 60)}"


def _waiting(stop: StoppedThread, now: int) -> str:
    seconds = max(0, now - stop.since) // 1_000_000_000
    return "" if stop.running else f"{seconds // 60:02}:{seconds % 60:02}"


COLUMNS: tuple[Column[StoppedThread], ...] = (
    Column("id", QT_TR_NOOP("#"), QT_TR_NOOP("Number of the request that the thread serves"), 40,
           lambda row, m: "" if row.id is None else str(row.id), align=RIGHT, mono=True),
    Column("where", QT_TR_NOOP("stopped at"), QT_TR_NOOP("The line that runs next"), 112,
           lambda row, m: _where(row), colour=lambda row: theme().dim if row.running else theme().warn,
           hint=lambda row: safe_text(f"{row.path}:{row.line}", 1000)),
    Column("waiting", QT_TR_NOOP("waiting"), QT_TR_NOOP("For how long, in minutes and seconds"), 54,
           lambda row, m: _waiting(row, m.now), align=RIGHT, mono=True),
    Column("pid", QT_TR_NOOP("thread"), QT_TR_NOOP("The system's number of the thread"), 48,
           lambda row, m: str(row.native or row.pid), mono=True,
           hint=lambda row: tr("process {pid}").format(pid=row.pid)),
)  # fmt: skip


class StoppedModel(RecordTable[StoppedThread]):
    """Rows keep their places while threads stop and go on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(COLUMNS, parent=parent)

    def show(self, stopped: tuple[StoppedThread, ...], now: int) -> None:
        """Take over a tick's list."""
        self.moment = Moment(now, 0)
        self.merge(sorted(stopped, key=lambda one: one.since), lambda row: (row.pid, row.thread))

    def row_of(self, stop: StoppedThread | None) -> int:
        """The row of a thread, -1 when it has gone on."""
        return self.find(lambda row: stop is not None and (row.pid, row.thread) == (stop.pid, stop.thread))
