"""Talking to a client: replies that are lost, replies that are late, and clients that take their time."""

from __future__ import annotations

import socket
import statistics
import threading
import time
from contextlib import suppress
from typing import Any

from ..cures import SHORT
from ..patient import Patient
from ..records import Finding
from ..waiting import start, trickle

TRIES = 8
REPLY = b"r" * 400_000
"""More than the client's side takes unread."""


def lost_reply(patient: Patient) -> Finding:
    """How many clients lose a reply that was sent before all of their bytes were read."""
    server = patient.server(patient.handler(lambda handler: handler.request.sendall(REPLY)))
    start(server.serve_forever)
    lost = sum(_loses(patient, server) for _ in range(TRIES))
    return Finding(lost > 0, f"{lost} of {TRIES} replies are lost", {"lost": lost})


def _loses(patient: Patient, server: Any) -> bool:
    got = b""
    with patient.client(server) as client:
        try:
            client.sendall(bytes(100_000))
            threading.Event().wait(0.02)  # a client that is busy for a moment
            while data := client.recv(4096):
                got += data
        except OSError:
            return True
        return got != REPLY


def small_writes(patient: Patient) -> Finding:
    """How long a reply takes that a handler writes in two pieces."""

    def handle(handler: Any) -> None:
        while handler.rfile.readline():
            handler.wfile.write(b"head ")
            handler.wfile.write(b"body\n")

    server = patient.server(patient.handler(handle, "StreamRequestHandler"))
    start(server.serve_forever)
    with patient.client(server) as client, client.makefile("rb") as answers:
        times = [_timed(client, answers) for _ in range(TRIES + 4)][4:]  # the first ones are acknowledged at once
    median = 1000 * statistics.median(times)
    return Finding(median > 20, f"median {median:.2f} ms", {"median_ms": median})


def _timed(client: socket.socket, answers: Any) -> float:
    began = time.monotonic()
    client.sendall(b"ask\n")
    answers.readline()
    return time.monotonic() - began


def slow_clients(patient: Patient) -> Finding:
    """Whether a client that sends a byte now and then outlives the handler's timeout."""
    limit = SHORT

    def handle(handler: Any) -> None:
        handler.request.settimeout(limit)
        with suppress(OSError):
            while handler.request.recv(1):
                pass

    server = patient.server(patient.handler(handle))
    start(server.serve_forever)
    with patient.client(server) as client:
        client.settimeout(limit / 3)
        held = trickle(client, bytes(1000), 5 * limit)
    weak = held >= 5 * limit
    said = f"a byte each {limit / 3:.1f} s holds a worker for {held:.1f} s" + (" and longer" if weak else "")
    return Finding(weak, said, {"seconds": held})
