"""Every kind of fault is told under its own name, and can be done to something."""

from __future__ import annotations

from engine.debug.kinds import BY_WORD, KINDS
from engine.observe.facts import Means


def test_each_fault_that_can_be_told_has_its_kind() -> None:
    assert [kind.means for kind in KINDS] != []
    assert {kind.means for kind in KINDS} == {means for means in Means if means.fault}
    assert list(BY_WORD) == [kind.word for kind in KINDS]


def test_whom_they_suit() -> None:
    for kind in KINDS:
        assert kind.suits("")
        assert kind.suits("tcp") is kind.suits("unix") is kind.streams
        assert kind.suits("udp") is kind.suits("unixgram") is kind.datagrams
        assert kind.streams or kind.datagrams
