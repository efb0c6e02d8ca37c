"""What a recorder does about datagrams: it keeps silent until one has been served, or has taken a while."""

from __future__ import annotations

from collections.abc import Callable

from . import live
from .datagram import Datagram
from .facts import Kind
from .lending import Lending
from .request import now
from .rows import pack

PATIENCE = 10_000_000
"""After so long, ns, a datagram, or a stage, is told of although it is not over."""


class Silence(Lending):
    """The recorder's share of servers/datagrams.py."""

    noted = -1
    """The slot of the black box that datagrams are noted in."""

    def lend_slot(self) -> int:
        self.noted = self.box.lend() if self.box is not None else -1
        return self.noted

    def take_slot_back(self, slot: int) -> None:
        if self.box is not None and slot >= 0:
            self.box.free(slot)

    def noting(self, slot: int, number: int, pid: int, thread: int) -> tuple[Callable[..., None], Callable[[], None]]:
        if self.box is None or slot < 0:
            return _note_nothing, _note_nothing
        return self.box.noting(slot, number, pid, thread)

    def speak_up(self, datagram: Datagram) -> None:
        if self.quiet.pop(datagram.acceptor.ident, None) is not None:
            self._make_known(datagram)
            for record in datagram.beginning():
                self.journal(record)
        for record in _answers(datagram):
            self.journal(record)

    def _make_known(self, datagram: Datagram) -> None:
        datagram.be_known()
        live.requests[datagram.key] = datagram
        self._live[datagram.id] = datagram

    def _impatient(self) -> list[bytes]:
        """Records of datagrams that take so long that they are to be told of. For the flusher."""
        records: list[bytes] = []
        for ident, datagram in list(self.quiet.items()):
            if now() - datagram.opened < PATIENCE:
                continue
            self._make_known(datagram)  # before it is taken out: whoever finds it gone has to drop it from there
            taken = self.quiet.pop(ident, None)
            if taken is not datagram:  # which has just been served
                self._forget(datagram)
            if taken is not None:
                self._make_known(taken)
                records += taken.beginning()
                records += _answers(taken)
        return records

    def _forget(self, datagram: Datagram) -> None:
        self._live.pop(datagram.id, None)
        live.requests.pop(datagram.key, None)


def _answers(datagram: Datagram) -> list[bytes]:
    """A record of its first answer, if nobody else has taken that."""
    try:
        at, data = datagram.answers.pop() if datagram.answers else (0, b"")
    except IndexError:
        at = 0
    return [pack(Kind.SENT, datagram.id, 0, datagram.thread, at, 0, len(data), data)] if at else []


def _note_nothing(*arguments: object) -> None:
    """Where there is no black box, or no room in it."""
