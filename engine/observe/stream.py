"""A connection of which nothing is told until it is over, unless that takes a while or is out of the ordinary.

What usually happens to one is noted here in a few lists, and leaves as one record. Whatever else may be done to a
request makes it loud: then it is told of as it goes, in the way of all other requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from . import live, tap
from .addresses import address_text, peer_process
from .blackbox import ROOM, TO_RECEIVED, write_one
from .facts import Means
from .identity import identity
from .request import QUEUE, Request, now
from .rows import HEARD, PART, PIECE, SAID, STREAM, pack_chunk, pack_part, pack_stream, unpack_part
from .stages import Stage

if TYPE_CHECKING:
    from .observer import Recording
    from .place import Place
    from .request import Worker

T = TypeVar("T")

ROWS, PARTS, LONGEST = 9, 200, 0xFFFF
"""Rows that a record always stands for; parts that one may have; and bytes of a name, or of the two ends."""

requests, PlainSocket, TappedSocket = live.requests, tap.PlainSocket, tap.TappedSocket


class Stream(Request):
    """One connection, for a recorder who is alone with it.

    `steps` are set when `verify_request` has ended: times of `get_request` and `verify_request`, each began and ended,
    and their CPU time together; when it was queued (0: never) and taken; when `setup` began and ended, its CPU time;
    when `handle` ended, its CPU time; the same of `finish`; when `finish_request` had ended; the same of
    `shutdown_request`. A CPU time of -1 stands for all of the time.
    """

    processed = 0
    process_cpu = -1
    """When `process_request` had ended, and its CPU time."""
    _local = ""

    recorder: Recording

    def __init__(
        self, place: Place, recorder: Recording, acceptor: Worker, given: Any, address: Any, asked: int
    ) -> None:
        self.place = place
        self.hooks = place.hooks
        self.recorder = recorder
        self.acceptor = acceptor
        self.thread = acceptor.thread
        self.id = next(identity.requests)
        self.given = given
        self.address = address
        self.opened = asked
        self.worker = None
        self.spot = -1
        self.bytes_in = self.bytes_out = 0
        self.log: list[bytes] = []
        """What came and went, as in its record."""
        self.quiet = self.noted = True
        self.packed = False
        """Whether its record has been made."""
        if type(given) is PlainSocket:
            given.__class__ = TappedSocket
        else:
            tap.attach(given)
        if type(address) is tuple and len(address) == 2:  # as nearly always
            self.peer = f"{address[0]}:{address[1]}"
        else:
            self.peer = address_text(address) or peer_process(given)
        if place.wildcard:
            self._local = address_text(given.getsockname())
        requests[given] = self

    @property
    def key(self) -> Any:
        """As `requests` has it."""
        return self.given

    @property
    def local(self) -> str:  # type: ignore[override]  # nobody sets it
        """The server's address."""
        return self._local or self.place.local

    # -- quiet ---------------------------------------------------------------------------------------------------------

    def heard(self, began: int, data: bytes) -> None:
        """`data` has been received by a call that began then."""
        at, size, before, recorder, spot = now(), len(data), self.bytes_in, self.recorder, self.spot
        self.bytes_in = after = before + size
        if self.quiet:
            self.log.append(pack_part(HEARD, size, at, at - began) + data)
            if after > recorder.untold_limit or not self.quiet:
                recorder.go_on(self)
        elif size <= PIECE and after <= recorder.payload_limit:
            recorder.journal(pack_chunk(1, HEARD, 0, size, self.id, self.thread, at, at - began) + data)
            if recorder.asleep:
                recorder.wake()
        else:
            recorder.tell_part(self, HEARD, (began, at), data, after)
        if spot >= 0:
            memory = recorder.memory
            if after <= ROOM:
                memory[spot + before : spot + after] = data
            elif before < ROOM:
                memory[spot + before : spot + ROOM] = data[: ROOM - before]
            write_one(memory, spot + TO_RECEIVED, after)

    def said(self, began: int, data: bytes) -> None:
        """`data` has been sent by a call that began then."""
        at, size, recorder = now(), len(data), self.recorder
        self.bytes_out = after = self.bytes_out + size
        if self.quiet:
            self.log.append(pack_part(SAID, size, at, at - began) + data)
            if after > recorder.untold_limit or not self.quiet:
                recorder.go_on(self)
        elif size <= PIECE and after <= recorder.payload_limit:
            recorder.journal(pack_chunk(1, SAID, 0, size, self.id, self.thread, at, at - began) + data)
            if recorder.asleep:
                recorder.wake()
        else:
            recorder.tell_part(self, SAID, (began, at), data, after - self.unseen)

    def queue(self) -> None:
        if self.quiet:
            self.since = now()
            self.stage = QUEUE
        else:
            super().queue()

    def add_to(self, batch: list[bytes]) -> None:
        """Add all that happened to it: one record, but for very many parts."""
        self.packed = True
        log, worker, steps, processed = self.log, self.worker, self.steps, self.processed
        if len(log) > PARTS:
            batch += map(self._chunk, log[:-PARTS])
            log = log[-PARTS:]
        rows, name = ROWS + len(log), b""
        if steps[5]:
            rows += 1
        if processed:  # read once: its other thread may be about to set it
            rows += 1
        if worker is not None and not worker.told:
            rows, name = rows + 2, worker.name.encode("utf-8", "backslashreplace")[:LONGEST]
        ends, parts = self.ends()[:LONGEST], b"".join(log)
        batch.append(
            pack_stream(
                rows, STREAM, 0, len(ends) + len(name) + len(parts), len(ends), len(name), len(log), self.id,
                self.place.number, self.acceptor.thread, self.thread, processed, self.process_cpu, *steps,
            ) + ends + name + parts
        )  # fmt: skip

    def _chunk(self, part: bytes) -> bytes:
        kind, size, at, took = unpack_part(part)
        return pack_chunk(1, kind, 0, size, self.id, self.thread, at, took) + part[PART:]

    # -- loud ----------------------------------------------------------------------------------------------------------

    def speak_up(self) -> None:
        """Be told of from now on."""
        if self.quiet:
            self.recorder.go_on(self)

    def run(self, stage: Stage, call: Callable[..., T], *arguments: Any) -> T:
        self.speak_up()
        return super().run(stage, call, *arguments)

    def taken(self, worker: Worker) -> None:
        self.speak_up()
        super().taken(worker)

    def fail(self, stage: Stage, error: BaseException) -> None:
        self.speak_up()
        super().fail(stage, error)

    def touched(self, means: Means, detail: str = "", amount: int = 0) -> None:
        self.speak_up()
        super().touched(means, detail, amount)

    def close(self) -> None:
        self.speak_up()
        super().close()
