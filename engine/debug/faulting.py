"""Faults at work: which requests they are done to, and the places on a request's way where they act."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from ..observe.place import Place
from ..observe.request import Request
from ..observe.stages import Stage
from ..servers import pipeline
from .datagrams import Duplicate, Lose, NotAccepted, Reorder, accept_error
from .delays import Delays
from .faults import Fault
from .gates import Subject
from .handled import Handled
from .injuries import Injury, Receive
from .kinds import KINDS

Send = Callable[[bytes], Any]
_ORDER = {kind.make: place for place, kind in enumerate(KINDS)}


class Suffering:
    """What is kept about one request: the faults that may still come to be done to it, and those at work."""

    __slots__ = ("injuries", "ordinal", "send", "sending", "waiting")

    def __init__(self, ordinal: int, chosen: list[Fault]) -> None:
        self.ordinal = ordinal
        self.waiting = chosen
        self.injuries: list[Injury] = []
        self.send: Send | None = None
        """How the handler sent last."""
        self.sending = threading.Lock()
        """Held while anything is sent: what was kept back may leave when the faults end."""


class HeldBack:
    """A datagram that goes on after the next one."""

    __slots__ = ("_go_on", "_lock", "_timer", "server")

    def __init__(self, server: Any, seconds: float, go_on: Callable[[], object]) -> None:
        self.server = server
        self._go_on: Callable[[], object] | None = go_on
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self.let_go)
        self._timer.daemon = True
        self._timer.start()

    def let_go(self) -> None:
        """It goes on, in the serving loop's thread; only the first call counts."""
        with self._lock:
            go_on, self._go_on = self._go_on, None
        if go_on is not None:
            self._timer.cancel()
            self.server._ss_do_in_loop(go_on)


