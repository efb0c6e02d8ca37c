"""What a recorder does about connections: it keeps silent until one is over, has taken a while, or becomes loud."""

from __future__ import annotations

import threading
from bisect import bisect_left
from operator import attrgetter
from typing import TYPE_CHECKING

from .facts import Kind
from .request import now
from .rows import HEARD, PART, PIECE, SAID, pack, pack_chunk, pieces, steps_taken, unpack_part
from .silence import PATIENCE, Silence
from .stages import Stage
from .stream import Stream

if TYPE_CHECKING:
    from .hooks import Hooks
    from .request import Request

RECEIVED, SENT, STAGE = int(Kind.RECEIVED), int(Kind.SENT), int(Kind.STAGE)
PROCESS_REQUEST = int(Stage.PROCESS_REQUEST)
NEVER = 1 << 63
_opened = attrgetter("opened")


class Untold(Silence):
    """The recorder's share of stream.py."""

    young: dict[int, Stream]
    """Connections of which nothing has been told, in the order in which they came. Who takes one out, tells it."""
    telling: threading.RLock
    """Held by whoever tells of a connection that has become loud."""
    _over: list[Stream]
    """Connections that are over, of which nothing has been told."""
    _loud: list[int]
    """When those were opened that have been told of one by one since the last flush, servers among them."""

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
        self._loud.append(request.opened)  # after its record, so that the two cannot be taken apart

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

    def tell_young(self) -> None:
        """Of all that have been quiet until now."""
        for stream in list(self.young.values()):
            self._go_on(stream)

    def _tell_old(self) -> int:
        """Of those that have been quiet for a while. Returns when the next was opened. For the flusher."""
        at = now()
        for stream in list(self.young.values()):
            if at - stream.opened < PATIENCE:
                return stream.opened  # those after it are younger
            self._go_on(stream)
        return NEVER

    def _take_over(self, before: int) -> tuple[list[Stream], list[Stream]]:
        """Those that are over and were opened before that: first those that come before all told of one by one.

        So requests are told of in the order in which they came, which is that of the numbers that people see.
        """
        count = len(self._over)  # whose servers have been told of by now, and are found in what is looked at next
        marks = len(self._loud)
        first = min(self._loud[:marks], default=NEVER)
        del self._loud[:marks]
        streams = sorted(self._over[:count], key=_opened)
        due = bisect_left(streams, before, key=_opened)
        self._over[:count] = streams[due:]
        loud = bisect_left(streams, first, 0, due, key=_opened)
        return streams[:loud], streams[loud:due]
