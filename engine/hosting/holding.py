"""The host's share of gates: sets them, tells what is held, and passes decisions to who waits for them."""

from __future__ import annotations

import time
from typing import Any

from ..channel.codec import DamagedFrame
from ..channel.frames import JsonChannel
from ..debug.gates import Gate
from ..debug.interference import Interference
from ..debug.pauses import Decision
from ..debug.waiting import WaitingRoom
from ..observe import acting, live
from .control import Control
from .relay import Relay

_GO_ON = {"deed": "continue"}


class Holding:
    """Everything that is held in this host and its children."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._room = WaitingRoom(control.tell)
        self._interference = Interference(self._room)
        self._relay: Relay | None = None
        self._lines: dict[str, JsonChannel] = {}
        """By the pause that waits at its other end."""
        self._closed = False
        self._gone: set[str] = set()
        control.on("gates", self._set)
        control.on("decide", self._decide)
        control.on("halt", self._halt)
        control.on("release", self._release)

    def set(self, gates: list[dict[str, Any]]) -> None:
        """From now on these are the gates."""
        if self._closed:
            return
        self._interference.gates = tuple(Gate.from_json(gate) for gate in gates)
        self._act(bool(gates))

    def close(self) -> None:
        """The server is to stop: let everything go on, and hold nothing any more."""
        self._closed = True
        self._interference.gates = ()
        self._room.release()
        self.release_all()

    def release_all(self) -> None:
        """Let everything go on as it is."""
        self._room.release_all()
        for line in list(self._lines.values()):
            line.send(_GO_ON)

    def look(self) -> None:
        """At each beat: whose patience has ended, whose peer has gone."""
        if not self._room.pauses:
            return
        self._room.let_patience_end(time.monotonic_ns())
        gone = set(self._room.gone())
        if gone - self._gone:
            self._control.tell({"event": "peer_gone", "numbers": sorted(gone)})
        self._gone = gone

    def _act(self, wanted: bool) -> None:
        if wanted and self._relay is None:
            self._relay = Relay()
            self._room.elsewhere = self._relay.hold
            self._control.watch(self._relay.fileno(), self._take_line)
        acting.choose(self._interference if wanted else None)
        if wanted:
            for request in list(live.requests.values()):
                self._interference.admitted(request)

    # Orders

    def _set(self, order: dict[str, Any]) -> None:
        self.set(order.get("gates", []))

    def _decide(self, order: dict[str, Any]) -> None:
        number = str(order.get("number"))
        line = self._lines.get(number)
        if line is not None:
            line.send({"deed": order.get("deed", "continue"), "data": order.get("data")})
        else:
            self._room.decide(number, Decision.from_json(order))

    def _halt(self, order: dict[str, Any]) -> None:
        """Hold a request at the next point that it comes to, whatever the gates."""
        request = next((one for one in list(live.requests.values()) if one.id == order.get("request")), None)
        if request is not None:
            if acting.actor is None:
                self._act(wanted=True)
            self._interference.of(request).halting = True

    def _release(self, order: dict[str, Any]) -> None:
        """`stopping`: nothing more is to be held, either."""
        if order.get("stopping"):
            self.close()
        else:
            self.release_all()

    # Children

    def _take_line(self) -> None:
        line = self._relay.accept() if self._relay is not None else None
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
        return not self._closed and (not gate or any(gate == one.number for one in self._interference.gates))
