"""Conditions and gates as a person writes them, and the list of what is held."""

from __future__ import annotations

import pytest

from engine.capture.filters import FilterError
from engine.debug.gates import Gate
from engine.hosting.errors import HostingError
from engine.hosting.gating import GATE_WORDS, check_decision, read_condition, read_gates


@pytest.mark.parametrize("word", GATE_WORDS, ids=lambda word: str(word.word))
def test_the_example_of_each_word_makes_a_gate(word: object) -> None:
    example = str(word.examples[0])  # type: ignore[attr-defined]
    gate = Gate.from_json({"number": 1, "point": "handle", "terms": read_condition(f"-{example}")})
    assert [(term.word, term.negated) for term in gate.terms] == [(word.word, True)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "position"), [("peer:a hex:0", 7), ("in>much", 0), ("a regex:[", 2), ("peer:", 0), ("a -", 2)]
)
def test_what_cannot_be_read_says_where(text: str, position: int) -> None:
    with pytest.raises(FilterError) as raised:
        read_condition(text)
    assert raised.value.position == position
    with pytest.raises(HostingError) as refused:
        read_gates([{"number": 4, "point": "handle", "condition": text}])
    assert refused.value.extras == {"position": position, "gate": 4}


@pytest.mark.parametrize(
    "gate", [{"point": "get_request"}, {"point": "handle", "every": 0}, {"point": "handle", "patience": 1e9}]
)
def test_gates_that_make_no_sense(gate: dict[str, object]) -> None:
    with pytest.raises(HostingError, match=r"\.$") as raised:
        read_gates([gate])
    assert raised.value.code == "bad_gate"


def test_gates_that_are_off_are_left_out() -> None:
    gates = read_gates([{"number": 1, "point": "handle", "enabled": False}, {"number": 2, "point": "sent"}])
    assert [gate["number"] for gate in gates] == [2]


@pytest.mark.parametrize("order", [{"deed": "explode"}, {"deed": "continue", "data": "no base64!"}])
def test_decisions_that_make_no_sense(order: dict[str, object]) -> None:
    with pytest.raises(HostingError) as raised:
        check_decision(order)
    assert raised.value.code == "bad_decision"
