"""Which requests a gate holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from engine.debug.gates import Gate, Subject, first_holding


def subject(heard: bytes = b"", **members: Any) -> Subject:
    return Subject(SimpleNamespace(**members), heard)  # type: ignore[arg-type]


def holds(times: int, **members: Any) -> list[bool]:
    gate = Gate.from_json({"number": 1, "point": "handle", **members})
    return [gate.holds(subject()) for _ in range(times)]


def test_every_and_once() -> None:
    assert holds(5) == [True] * 5
    assert holds(5, every=2) == [False, True, False, True, False]
    assert holds(3, once=True) == [True, False, False]


def test_a_gate_counts_on_unless_it_is_for_other_requests() -> None:
    def gate(**members: Any) -> Gate:
        return Gate.from_json({"number": 1, "point": "handle", "every": 3, **members})

    regex = {"word": "regex:", "value": "XkdFVA=="}
    first = gate()
    assert [first.holds(subject()) for _ in range(2)] == [False, False]
    for same in (gate(patience=0.5), gate(every=2)):
        assert same.go_on_from([first]).matches is first.matches
    for other in (gate(point="setup"), gate(when="after"), gate(terms=[regex]), gate(once=True), gate(servers=[2])):
        assert other.go_on_from([first]).matches is not first.matches
    assert gate(terms=[regex]).go_on_from([again := gate(terms=[regex])]).matches is again.matches


@pytest.mark.parametrize(
    ("word", "value", "members", "held"),
    [
        ("peer:", "0.1:5", {"peer": "127.0.0.1:5000"}, True),
        ("peer:", "0.2:5", {"peer": "127.0.0.1:5000"}, False),
        ("transport:", "udp,unix", {"transport": "udp"}, True),
        ("in>", 10, {"bytes_in": 10}, False),
        ("in>", 10, {"bytes_in": 11}, True),
        ("hex:", "DQo=", {"heard": b"a\r\n"}, True),
        ("regex:", "XkdFVA==", {"heard": b"forGET"}, False),
        ("error:", "*", {"error": ValueError()}, True),
        ("error:", "key", {"error": ValueError("no")}, False),
    ],
)
def test_terms(word: str, value: Any, members: dict[str, Any], held: bool) -> None:
    about = subject(**members)
    for negated in (False, True):
        term = {"word": word, "value": value, "not": negated}
        gate = Gate.from_json({"number": 1, "point": "handle", "terms": [term]})
        assert gate.holds(about) is (held is not negated)


def test_the_subject_is_made_only_where_a_gate_is() -> None:
    def unwanted() -> Subject:
        raise AssertionError

    gate = Gate(1, "handle")
    assert first_holding([gate], "setup", "before", unwanted) is None
    assert first_holding([gate], "handle", "after", unwanted) is None
    assert first_holding([gate], "handle", "before", subject) is gate


@pytest.mark.parametrize(
    "gate",
    [
        {"number": 1, "point": "nowhere"},
        {"number": 1, "point": "handle", "when": "during"},
        {"number": 1, "point": "handle", "terms": [{"word": "moon:", "value": ""}]},
    ],
)
def test_what_makes_no_sense(gate: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"a gate is|no condition"):
        Gate.from_json(gate)
