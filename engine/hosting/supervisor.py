"""The main of the supervisor: minds all hosts, writes the capture, obeys orders, and ends when its client ends."""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path
from typing import Any

from ..capture.store import BadCapture
from ..capture.writer import CaptureWriter
from ..channel.codec import DamagedFrame
from ..channel.frames import JsonChannel
from .clientorders import ClientOrders
from .errors import HostingError
from .finding import Finder
from .lineorders import LineOrders
from .loop import Loop
from .orders import Orders
from .processes import become_subreaper, families, kill_descendants, reap_orphans
from .profiling import Profiling
from .queues import QueueWatch
from .replays import ClientRuns
from .reruns import Reruns
from .runner import Runner
from .watching import EVERY, Watcher

TICK_EVERY = 0.05
BEAT_EVERY = 1.0
UNREAD_LIMIT = 256 << 10
"""A client that does not read gets no more ticks until it does."""
END_GRACE = 0.15
"""When the client has gone without a word: long enough for the last facts to arrive."""
ORDERLY_GRACE = 2.0
KILL_PATIENCE = 5.0
"""What hangs in the kernel for longer is left to it."""
CAPTURE_NAME = "capture.socketscope"


def main(fd: int) -> int:
    """Serve the client at the other end of the descriptor until it goes."""
    become_subreaper()
    # Facts are many, short-lived tuples without cycles: there is no use in looking through them often.
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = JsonChannel(socket.socket(fileno=fd))
    opening = _first(channel)
    if opening is None:
        return 1
    try:
        supervisor = Supervisor(channel, opening)
    except BadCapture as error:
        channel.send({"reply": 0, "ok": False, "error": {"code": "bad_capture", "sentence": str(error)}})
        return 1
    signal.signal(signal.SIGTERM, lambda number, frame: supervisor.end_soon())
    supervisor.run()
    return 0


def _first(channel: JsonChannel) -> dict[str, Any] | None:
    loop = Loop()
    found: list[dict[str, Any]] = []
    loop.watch(channel.fileno(), lambda: found.extend(channel.receive()))
    while not found and not channel.ended:
        loop.turn(1.0)
    loop.close()
    return found[0] if found else None


