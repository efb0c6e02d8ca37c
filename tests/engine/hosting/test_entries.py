"""The counts of a tick, whatever the order in which facts arrive."""

from __future__ import annotations

from engine.hosting.entries import Entry
from engine.hosting.profile import Profile
from engine.observe.facts import Kind, Outcome


def test_a_forked_child_may_tell_of_the_end_first() -> None:
    entry = Entry("k", Profile(name="upper"))
    entry.parts[1] = entry.own
    opened = (int(Kind.REQUEST_OPENED), 7, 1, 0, 5, 0, 0, b"")
    closed = (int(Kind.REQUEST_CLOSED), 7, int(Outcome.ERROR), 0, 9, 0, 0, b"")
    entry.count(closed)
    entry.count(opened)
    assert (entry.own.tally.total, entry.own.tally.live, entry.own.tally.failed) == (1, 0, 1)
