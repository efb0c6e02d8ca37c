"""The host's share of gates and faults: sets them, tells what is held, and passes decisions to who waits for them."""

from __future__ import annotations

import os
import time
from typing import Any

from ..channel.codec import DamagedFrame
from ..channel.frames import JsonChannel
from ..debug.faulting import Faulting
from ..debug.faults import Fault
from ..debug.gates import Gate
from ..debug.interference import Interference
from ..debug.pauses import Decision
from ..debug.waiting import WaitingRoom
from ..observe import acting, live
from ..observe.request import Request
from .control import Control
from .halting import Halting
from .relay import Relay

_GO_ON = {"deed": "continue"}


class Holding:
    """Everything that is held in this host and its children."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._room = WaitingRoom(control.tell)
        self._interference = Interference(self._room)
        self._relay = Relay()
        self._room.elsewhere = self._relay.hold
        self._halting = Halting(self._halt_in_child)
        self._halted: set[Request] = set()
        """Those of this process that a person wanted to be held, whatever the gates."""
        self._lines: dict[str, JsonChannel] = {}
        """By the pause that waits at its other end."""
        self._closed = False
        self._gone: set[str] = set()
        control.watch(self._relay.fileno(), self._take_line)
        control.on("gates", self._set)
        control.on("faults", lambda order: self.inject(order.get("faults", [])))
        control.on("decide", self._decide)
        control.on("halt", self._halt)
        control.on("release", self._release)

    def set(self, gates: list[dict[str, Any]]) -> None:
        """From now on these are the gates."""
        if self._closed:
            return
        before = self._interference.gates
        self._interference.gates = tuple(Gate.from_json(gate).go_on_from(before) for gate in gates)
        self._act()

    def inject(self, faults: list[dict[str, Any]]) -> None:
        """From now on these are the faults; what waits because of the old ones goes on."""
        before = self._interference.faults
        made = [Fault.from_json(fault) for fault in faults]
        self._interference.faults = Faulting(made) if made and not self._closed else None
        if before is not None:
            before.end()
        if not self._closed:
            self._act()

    def close(self) -> None:
        """The server is to stop: let everything go on, and hold nothing any more."""
        self._closed = True
        self._interference.gates = ()
        self._halted.clear()
        self.inject([])
        self._room.release()
        self.release_all()

    def release_all(self) -> None:
        """Let everything go on as it is."""
        self._room.release_all()
        for line in list(self._lines.values()):
            line.send(_GO_ON)

    def look(self) -> None:
        """At each beat: whose patience has ended, whose peer has gone."""
        self._rest()
        if not self._room.pauses:
            return
        self._room.let_patience_end(time.monotonic_ns())
        self._room.look()
        gone = set(self._room.gone())
        if gone - self._gone:
            self._control.tell({"event": "peer_gone", "numbers": sorted(gone)})
        self._gone = gone

    def _act(self) -> None:
        """Act, if there is anything to do."""
        interference = self._interference
        interference.halted = frozenset(request.place.number for request in self._halted)
        wanted = bool(interference.gates or interference.faults or self._halted)
        acting.choose(self._interference if wanted else None)
        for request in list(live.requests.values()) if wanted else ():
            if self._interference.acts_on(request.place.number):
                self._interference.admitted(request)

    def _rest(self) -> None:
        """Without gates nobody acts any more, once those that were to be held have been, and have gone on."""
        if self._halted and not self._room.pauses:
            of = self._interference.of
            self._halted = {one for one in self._halted if not one.closed and (of(one).halting or of(one).stepping)}
            if not self._halted:
                self._act()

    # Orders

    def _set(self, order: dict[str, Any]) -> None:
        self.set(order.get("gates", []))

    def _decide(self, order: dict[str, Any]) -> None:
        number = str(order.get("number"))
        line = self._lines.get(number)
        if line is not None:
            line.send({name: order.get(name) for name in ("deed", "data", "over")})
        else:
            self._room.decide(number, Decision.from_json(order))

    def _halt(self, order: dict[str, Any]) -> None:
        """Hold a request at the next point that it comes to, whatever the gates."""
        number, pid = int(order["request"]), int(order.get("pid") or os.getpid())
        if pid != os.getpid():
            self._halting.order(pid, number)
        elif (request := _find(number)) is not None:
            self._halted.add(request)
            self._interference.of(request).halting = True
            if not self._interference.acts_on(request.place.number):
                self._act()

    def _halt_in_child(self, number: int) -> None:
        request = _find(number)
        if request is not None:
            self._interference.of(request).halting = True
            self._interference.admitted(request)
            request.hooks.act(self._interference)

    def _release(self, order: dict[str, Any]) -> None:
        """`stopping`: nothing more is to be held, either."""
        if order.get("stopping"):
            self.close()
        else:
            self.release_all()

    # Children

    def _take_line(self) -> None:
        line = self._relay.accept()
        if line is not None:
            self._control.watch(line.fileno(), lambda: self._hear_line(line))

    def _hear_line(self, line: JsonChannel) -> None:
        try:
            messages = line.receive()
        except DamagedFrame:
            messages = []
            line.ended = True
        for message in messages:
            if message.get("event") == "paused":
                self._lines[str(message["number"])] = line
            self._control.tell(message)
            if message.get("event") == "paused" and not self._holds(message):
                line.send(_GO_ON)
        if line.ended:
            self._control.unwatch(line.fileno())
            line.close()
            for number in [number for number, other in self._lines.items() if other is line]:
                del self._lines[number]
                self._control.tell({"event": "released", "number": number})

    def _holds(self, pause: dict[str, Any]) -> bool:
        """Whether the gate still stands; a child knows those of the time when it was forked."""
        gate = pause.get("gate")
        gates, server = self._interference.gates, int(pause.get("server") or 0)
        return not self._closed and (not gate or any(gate == one.number and one.is_for(server) for one in gates))


def _find(number: int) -> Request | None:
    return next((one for one in list(live.requests.values()) if one.id == number), None)
