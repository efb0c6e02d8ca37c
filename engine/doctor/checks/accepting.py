"""Accepting: no descriptors left, too short a queue, and somebody else who is quicker."""

from __future__ import annotations

import contextlib
import os
import resource
import select
import socket
import threading
import time
from typing import Any

from ..ears import Tally
from ..patient import Patient
from ..records import Finding, NotMeasured
from ..waiting import start, took, until
from .children import children
from .stopping import HANGS

CONNECTS = 40
WINDOW = 0.5


def exhausted(patient: Patient) -> Finding:
    """What whoever accepts does while his process has no descriptor left."""
    hoard, calls, armed = Hoard(), Tally(), Tally()

    def get_request(server: Any) -> Any:
        if armed.count == 1:
            hoard.take()
        elif armed.count:
            hoard.give_back()
        calls.add()
        return patient.kind.get_request(server)  # type: ignore[attr-defined]  # a server class has it

    server = patient.server(patient.echo(), get_request=get_request)
    thread = patient.serve(server)
    threading.Event().wait(0.1)  # the first client's descriptors are given back
    waiting, before, clocks = patient.unconnected(server), calls.count, _clocks(thread)
    armed.add()
    waiting.connect(server.socket.getsockname())
    if not until(lambda: calls.count > before):
        raise NotMeasured("The server does not call its get_request.")
    threading.Event().wait(0.05)
    turns, cpu = calls.count, sum(map(_seconds_on, clocks))
    threading.Event().wait(WINDOW)
    turns, cpu = calls.count - turns, sum(map(_seconds_on, clocks)) - cpu
    armed.add()
    if not _served(patient, waiting):
        raise NotMeasured("The waiting client was not served when descriptors were free again.")
    share, rate = cpu / WINDOW * 100, turns / WINDOW
    said = f"{rate:,.0f} failing accepts a second, {share:.0f} % of a core"
    return Finding(share > 5 or rate > 1000, said, {"per_second": rate, "cpu_percent": share})


class Hoard:
    """All descriptors that a process may have."""

    def __init__(self) -> None:
        self._held: list[int] = []
        self._before = resource.getrlimit(resource.RLIMIT_NOFILE)

    def take(self) -> None:
        """Leave none."""
        if self._held:
            return
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, self._before[1]))
        with contextlib.suppress(OSError):
            while True:
                self._held.append(os.open("/dev/null", os.O_RDONLY))

    def give_back(self) -> None:
        """Leave them to whoever wants them."""
        while self._held:
            os.close(self._held.pop())
        resource.setrlimit(resource.RLIMIT_NOFILE, self._before)


def _clocks(loop: threading.Thread) -> list[int]:
    """Of the CPU time of those who accept, however often they sleep: the loop, or processes of their own."""
    return [(~(loop.native_id or 0)) << 3 | 6, *((~child.pid) << 3 | 2 for child in children())]


def _seconds_on(clock: int) -> float:
    try:
        return time.clock_gettime(clock)
    except OSError:  # it has gone
        return 0.0


def _served(patient: Patient, waiting: socket.socket) -> bool:
    try:
        client = patient.greeted(waiting)
        client.sendall(b"x")
        return client.recv(1) == b"x"
    except OSError:
        return False


def short_queue(patient: Patient) -> Finding:
    """How many of many simultaneous clients get in at once while the server is busy."""
    server = patient.server(patient.echo())
    clients = [patient.unconnected(server) for _ in range(CONNECTS)]
    poll, connected = select.poll(), 0
    for client in clients:
        client.setblocking(False)
        connected += not client.connect_ex(server.socket.getsockname())
        poll.register(client, select.POLLOUT)
    if patient.transport == "tcp":
        connected = _connected(poll, time.monotonic() + 0.3)
    late = CONNECTS - connected
    return Finding(late > 0, f"{late} of {CONNECTS} clients wait or are refused", {"late": late})


def _connected(poll: select.poll, deadline: float) -> int:
    connected = 0
    while connected < CONNECTS and (left := deadline - time.monotonic()) > 0:
        for number, event in poll.poll(left * 1000):
            poll.unregister(number)
            connected += event == select.POLLOUT
    return connected


def blocking_accept(patient: Patient) -> Finding:
    """Whether the loop hangs when another process takes the request that both were told of."""
    taken = Tally()

    def get_request(server: Any) -> Any:
        if not taken.count:
            # Its own descriptor; whether it blocks is the listener's affair (`dup` of a socket would change that).
            with socket.socket(fileno=os.dup(server.socket.fileno())) as other:
                _take(other, stream=patient.traits.stream)
            taken.add()
        return patient.kind.get_request(server)  # type: ignore[attr-defined]  # a server class has it

    server = patient.server(patient.echo(), get_request=get_request)
    thread = start(server.serve_forever)
    patient.knock(server)
    if not until(lambda: taken.count, HANGS):
        raise NotMeasured("The server does not call its get_request.")
    elapsed = took(server.shutdown, HANGS)
    thread.join(0 if elapsed is None else HANGS)
    weak = thread.is_alive()
    return Finding(weak, "the loop hangs, and shutdown() with it" if weak else "the loop goes on", {"hangs": weak})


def _take(listener: socket.socket, *, stream: bool) -> None:
    if stream:
        listener.accept()[0].close()
    else:
        listener.recv(1)
