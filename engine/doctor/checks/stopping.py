"""Starting and stopping: how long it takes, who hangs, and what is left behind."""

from __future__ import annotations

import socket
import statistics
import threading
from contextlib import suppress
from typing import Any

from ..cures import DRAIN
from ..ears import Tally
from ..patient import Patient
from ..records import Finding, NotMeasured
from ..waiting import start, took, until

ROUNDS = 3
HANGS = 1.2
"""Seconds after which a call that need not wait for anything counts as hanging."""


def shutdown_latency(patient: Patient) -> Finding:
    """How long `shutdown` of an idle server takes."""
    times = []
    for _ in range(ROUNDS):
        server = patient.server(patient.echo())
        thread = patient.serve(server)
        threading.Event().wait(0.05)  # the first client has left
        elapsed = took(server.shutdown, HANGS)
        times.append(1000 * (HANGS if elapsed is None else elapsed))
        thread.join(HANGS)
    median, worst = statistics.median(times), max(times)
    return Finding(median > 50, f"median {median:.1f} ms, worst {worst:.1f} ms", {"median_ms": median, "max_ms": worst})


def idle_wakeups(patient: Patient) -> Finding:
    """How often the loop of an idle server wakes up, at the default poll interval."""
    server = patient.server(patient.echo())
    thread = patient.serve(server)
    settled = threading.Event()
    settled.wait(0.6)  # what the first request left to do
    before = _switches(thread.native_id)
    settled.wait(2.0)
    rate = (_switches(thread.native_id) - before) / 2
    return Finding(rate >= 1, f"{rate:.1f} wake-ups a second", {"per_second": rate})


def _switches(thread: int | None) -> int:
    with open(f"/proc/self/task/{thread}/status", encoding="ascii", errors="replace") as file:
        return int(next(line for line in file if line.startswith("voluntary")).split()[1])


def shutdown_before_serving(patient: Patient) -> Finding:
    """Whether `shutdown` of a server that does not serve returns."""
    server = patient.server(patient.echo())
    elapsed = took(server.shutdown, HANGS)
    return _hanging(elapsed, "shutdown()")


def _hanging(elapsed: float | None, what: str) -> Finding:
    if elapsed is None:
        return Finding(True, f"{what} has not returned after {HANGS} s", {"seconds": HANGS})
    return Finding(False, f"{what} returned after {1000 * elapsed:.1f} ms", {"seconds": elapsed})


def stale_shutdown(patient: Patient) -> Finding:
    """Whether a second `shutdown` spoils the next `serve_forever`."""
    server = patient.server(patient.echo())
    thread = patient.serve(server)
    server.shutdown()
    thread.join()
    took(server.shutdown, HANGS)
    elapsed = took(server.serve_forever, 0.3)
    if elapsed is None:
        return Finding(False, "the next serve_forever() serves", {"seconds": 0.3})
    return Finding(True, f"the next serve_forever() ended after {1000 * elapsed:.1f} ms", {"seconds": elapsed})


def two_loops(patient: Patient) -> Finding:
    """Whether one `shutdown` ends a server that two threads serve; refusing the second is fine as well."""
    server = patient.server(patient.echo())
    loops = [patient.serve(server)]
    loops.append(start(server.serve_forever))
    loops[1].join(0.2)  # it is in its loop by now, or was refused
    took(server.shutdown, HANGS)
    for loop in loops:
        loop.join(HANGS / 2)
    left = sum(loop.is_alive() for loop in loops)
    return Finding(left > 0, f"{left} of 2 loops go on", {"left": left})


def shutdown_in_handler(patient: Patient) -> Finding:
    """Whether a handler may call `shutdown`; what that does to the server is another matter, where it is a child."""
    returned = Tally()

    def handle(handler: Any) -> None:
        handler.server.shutdown()
        returned.add()

    server = patient.server(patient.handler(handle))
    thread = start(server.serve_forever)
    patient.knock(server)
    until(lambda: returned.count, HANGS)
    if patient.traits.workers == "process":
        weak, said = not returned.count, "the child hangs" if not returned.count else "the child goes on"
    else:
        thread.join(HANGS / 2)
        weak = thread.is_alive() or not returned.count
        said = "the loop hangs" if weak else "the loop ended"
    return Finding(weak, said, {"hangs": float(weak)})


