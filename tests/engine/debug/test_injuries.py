"""Several faults at work on one request: each sees what the one before has left."""

from __future__ import annotations

from tests.engine.debug.suffering import fault, suffering
from tests.engine.serving import ask


def test_several_faults_compose() -> None:
    with suffering(fault("split", size=2, way="out"), fault("truncate", after=5)) as (server, notes):
        assert ask(server.server_address, b"abcdefgh") == b"abcde"
        assert [fact[2] for fact in notes.named("sent")] == [b"ab", b"cd", b"e"]
