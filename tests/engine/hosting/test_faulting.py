"""Faults as people write them become what a host takes, or one sentence."""

from __future__ import annotations

import re
from typing import Any

import pytest

from engine.debug.faults import Fault
from engine.debug.kinds import KINDS
from engine.hosting.errors import HostingError
from engine.hosting.faulting import parse_fault, read_faults


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.word))
def test_a_word_alone_is_a_fault(kind: Any) -> None:
    (fault,) = read_faults([parse_fault(kind.word.replace("_", "-"), 4, 7)])
    made = Fault.from_json(fault)
    assert (made.number, made.kind, made.seed, made.values) == (4, kind, 7, kind.defaults())


@pytest.mark.parametrize(
    ("text", "values", "more"),
    [
        ("latency=1.5s~200ms,at=sent", {"time": 1.5, "jitter": 0.2, "at": "sent"}, {}),
        ("split=1k,share=25%,every=3,seed=9", {"size": 1024}, {"share": 0.25, "every": 3, "seed": 9}),
        ("corrupt,offsets=1,4-6,way=in", {"offsets": "1,4-6", "way": "in"}, {}),
        ("rst=10,if=text:a,b -peer:x", {"after": 10}, {"condition": "text:a,b -peer:x"}),
    ],
)
def test_words(text: str, values: dict[str, Any], more: dict[str, Any]) -> None:
    fault = parse_fault(text, 1)
    assert fault["values"] == values
    assert {name: fault.get(name) for name in more} == more
    read_faults([fault])


def test_faults_that_are_off_are_left_out() -> None:
    faults = [{"number": 1, "kind": "split", "enabled": False}, {"number": 2, "kind": "rst"}]
    assert [(fault["number"], fault["servers"]) for fault in read_faults(faults, 3)] == [(2, [3])]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "split", "values": [1]}, "The parameters of split are given as an object."),
        ({"kind": "split", "seed": -1}, "seed must be from 0 to"),
        ({"kind": "split", "share": "all"}, "share must be from 0% to 100%."),
        ({}, "There is no fault 'None'"),
    ],
)
def test_what_makes_no_sense(fault: dict[str, Any], said: str) -> None:
    with pytest.raises(HostingError, match=f"^{re.escape(said)}") as raised:
        read_faults([{"number": 5, **fault}])
    assert raised.value.extras == {"fault": 5}


@pytest.mark.parametrize("data", [None, {}, [1], "split"])
def test_what_is_no_list_of_faults(data: Any) -> None:
    with pytest.raises(HostingError, match="Faults are given as a list of objects"):
        read_faults(data)


def test_transports() -> None:
    with pytest.raises(HostingError, match="lose is a fault of datagrams; this server has connections"):
        read_faults([{"number": 1, "kind": "lose"}], transport="unix")
    assert read_faults([{"number": 1, "kind": "lose"}], transport="unixgram")