def close_in_handler(patient: Patient) -> Finding:
    """Whether a handler may call `server_close`."""
    ended: list[str] = []

    def handle(handler: Any) -> None:
        try:
            handler.server.server_close()
            ended.append("")
        except RuntimeError as error:
            ended.append(str(error))

    server = patient.server(patient.handler(handle))
    start(server.serve_forever)
    patient.knock(server)
    if not until(lambda: ended, HANGS):
        return Finding(True, f"server_close() has not returned after {HANGS} s", {"seconds": HANGS})
    said = f"RuntimeError: {ended[0]}" if ended[0] else "the server closes"
    return Finding(bool(ended[0]), said, {"raises": float(bool(ended[0]))})


def close_while_serving(patient: Patient) -> Finding:
    """Whether the loop ends with its listener, or spins on a dead descriptor."""
    turns = [0]

    def service_actions(server: Any) -> None:
        turns[0] += 1

    server = patient.server(patient.echo(), service_actions=service_actions)
    thread = patient.serve(server)
    number = server.socket.fileno()
    closing = start(server.server_close)
    thread.join(0.7)
    if not thread.is_alive():
        closing.join(HANGS)
        return Finding(False, "the loop ended", {"per_second": 0})
    before = turns[0]
    threading.Event().wait(0.3)
    rate = (turns[0] - before) / 0.3
    foreign = _takes_up(number)
    said = f"the loop goes on, {rate:,.0f} turns a second" + (", and watches a foreign descriptor" if foreign else "")
    return Finding(True, said, {"per_second": rate})


def _takes_up(number: int) -> bool:
    """Whether a socket that somebody opens now gets this number."""
    with socket.socket() as foreign:
        return foreign.fileno() == number


def close_with_idle_client(patient: Patient) -> Finding:
    """Whether a client that stays connected and says nothing keeps `server_close` from returning."""
    server = patient.server(patient.echo())
    thread = patient.serve(server)
    client = patient.ask(server)
    if patient.cured_by(DRAIN):
        start(lambda: server.drain(0.3)).join(HANGS)

    def stop() -> None:
        server.shutdown()
        thread.join()
        server.server_close()

    elapsed = took(stop, HANGS)
    client.close()
    return _hanging(elapsed, "server_close() after shutdown()")


def abandoned_reply(patient: Patient) -> Finding:
    """Whether a server stops and closes while a handler is half-way: a program that ends then cuts its reply."""
    begun, over = Tally(), Tally()

    def handle(handler: Any) -> None:
        begun.add()
        until(lambda: over.count, 10)

    server = patient.server(patient.handler(handle))
    start(server.serve_forever)
    patient.knock(server)
    if not until(lambda: begun.count):
        raise NotMeasured("No client is served.")
    stopped = took(server.shutdown, HANGS) is not None
    weak = stopped and took(server.server_close, HANGS / 2) is not None
    over.add()
    said = "it returns before the handler does" if weak else "the handler is waited for"
    return Finding(weak, said, {"abandoned": float(weak)})


def refused_restart(patient: Patient) -> Finding:
    """Whether connections that a server has closed keep the next server from its address."""
    server = patient.server(patient.handler(lambda handler: handler.request.sendall(handler.request.recv(100))))
    place = server.socket.getsockname()
    thread = start(server.serve_forever)
    with patient.ask(server) as client:
        while socket.socket.recv(client, 4096):  # past TLS, which would reset a connection that ends without a goodbye
            pass  # the server hangs up first: its side is what lingers
    took(server.shutdown, HANGS)
    thread.join(HANGS)
    took(server.server_close, HANGS)
    lingers = _lingers(place[1])
    try:
        patient.server(patient.echo(), place)
    except OSError as error:
        return Finding(True, f"the next server cannot bind: {error.strerror}", {"refused": 1})
    if not lingers:
        raise NotMeasured("The system keeps no closed connections at the moment; it may have too many.")
    return Finding(False, "the next server binds", {"refused": 0})


def _lingers(port: int) -> bool:
    """Whether the system keeps a connection of this port that has been closed (TIME_WAIT)."""
    found = []
    for table in ("tcp", "tcp6"):
        with suppress(OSError), open(f"/proc/net/{table}", encoding="ascii") as file:
            found += [line.split()[1:4:2] for line in file]
    return any(local.endswith(f":{port:04X}") and state == "06" for local, state in found)