class Faulting:
    """The faults of one host, as they are until they are changed. False once they are done with."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        self._delays = Delays()
        self._ordinal = 0
        self._failed = 0
        """How often the next request has not been accepted."""
        self._again: set[int] = set()
        """Numbers, by `id` of what they were given as, of datagrams that are here for the second time."""
        self._held: list[HeldBack] = []
        self._sufferings: WeakKeyDictionary[Request, Suffering] = WeakKeyDictionary()

    def __bool__(self) -> bool:
        # In a forked child this object is a copy, which hears of its end by the pipe alone.
        return not self._delays.over

    def are_for(self, server: int) -> bool:
        """Whether any is done to requests of the host's server with this number."""
        return any(fault.is_for(server) for fault in self.faults)

    def end(self) -> None:
        """These faults are done with: whatever waits because of them goes on at once."""
        self._delays.end()
        held, self._held = self._held, []
        for one in held:
            one.let_go()
        if any(injury.keeps for suffering in list(self._sufferings.values()) for injury in suffering.injuries):
            # A peer that reads nothing would hold us up.
            threading.Thread(target=self._send_all_left, name="socketscope-faults", daemon=True).start()

    def _send_all_left(self) -> None:
        for request in list(self._sufferings):
            with contextlib.suppress(OSError):  # the peer has gone
                self.send_left(request)

    # In the accepting thread

    def accept(self, place: Place, accept: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any]:
        """Accept, or fail in the kernel's stead. Raises OSError."""
        for fault in self.faults:
            if fault.kind.make is not NotAccepted or self._failed >= fault.values["times"]:
                continue
            if self._is_for(fault, place) and fault.chooses(self._ordinal + 1):
                self._failed += 1
                raise accept_error(fault.values["error"])
        return accept()

    def admitted(self, request: Request, handled: Handled) -> bytes | None:
        """A request has come, or is there already when the faults are set. Returns what a datagram has become."""
        suffering = self._suffering(request)
        self._decide(request, suffering, handled.heard)
        if self._failed:
            for injury in suffering.injuries:
                if isinstance(injury, NotAccepted):
                    injury.failed(self._failed)
            self._failed = 0
        if not isinstance(request.given, tuple) or request.stage is not Stage.GET_REQUEST:
            return None
        self._double(request, suffering)
        data: bytes = request.given[0]
        for injury in suffering.injuries:
            data = injury.datagram(data)
        return data

    def _double(self, request: Request, suffering: Suffering) -> None:
        if id(request.given) in self._again:
            self._again.discard(id(request.given))
            return
        if any(injury.doubles() for injury in suffering.injuries if isinstance(injury, Duplicate)):
            data, sock = request.given
            twin, server = (data, sock), request.server
            if not _has_loop(server):
                return
            self._again.add(id(twin))
            server._ss_do_in_loop(
                lambda: pipeline.handle(server, request.place, accept=lambda: (twin, request.address))
            )

    def loses(self, request: Request) -> bool:
        """Whether this datagram has never arrived."""
        return any(one.loses() for one in self._suffering(request).injuries if isinstance(one, Lose))

    def holds_back(self, request: Request, go_on: Callable[[], object]) -> bool:
        """Whether this datagram waits for the next one; then `go_on` is called in the loop's thread."""
        held, self._held = self._held, []
        for one in held:
            one.let_go()
        server = request.server
        reorders = [one for one in self._suffering(request).injuries if isinstance(one, Reorder)]
        if not reorders or held or not _has_loop(server):
            return False
        self._held = [HeldBack(server, reorders[0].holds_back(), go_on)]
        return True

    # In the worker

    def begin(self, request: Request, handled: Handled) -> None:
        """Before the handler."""
        for injury in self._at_work(request, handled):
            injury.begin()

    def finish(self, request: Request) -> None:
        """After the handler."""
        self.send_left(request)
        for injury in self._suffering(request).injuries:
            injury.end()

    def receiving(self, request: Request, receive: Receive, handled: Handled) -> Receive:
        """How the handler reads. What a fault's condition waits for is in the bytes that are to suffer, too."""
        self.send_left(request)
        suffering, source = self._suffering(request), handled.source(receive)

        def suffered(size: int) -> bytes:
            if any(fault.terms for fault in suffering.waiting):
                data = source(size)
                self._decide(request, suffering, lambda _: handled.read + data)
                handled.unread = data + handled.unread
            last = source
            for injury in suffering.injuries:
                last = injury.receiving(last)
            return last(size)

        return suffered

    def room(self, request: Request, size: int) -> int:
        """How many of so many bytes one `send` takes."""
        return min((injury.room(size) for injury in self._suffering(request).injuries), default=size)

    def sending(self, request: Request, data: bytes, send: Send, handled: Handled) -> None:
        """The handler sends."""
        injuries, suffering = self._at_work(request, handled), self._suffering(request)
        with suffering.sending:
            suffering.send = send
            for chunk in _through(injuries, data):
                send(chunk)
        if not self:  # they have ended meanwhile
            self.send_left(request)

    def send_left(self, request: Request) -> None:
        """What was kept back leaves before the handler reads on, or is done."""
        suffering = self._suffering(request)
        for place, injury in enumerate(suffering.injuries):
            if not injury.keeps or suffering.send is None:
                continue
            with suffering.sending:
                for chunk in _through(suffering.injuries[place + 1 :], injury.left()):
                    suffering.send(chunk)

    # Which

    def _suffering(self, request: Request) -> Suffering:
        found = self._sufferings.get(request)
        if found is None:
            self._ordinal += 1
            place = request.place
            chosen = [one for one in self.faults if self._is_for(one, place) and one.chooses(self._ordinal)]
            found = self._sufferings[request] = Suffering(self._ordinal, chosen)
        return found

    def _is_for(self, fault: Fault, place: Place) -> bool:
        return fault.is_for(place.number) and fault.kind.suits(place.transport)

    def _at_work(self, request: Request, handled: Handled) -> list[Injury]:
        suffering = self._suffering(request)
        if suffering.waiting:
            self._decide(request, suffering, handled.heard)
        return suffering.injuries

    def _decide(self, request: Request, suffering: Suffering, heard: Callable[[Request], bytes]) -> None:
        """Put to work what matches by now."""
        if not suffering.waiting:
            return
        about = Subject(request, heard(request) if any(fault.terms for fault in suffering.waiting) else b"")
        due = [fault for fault in suffering.waiting if fault.holds(about)]
        if due:
            suffering.waiting = [fault for fault in suffering.waiting if fault not in due]
            suffering.injuries += [fault.injure(request, suffering.ordinal, self._delays) for fault in due]
            suffering.injuries.sort(key=lambda injury: _ORDER[type(injury)])


def _has_loop(server: Any) -> bool:
    """Whether it serves by a loop of ours, which can do something later."""
    return getattr(server, "_ss_serving", None) is not None


def _through(injuries: Sequence[Injury], data: bytes) -> Iterator[bytes]:
    chunks: Iterable[bytes] = [data]
    for injury in injuries:
        chunks = injury.sending(chunks)
    return iter(chunks)
