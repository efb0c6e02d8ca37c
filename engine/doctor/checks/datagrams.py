"""Datagrams: what is cut, and what is answered that should not be."""

from __future__ import annotations

import socket
from typing import Any

from ..ears import Tally, ears
from ..patient import Patient
from ..records import Finding, NotMeasured
from ..waiting import start, until

LONG = 20_000
SILENCE = 0.4
"""Seconds without an answer that count as none."""


def silent_cut(patient: Patient) -> Finding:
    """Whether anybody is told that a long datagram was cut."""
    size = Tally()
    with ears() as listening:
        members = listening.members()
        server = patient.server(lambda request, address, server: size.add(len(request[0])), **members)
        listening.listen(server)
        start(server.serve_forever)
        patient.client(server).send(bytes(LONG))
        if not until(lambda: size.count):
            raise NotMeasured("The datagram did not arrive.")
        told = until(lambda: listening.heard, 0.3)
    told = told or _counted(server)
    by = f"told to {listening.heard[0]}" if listening.heard else "counted" if told else "silently"
    got = size.count
    return Finding(got < LONG and not told, f"{got:,} of {LONG:,} bytes arrive, {by}", {"bytes": got})


def _counted(server: Any) -> bool:
    counters = getattr(server, "counters", None)
    counters = counters() if callable(counters) else counters
    return bool(getattr(counters, "truncated", 0))


def empty_answer(patient: Patient) -> Finding:
    """Whether a handler that writes nothing sends an empty datagram."""
    return _answered(patient, lambda handler: None, "an empty datagram is sent")


def answer_after_failure(patient: Patient) -> Finding:
    """Whether a handler that fails half-way sends half of its answer."""

    def handle(handler: Any) -> None:
        handler.wfile.write(b"half")
        raise ValueError("for the doctor")

    return _answered(patient, handle, "half of the answer is sent")


def _answered(patient: Patient, handle: Any, said: str) -> Finding:
    handler = patient.handler(handle, "DatagramRequestHandler")
    server = patient.server(handler, handle_error=lambda *arguments: None)
    start(server.serve_forever)
    client = patient.client(server)
    client.settimeout(SILENCE)
    client.send(b"x")
    try:
        client.recv(100)
    except TimeoutError:
        return Finding(False, "nothing is sent", {"answers": 0})
    return Finding(True, said, {"answers": 1})


def nameless_client(patient: Patient) -> Finding:
    """Whether a Unix client without a name makes the handler fail."""
    failures, done = Tally(), Tally()

    def finish_request(server: Any, request: Any, address: Any) -> None:
        try:
            patient.kind.finish_request(server, request, address)  # type: ignore[attr-defined]  # a server class has it
        except TypeError:
            failures.add()
        done.add()

    server = patient.server(
        patient.handler(lambda handler: None, "DatagramRequestHandler"), finish_request=finish_request
    )
    start(server.serve_forever)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", server.socket.getsockname())
        if not until(lambda: done.count):
            raise NotMeasured("The datagram did not arrive.")
    said = "finish() raises TypeError" if failures.count else "it is served"
    return Finding(bool(failures.count), said, {"fails": failures.count})
