"""What a recorder does about connections: it keeps silent until one is over, has taken a while, or becomes loud."""

from __future__ import annotations

import threading
from itertools import takewhile
from operator import attrgetter
from typing import TYPE_CHECKING

from .facts import Kind
from .logs import Log
from .request import now
from .rows import HEARD, PART, PIECE, SAID, pack, pack_chunk, pieces, steps_taken, unpack_part
from .silence import Silence
from .stages import Stage
from .stream import Stream

if TYPE_CHECKING:
    from .hooks import Hooks
    from .request import Request

log = Log("socketscope.observe")

RECEIVED, SENT, STAGE = int(Kind.RECEIVED), int(Kind.SENT), int(Kind.STAGE)
PROCESS_REQUEST = int(Stage.PROCESS_REQUEST)
_opened = attrgetter("opened")


class Untold(Silence):
    """The recorder's share of stream.py."""

    young: dict[int, Stream]
    """Connections of which nothing has been told, in the order in which they came. Who takes one out, tells it."""
    telling: threading.RLock
    """Held by whoever tells of a connection that has become loud."""
    _over: list[Stream]
    """Connections that are over. Those that are not `quiet` have been told of in another way."""
    _records: list[bytes]

    def go_on(self, stream: Stream) -> None:
        self._go_on(stream)
        if self.asleep:
            self.wake()

    def _go_on(self, stream: Stream) -> None:
        with self.telling:  # under which nobody is woken, for to wake takes a lock that a flush holds
            if self.young.pop(stream.id, None) is not None:
                self._live[stream.id] = stream
                self.tell_opened(stream)
            elif stream.quiet and stream.id not in self._live:
                return  # its worker has just taken it out
            if stream.worker is not None and not stream.worker.told:
                stream.worker.told = True
                self.worker_started(stream.worker)
            for record in self.steps_not_told(stream):
                self.journal(record)
            totals = {HEARD: 0, SAID: 0}
            self._tell_parts(stream, totals)
            if stream.quiet:  # until here its threads have noted, so that nothing overtakes what they had noted
                stream.quiet = False
                self._tell_parts(stream, totals)
                if stream.processed:  # its accepting thread sets that before it looks at `quiet`
                    self.tell_process(stream)

    def tell_process(self, stream: Stream) -> None:
        """`process_request` has ended, maybe after all else. Told twice it does no harm."""
        by, started, ended, cpu = stream.acceptor.thread, stream.steps[3], stream.processed, stream.process_cpu
        spent = cpu if cpu >= 0 else ended - started
        self.journal(pack(STAGE, stream.id, PROCESS_REQUEST, by, started, ended, spent, b""))

    def all_go_on(self, hooks: Hooks) -> None:
        for stream in (*self.young.values(), *self._live.values()):
            if stream.hooks is hooks:
                stream.speak_up()
                stream.noted = False

    def steps_not_told(self, request: Request) -> list[bytes]:
        """Records of its steps that are over."""
        told, steps = request.steps_told, steps_taken(request.steps)
        request.steps_told = len(steps)
        return [
            pack(STAGE, request.id, stage, request.by(Stage(stage)).thread, began, ended, cpu, b"")
            for stage, began, ended, cpu in steps[told:]
        ]

    def tell_opened(self, request: Request) -> None:
        """Tell that it was opened."""
        number, by = request.place.number, request.acceptor
        self.journal(pack(Kind.REQUEST_OPENED, request.id, number, by.thread, request.opened, 0, 0, request.ends()))

    def _tell_parts(self, stream: Stream, totals: dict[int, int]) -> None:
        """What it had noted while it was quiet. `totals`: bytes each way, of which has been told."""
        while stream.log:
            part = stream.log.pop(0)
            kind, size, at, took = unpack_part(part)
            totals[kind] += size
            self._tell_part(stream, kind, (at - took, at), part[PART:], totals[kind])

    def tell_part(self, stream: Stream, kind: int, call: tuple[int, int], data: bytes, total: int) -> None:
        self._tell_part(stream, kind, call, data, total)
        if self.asleep:
            self.wake()

    def _tell_part(self, stream: Stream, kind: int, call: tuple[int, int], data: bytes, total: int) -> None:
        began, at = call
        size = len(data)
        if size <= PIECE and total <= self.payload_limit:
            self.journal(pack_chunk(1, kind, 0, size, stream.id, stream.thread, at, at - began) + data)
        else:
            kept, row = self.payload_limit - total + size, RECEIVED if kind == HEARD else SENT
            for record in pieces(row, stream.id, stream.thread, at, data, kept, at - began):
                self.journal(record)

    def _tell_in_order(self, patience: int) -> None:
        """Of those that are over, and of those that have been quiet for so long, ns. For the flusher.

        In the order in which they came, which is that of the numbers that people see: who is over waits for the young
        ones before him.
        """
        at = now()
        young = list(self.young.values())
        old = list(takewhile(lambda one: at - one.opened >= patience, young))
        over = self._take_over(young[len(old)].opened if len(old) < len(young) else at)
        for stream in old:
            while over and over[-1].opened < stream.opened:
                self._tell_over(over.pop())
            self._go_on(stream)
            if stream.quiet and not stream.packed and stream in self._over:  # its worker has just taken it out
                self._over.remove(stream)
                self._tell_over(stream)
        while over:
            self._tell_over(over.pop())

    def _take_over(self, before: int) -> list[Stream]:
        """Those that are over and were opened before that, the first of them last."""
        with self.telling:  # so that nobody is about to tell of one of them in another way
            count = len(self._over)  # whoever is young no more has come here before
            streams = [one for one in self._over[:count] if one.quiet]
            due: list[Stream] = []
            rest: list[Stream] = []
            for one in streams:
                (due if one.opened < before and one.id not in self.young else rest).append(one)
            self._over[:count] = rest
        due.sort(key=_opened, reverse=True)
        return due

    def _tell_over(self, stream: Stream) -> None:
        try:
            stream.add_to(self._records)
        except Exception:  # whatever it is, the others are to be told of
            log.exception("What happened to a connection could not be recorded")
