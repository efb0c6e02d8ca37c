"""The TLS handshake: clients that never make it, that dawdle over it, and that have come to the wrong port."""

from __future__ import annotations

from typing import Any

from ..cures import SHORT
from ..ears import ears
from ..patient import Patient
from ..records import Finding
from ..security import first_words
from ..waiting import start, took, trickle, until
from .stopping import HANGS

UNTOLD = 5.5
"""Seconds after which a client is taken to stay for ever, where a class does not say how long it waits."""


def silent_client(patient: Patient) -> Finding:
    """Whether a client is kept that says nothing, or a byte of its handshake now and then."""
    members: dict[str, Any] = {}
    longest = UNTOLD
    if getattr(patient.kind, "handshake_timeout", None) is not None:
        members, longest = {"handshake_timeout": SHORT}, 4 * SHORT
    server = patient.server(patient.echo(), **members)
    patient.serve(server)
    held: dict[str, float] = {}
    for who, words in (("one that says nothing", b""), ("one that dawdles", first_words())):
        held[who] = 0.0
        client = patient.mute(server)
        client.settimeout(SHORT / 3)
        start(lambda who=who, client=client, words=words: held.update({who: trickle(client, words, longest)}))  # type: ignore[misc]
    until(lambda: all(held.values()), longest + HANGS)
    weak = max(held.values()) >= longest
    figure = ", ".join(f"{who} is held for {seconds:.1f} s" for who, seconds in held.items())
    return Finding(weak, figure, {"silent": held["one that says nothing"], "slow": held["one that dawdles"]})


def blocked_others(patient: Patient) -> Finding:
    """Whether a client that does not shake hands keeps the next one waiting."""
    server = patient.server(patient.echo())
    patient.serve(server)
    answered: list[object] = []
    with patient.mute(server):
        start(lambda: answered.append(patient.ask(server)))
        if until(lambda: answered, HANGS):
            return Finding(False, "the next client is answered", {"waits": 0})
        stops = took(server.shutdown, HANGS) is not None
    said = f"the next client has no answer after {HANGS} s" + ("" if stops else ", and shutdown() hangs")
    return Finding(True, said, {"waits": 1})


def unreported_text(patient: Patient) -> Finding:
    """Whether anybody is told of a client that speaks no TLS, which is how most mistakes with TLS look."""
    with ears() as listening:
        server = patient.server(patient.echo(), **listening.members())
        listening.listen(server)
        patient.serve(server)
        before = listening.heard
        with patient.mute(server) as client:
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            told = until(lambda: listening.heard != before, 1)
    said = f"told to {listening.heard[0]}" if told else "nobody is told"
    return Finding(not told, said, {"told": float(told)})
