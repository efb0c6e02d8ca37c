"""Takes what hosts tell, into the capture and the counts: facts, printed lines, and what a dead host left behind."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from ..capture.writer import CaptureWriter
from ..channel.codec import Batch, Row
from ..observe.facts import Kind
from .autopsy import tell_where_children_died
from .entries import UNCOUNTED, Entry
from .hosts import HostProcess
from .loop import Loop
from .output import LineDrain
from .parts import Part, Tally
from .processes import is_gone
from .story import Story

PARTS_LIMIT = 256
"""Each has its line in every tick. What more servers do is captured as the program's own."""
READS_AT_ONCE = 16
DELAY_COUNTS = 1_000_000_000
"""After so long without a fact nothing is on its way any more, ns."""
ABOUT = ("class", "concurrency", "transport", "address", "handler")


class Taker:
    """Reads the descriptors of all hosts. `changed` is called whenever a tick has something to tell."""

    def __init__(self, loop: Loop, writer: CaptureWriter, story: Story, changed: Callable[[], None]) -> None:
        self._loop = loop
        self._writer = writer
        self._story = story
        self._changed = changed
        self._delays: dict[int, tuple[int, int]] = {}
        """By host: when its last facts arrived, and how long they had been on their way, ns."""

    @property
    def behind(self) -> int:
        """How long the last facts had been on their way, ns; of the slowest host that tells something at present."""
        since = time.monotonic_ns() - DELAY_COUNTS
        return max((delay for at, delay in self._delays.values() if at > since), default=0)

    def watch(self, entry: Entry, host: HostProcess) -> None:
        """Read a host's facts and lines from now on."""
        self._loop.watch(host.receiver.fileno(), lambda: self._receive(entry, host))
        for drain in host.drains:
            self._watch_drain(entry, host, drain)

    def take_rest(self, entry: Entry, host: HostProcess) -> None:
        """Everything that a dead host has left on the way and in its black box."""
        while self._receive(entry, host):
            pass
        for drain in host.drains:
            self._drain(entry, host, drain)
            self._loop.unwatch(drain.fileno())
        self._loop.unwatch(host.receiver.fileno())
        self._delays.pop(host.number, None)
        self._book(host, host.box.tallies.ended(lambda pid: True))
        self.salvage(entry, host)

    def settle(self, entry: Entry, host: HostProcess) -> None:
        """Count what forked children that are gone have made and not sent."""
        ended = host.box.tallies.ended(is_gone)
        # All that they sent was on the way when they had gone.
        if ended and self.take_all(entry, host):
            self._book(host, ended)

    def take_all(self, entry: Entry, host: HostProcess) -> bool:
        """Take what has come by now. False: there is more than can be taken in one go."""
        return any(not self._receive(entry, host) for _ in range(READS_AT_ONCE))

    def _book(self, host: HostProcess, ended: list[tuple[int, int, int]]) -> None:
        for cell, pid, made in ended:
            batch = host.receiver.ledger.last(pid, made)
            if batch is not None:
                host.receiver.ledger.add(batch)
                self._writer.feed(host.number, host.servers, batch)
                self._changed()
            host.box.tallies.free(cell)

    def salvage(self, entry: Entry, host: HostProcess) -> None:
        """What the black box knows of requests whose facts did not come."""
        entries = host.box.live()
        self._writer.salvage(host.number, host.servers, entries)
        for one in entries:
            entry.count_unless_known(one.request, one.server, one.opened)

    def _watch_drain(self, entry: Entry, host: HostProcess, drain: LineDrain) -> None:
        self._loop.watch(drain.fileno(), lambda: self._drain(entry, host, drain))

    def _receive(self, entry: Entry, host: HostProcess) -> bool:
        batches = host.receiver.receive()
        for batch in batches:
            self._take(entry, host, batch)
        if batches:
            last = batches[-1].rows
            now = time.monotonic_ns()
            self._delays[host.number] = now, max(0, now - max(last[-1][4], last[-1][5])) if last else 0
            self._changed()
        if host.receiver.ended:
            self._loop.unwatch(host.receiver.fileno())
        return bool(batches)

    def _take(self, entry: Entry, host: HostProcess, batch: Batch) -> None:
        others = [row for row in batch.rows if row[0] not in UNCOUNTED]
        if any(row[0] == Kind.FAILED for row in others):
            tell_where_children_died(batch, host)
        servers = self._writer.feed(host.number, host.servers, batch)
        while servers:
            for row in servers:
                if row[0] == Kind.SERVER_STARTED and row[2] not in host.servers:
                    self._add_part(entry, host, row[2], row[4], row[7])
            servers = self._writer.resume(host.number)
        for row in others:
            entry.count(row)
            self._note(entry, host, row)

    def _note(self, entry: Entry, host: HostProcess, row: Row) -> None:
        kind, number, worker, value = row[0], row[2], row[3], row[6]
        server = host.servers.get(number, entry.own.id)
        if kind == Kind.WORKER_ENDED and value > 0:
            self._story.worker_ended(server, worker, value)
        elif kind == Kind.SERVER_STOPPED and number in entry.parts and entry.profile.kind == "script":
            self._story.tell(server, number >> 32 or host.pid, "stopped: the program closed it")

    def _add_part(self, entry: Entry, host: HostProcess, number: int, at: int, data: bytes) -> None:
        """A server that the user's program has made."""
        if len(entry.parts) >= PARTS_LIMIT:
            host.servers[number] = entry.own.id
            return
        told = _about(data)
        kind, transport, address = told["class"], told["transport"], told["address"]
        before = entry.predecessor(kind, address)
        name = before.name if before else f"{entry.profile.name} {address}" if entry.parts else entry.profile.name
        profile, pid = entry.profile.to_json(), number >> 32 or host.pid
        identity = self._writer.add_server(name, kind, transport, address, told["handler"], pid, at, profile)
        host.servers[number] = identity
        self._story.tell(identity, pid, f"listening on {address} (pid {pid})")
        part = Part(number, identity, name, kind, transport, address, at, Tally(), told["concurrency"], pid=pid)
        entry.add_part(part, before)

    def _drain(self, entry: Entry, host: HostProcess, drain: LineDrain) -> None:
        for line in drain.receive(time.monotonic_ns()):
            self._writer.add_output(entry.own.id, line.at, host.pid, line.stream, line.text)
            self._changed()
        if drain.ended:
            self._loop.unwatch(drain.fileno())


def _about(data: bytes) -> dict[str, str]:
    """What a host says about a server. It runs the user's code, so it may say anything."""
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = {}
    known = told if isinstance(told, dict) else {}
    return {name: str(known.get(name, ""))[:1000] for name in ABOUT}
