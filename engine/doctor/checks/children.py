"""Child processes: which stay, who is kept waiting, and who hears of a crash."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from ..ears import Tally, ears
from ..patient import Patient
from ..records import Finding, NotMeasured
from ..waiting import start, took, until
from .stopping import HANGS

MOST = 3


class Child(NamedTuple):
    """A child process. `letter` is its state, as in /proc."""

    pid: int
    letter: str


def children() -> list[Child]:
    """This process's own."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
            letter, parent, *_ = file.read().rpartition(")")[2].split()
            if int(parent) == os.getpid():
                found.append(Child(int(name), letter))
    return found


def _dead_children() -> int:
    return sum(child.letter == "Z" for child in children())


def zombies(patient: Patient) -> Finding:
    """How many dead children `handle_request` leaves lying about, with `max_children` far below."""
    server = patient.server(patient.handler(lambda handler: None), max_children=MOST)
    for _ in range(4 * MOST):
        patient.knock(server)
        server.handle_request()
        _wait_for_child()
    left = _dead_children()
    return Finding(left > MOST, f"{left} zombies after {4 * MOST} requests, max_children {MOST}", {"zombies": left})


def _wait_for_child() -> None:
    """Until the newest child has ended, without collecting it."""
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    until(lambda: len(children()) == _dead_children(), 1)


def _occupied(patient: Patient) -> tuple[Any, Callable[[], None]]:
    """A server whose only child is busy, and whose loop has turned to the next request; and what ends the first."""
    begun, over = Tally(), Tally()

    def handle(handler: Any) -> None:
        begun.add()
        until(lambda: over.count, 10)

    server = patient.server(patient.handler(handle), max_children=1)
    start(lambda: server.serve_forever(0.05))
    patient.knock(server)
    if not until(lambda: begun.count):
        raise NotMeasured("No child serves.")
    patient.knock(server)
    threading.Event().wait(0.3)
    return server, over.add


def stolen_status(patient: Patient) -> Finding:
    """Whether the exit status of a process that the program started itself is lost to it."""
    _, release = _occupied(patient)
    foreign = subprocess.Popen(["/bin/sh", "-c", "read line; exit 42"], stdin=subprocess.PIPE)
    assert foreign.stdin is not None
    foreign.stdin.close()
    until(lambda: _state(foreign.pid) in ("", "Z"), 1)
    threading.Event().wait(0.1)
    status = foreign.wait(2)
    release()
    return Finding(status != 42, f"exit status 42 came as {status}", {"status": status})


def _state(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def kept_listener(patient: Patient) -> Finding:
    """Whether a child that still serves keeps the server's address after the server has closed it."""
    server = patient.server(patient.echo(), block_on_close=False)
    address = server.socket.getsockname()
    thread = start(server.serve_forever)
    client = patient.ask(server)
    took(server.shutdown, 2)
    thread.join(2)
    took(server.server_close, HANGS)
    weak = _accepts(client.family, address)
    client.close()
    said = "a client connects to nobody" if weak else "the address is free"
    return Finding(weak, said, {"kept": float(weak)})


def _accepts(family: int, address: Any) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(1)
        return not sock.connect_ex(address)


def shutdown_when_full(patient: Patient) -> Finding:
    """Whether `shutdown` hangs while `max_children` are busy."""
    server, release = _occupied(patient)
    elapsed = took(server.shutdown, HANGS)
    release()
    if elapsed is None:
        return Finding(True, f"shutdown() has not returned after {HANGS} s", {"seconds": HANGS})
    return Finding(False, f"shutdown() returned after {1000 * elapsed:.1f} ms", {"seconds": elapsed})


def silent_crash(patient: Patient) -> Finding:
    """Whether anybody is told of a child that is killed while it serves."""
    own, killed = os.getpid(), Tally()

    def handle(handler: Any) -> None:
        if os.getpid() != own:
            killed.add()
            os.kill(os.getpid(), signal.SIGKILL)

    with ears() as listening:
        server = patient.server(patient.handler(handle), **listening.members())
        listening.listen(server)
        start(lambda: server.serve_forever(0.05))
        patient.knock(server)
        if not until(lambda: killed.count):
            raise NotMeasured("No child serves.")
        told = until(lambda: listening.heard, 1)
    said = f"told to {listening.heard[0]}" if told else "nobody is told"
    return Finding(not told, said, {"told": float(told)})
