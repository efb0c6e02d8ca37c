"""Child processes: which stay, who is kept waiting, and who hears of a crash."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from typing import Any

from ..patient import Patient, ears, start, took, until
from ..records import Finding, NotMeasured
from .stopping import HANGS

MOST = 3


def zombies(patient: Patient) -> Finding:
    """How many dead children `handle_request` leaves lying about, with `max_children` far below."""
    server = patient.server(patient.handler(lambda handler: None), max_children=MOST)
    for _ in range(4 * MOST):
        with patient.client(server) as client:
            client.send(b"x")
            server.handle_request()
            _wait_for_child()
    left = _dead_children()
    return Finding(left > MOST, f"{left} zombies after {4 * MOST} requests, max_children {MOST}", {"zombies": left})


def _wait_for_child() -> None:
    """Until the newest child has ended, without collecting it."""
    with contextlib.suppress(ChildProcessError):
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
    until(lambda: _running_children() == 0, 1)


def _children() -> list[str]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
            letter, parent, *_ = file.read().rpartition(")")[2].split()
            if int(parent) == os.getpid():
                found.append(letter)
    return found


def _dead_children() -> int:
    return _children().count("Z")


def _running_children() -> int:
    return len(_children()) - _dead_children()


def stolen_status(patient: Patient) -> Finding:
    """Whether the exit status of a process that the program started itself is lost to it."""
    server = patient.server(patient.echo(), max_children=1)
    start(lambda: server.serve_forever(0.05))
    clients = [patient.ask(server)]
    foreign = subprocess.Popen(["/bin/sh", "-c", "read line; exit 42"], stdin=subprocess.PIPE)
    other = patient.client(server)
    other.send(b"x")
    threading.Event().wait(0.3)  # the server is now waiting for a child
    assert foreign.stdin is not None
    foreign.stdin.close()
    until(lambda: _state(foreign.pid) in ("", "Z"), 1)
    threading.Event().wait(0.1)
    status = foreign.wait(2)
    for client in [*clients, other]:
        client.close()
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
    server = patient.server(patient.echo(), max_children=1)
    start(lambda: server.serve_forever(0.05))
    clients = [patient.ask(server), patient.client(server)]
    clients[1].send(b"x")
    threading.Event().wait(0.3)  # the loop has turned to the second one
    elapsed = took(server.shutdown, HANGS)
    for client in clients:
        client.close()
    if elapsed is None:
        return Finding(True, f"shutdown() has not returned after {HANGS} s", {"seconds": HANGS})
    return Finding(False, f"shutdown() returned after {1000 * elapsed:.1f} ms", {"seconds": elapsed})


def silent_crash(patient: Patient) -> Finding:
    """Whether anybody is told of a child that is killed while it serves."""
    own = os.getpid()

    def handle(handler: Any) -> None:
        if os.getpid() != own:
            os.kill(os.getpid(), signal.SIGKILL)

    with ears() as listening:
        server = patient.server(patient.handler(handle), **listening.members())
        listening.listen(server)
        start(lambda: server.serve_forever(0.05))
        with patient.client(server) as client:
            client.send(b"x")
            told = until(lambda: listening.heard, 1)
    if not told and _children():
        raise NotMeasured("The child does not end.")
    said = f"told to {listening.heard[0]}" if told else "nobody is told"
    return Finding(not told, said, {"told": float(told)})
