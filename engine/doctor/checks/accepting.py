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

from ..patient import Patient, Tally, start, took, until
from ..records import Finding, NotMeasured
from .stopping import HANGS

CONNECTS = 40
WINDOW = 0.5


def exhausted(patient: Patient) -> Finding:
    """What the loop does while the process has no descriptor left."""
    if patient.traits.workers == "process" and not patient.traits.forks:
        raise NotMeasured("Its workers accept, each with descriptors of its own.")
    calls = [0]

    def get_request(server: Any) -> Any:
        calls[0] += 1
        return patient.kind.get_request(server)  # type: ignore[attr-defined]  # a server class has it

    server = patient.server(patient.echo(), get_request=get_request)
    thread = patient.serve(server)
    waiting = patient.unconnected(server)
    threading.Event().wait(0.1)  # the first client's descriptors are given back
    with _no_descriptors():
        waiting.connect(server.socket.getsockname())
        threading.Event().wait(0.05)
        turns, cpu = calls[0], _cpu_of(thread)
        threading.Event().wait(WINDOW)
        turns, cpu = calls[0] - turns, _cpu_of(thread) - cpu
    if not _served(waiting):
        raise NotMeasured("The waiting client was not served when descriptors were free again.")
    share, rate = cpu / WINDOW * 100, turns / WINDOW
    said = f"{rate:,.0f} failing accepts a second, {share:.0f} % of a core"
    return Finding(share > 5 or rate > 1000, said, {"per_second": rate, "cpu_percent": share})


@contextlib.contextmanager
def _no_descriptors() -> Any:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        with contextlib.suppress(OSError):
            while True:
                held.append(os.open("/dev/null", os.O_RDONLY))
        yield
    finally:
        for number in held:
            os.close(number)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _cpu_of(thread: threading.Thread) -> float:
    """CPU time of a thread, seconds, however often it sleeps. Zero when it has gone."""
    try:
        return time.clock_gettime(((~(thread.native_id or 0)) << 3) | 6)
    except OSError:
        return 0.0


def _served(client: socket.socket) -> bool:
    try:
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
    patient.client(server).send(b"x")
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