class Supervisor:
    """One supervisor and everything that it minds."""

    def __init__(self, channel: JsonChannel, opening: dict[str, Any]) -> None:
        self._channel = channel
        self._loop = Loop()
        self._folder, path = _capture_place(opening.get("capture"))
        self._delete = not opening.get("keep", True)
        self._writer = CaptureWriter(path)
        self._runner = Runner(self._loop, self._writer, self._reply, self._change)
        self._reruns = Reruns(self._writer, self._send)
        self._clients = ClientRuns(self._loop, self._tell_clients)
        finder = Finder(self._runner, self._loop)
        self._orders = Orders(self._runner, self._writer, finder)
        self._orders.add(ClientOrders(self._runner, self._writer, self._clients, self._reruns).actions)
        self._orders.add(LineOrders(self._runner, self._loop, self._reply).actions)
        self._orders.add(Profiling(self._runner, self._reply).actions)
        self._orders.late = self._reply
        self._queues = QueueWatch(self._writer)
        self._watcher = Watcher(self._runner, self._writer, finder, self._change)
        self._changed = True
        self._ending = False
        self._grace = END_GRACE
        self._ticked = 0.0
        self._ticks = 0
        self._fault = ""
        self._parent = os.pidfd_open(int(opening["parent"]))
        self._reply(0, {"ok": True, "capture": str(path), "pid": os.getpid()})

    def run(self) -> None:
        """Until the client has gone or says bye."""
        self._loop.watch(self._channel.fileno(), self._hear)
        self._loop.watch(self._parent, self.end_soon)
        self._loop.later(EVERY, self._look)
        try:
            while not self._ending:
                self._loop.turn(TICK_EVERY if self._changed or self._reruns.waiting else BEAT_EVERY / 2)
                self._tick_if_due()
        finally:
            self._end()

    def end_soon(self) -> None:
        """The client has gone: end after this turn."""
        self._ending = True

    def _change(self) -> None:
        self._changed = True

    # The client

    def _hear(self) -> None:
        try:
            orders = self._channel.receive()
        except DamagedFrame:
            orders = []
            self.end_soon()
        for order in orders:
            self._obey(order)
        if self._channel.ended:
            self.end_soon()
        else:
            self._loop.watch(self._channel.fileno(), self._hear, write=bool(self._channel.unsent))
            self._channel.flush()

    def _obey(self, order: dict[str, Any]) -> None:
        ticket = order.get("ticket", 0)
        if order.get("order") == "bye":
            self._grace = ORDERLY_GRACE
            self.end_soon()
            return
        try:
            answer = self._orders.obey(order)
        except HostingError as error:
            answer = {"ok": False, "error": error.to_json()}
        except (KeyError, TypeError, ValueError) as error:
            sentence = f"This order cannot be read: {type(error).__name__}: {error}."
            answer = {"ok": False, "error": {"code": "bad_order", "sentence": sentence}}
        if answer is not None:
            self._reply(ticket, answer)
        self._change()

    def _reply(self, ticket: int, answer: dict[str, Any]) -> None:
        # What the reply tells about shall be in the capture when it is read.
        if ticket >= 0:
            self._writer.commit()
            self._send({"reply": ticket, **answer})

    def _send(self, message: dict[str, Any]) -> None:
        try:
            self._channel.send(message)
        except ValueError:
            self._channel.send({"event": "fault", "sentence": "A message was too large to be sent."})
        if self._channel.unsent:
            self._loop.watch(self._channel.fileno(), self._hear, write=True)

    def _tell_clients(self, event: dict[str, Any]) -> None:
        if not self._reruns.hear(event):
            self._send(event)
        self._change()

    # Ticks

    def _tick_if_due(self) -> None:
        now = time.monotonic()
        if now - self._ticked < (TICK_EVERY if self._changed or self._reruns.waiting else BEAT_EVERY):
            return
        self._ticked = now
        self._changed = False
        self._writer.commit()
        self._reruns.look()
        self._report_fault()
        if self._channel.unsent < UNREAD_LIMIT:
            self._ticks += 1
            self._send(self._tick())

    def _tick(self) -> dict[str, Any]:
        self._queues.look(self._runner.entries.values())
        now = time.monotonic_ns()
        totals, limits = self._writer.totals(), self._writer.limits
        servers = [line for entry in self._runner.entries.values() for line in entry.status(now)]
        return {
            "tick": self._ticks,
            "at": now,
            "totals": {
                "requests": totals.requests,
                "emitted": totals.emitted,
                "recorded": totals.recorded,
                "dropped": totals.dropped,
                "evicted": totals.evicted,
                "size": totals.size,
                "limit_requests": limits.requests,
                "limit_bytes": limits.bytes,
                "behind_ms": self._runner.taker.behind // 1_000_000,
                "cost_ns": self._runner.cost,
            },
            "servers": servers,
            "stuck": [line for entry in self._runner.entries.values() for line in entry.stuck],
            "paused": [
                pause
                for entry in self._runner.entries.values()
                for pause in entry.held.lines(self._writer, entry.key_of)
            ],
            "stopped": [stop for entry in self._runner.entries.values() for stop in self._runner.lines.stops(entry)],
            "lines": [
                state
                for entry in self._runner.entries.values()
                if (state := self._runner.lines.states(entry)) is not None
            ],
        }

    def _report_fault(self) -> None:
        if self._writer.fault and self._writer.fault != self._fault:
            self._send({"event": "fault", "sentence": f"The capture cannot be written: {self._writer.fault}."})
        self._fault = self._writer.fault

    def _look(self) -> None:
        """Twice a second: what has to be looked at from outside."""
        children = families()
        self._watcher.look(children)
        self._writer.evict()
        hosts = [entry.host.pid for entry in self._runner.entries.values() if entry.host is not None]
        reap_orphans([*hosts, *self._clients.pids()], children)
        self._loop.later(EVERY, self._look)

    # The end

    def _end(self) -> None:
        """Stop what runs in order, then kill what is left; the capture is whole afterwards."""
        deadline = time.monotonic() + self._grace
        hosts = [entry.host for entry in self._runner.entries.values() if entry.host is not None]
        if self._grace < ORDERLY_GRACE:
            self._shut_ports()
        for entry in self._runner.entries.values():
            entry.restarting = entry.keep_alive = False
            self._runner.stop(entry, "Socketscope was closed")
        while self._runner.busy and time.monotonic() < deadline:
            self._loop.turn(max(0.0, deadline - time.monotonic()))
        for host in hosts:
            host.signal(signal.SIGKILL)  # all at once, before any of them is waited for
        self._runner.kill_all()
        kill_descendants()
        deadline = time.monotonic() + KILL_PATIENCE
        while self._runner.busy and time.monotonic() < deadline:
            self._loop.turn(0.1)
        self._writer.close()
        self._queues.close()
        self._channel.close()
        if self._delete:
            self._delete_capture()

    def _shut_ports(self) -> None:
        """Refuse whoever connects from now on, though hosts and their children have the listeners as well."""
        for entry in self._runner.entries.values():
            if entry.listener is not None:
                with contextlib.suppress(OSError):  # a datagram socket has nothing to shut
                    entry.listener.shutdown(socket.SHUT_RDWR)

    def _delete_capture(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self._writer.path}{suffix}")
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _capture_place(path: str | None) -> tuple[str | None, Path]:
    """Where the capture goes; without a wish into a new folder that nobody else may enter."""
    if path:
        return None, Path(path)
    folder = tempfile.mkdtemp(prefix="socketscope-")
    return folder, Path(folder) / CAPTURE_NAME
