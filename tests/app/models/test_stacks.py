"""Stacks as text."""

from __future__ import annotations

from app.models.stacks import stack_text
from app.models.whereabouts import Whereabouts


def test_a_thread_that_serves_nobody_goes_by_its_name() -> None:
    where = Whereabouts.from_json({"name": "MainThread", "doing": "select", "call": "poll()", "pid": 1, "thread": 1})
    assert stack_text(where, ()) == "MainThread (process 1, thread 1): Waits until a socket is ready, in poll()."
