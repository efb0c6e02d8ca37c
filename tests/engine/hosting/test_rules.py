"""Rules match and answer as they are written, or say in one sentence what is wrong with them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.hosting.rules import WINDOW, RulesError, read_rules


def answer(rule: dict[str, Any], said: bytes, each: str = "chunk") -> bytes | None:
    found = read_rules({"each": each, "rules": [rule]}).match(said)
    return None if found is None else found[0].answer(found[1])


@pytest.mark.parametrize(
    ("rule", "said", "answered"),
    [
        ({"match": "any", "answer": "hello"}, b"x", b"hello"),
        ({"answer": "hello"}, b"", b"hello"),
        ({"match": "text", "pattern": r"a\r\n", "answer": r"\x41\0\\\n\t"}, b"..a\r\n", b"A\0\\\n\t"),
        ({"match": "text", "pattern": "caf\u00e9", "answer": "\u20ac"}, b"caf\xc3\xa9", b"\xe2\x82\xac"),
        ({"match": "text", "pattern": "b", "answer": "x"}, b"a", None),
        ({"match": "hex", "pattern": "ff 00", "answer": "hex:0d 0a"}, b"1\xff\x002", b"\r\n"),
        ({"match": "regex", "pattern": r"^(\d+) (?P<what>\w+)", "answer": r"\g<what>=\1"}, b"12 eggs", b"eggs=12"),
        ({"match": "regex", "pattern": "(a)|b", "answer": r"<\1>"}, b"b", b"<>"),
        ({"match": "regex", "pattern": "(a)", "answer": r"\g<1>"}, b"a", b"a"),
        ({"match": "regex", "pattern": "^$", "answer": "empty"}, b"", b"empty"),
    ],
)  # fmt: skip
def test_matches_and_answers(rule: dict[str, Any], said: bytes, answered: bytes | None) -> None:
    assert answer(rule, said) == answered


def test_lines_match_without_their_end() -> None:
    rule = {"match": "regex", "pattern": "^PING$", "answer": "PONG"}
    assert answer(rule, b"PING\r\n", "line") == answer(rule, b"PING\n", "line") == b"PONG"
    assert answer(rule, b"PING\r\n", "chunk") is None


def test_the_first_that_matches_answers_and_answers_come_in_turn() -> None:
    rules = read_rules({"rules": [
        {"match": "text", "pattern": "b", "answer": "other"}, {"answer": ["one", "two"], "delay_ms": 50, "close": True},
    ]})  # fmt: skip

    def ask(said: bytes) -> bytes:
        found = rules.match(said)
        assert found is not None
        return found[0].answer(found[1])

    assert [ask(said) for said in (b"a", b"b", b"a", b"a")] == [b"one", b"other", b"two", b"one"]
    assert (rules.each, rules.rules[1].delay, rules.rules[1].close) == ("line", 0.05, True)


def test_patterns_are_looked_for_in_a_bounded_window() -> None:
    rule = {"match": "text", "pattern": "end", "answer": "x"}
    assert answer(rule, b"." * (WINDOW - 3) + b"end") == b"x"
    assert answer(rule, b"." * WINDOW + b"end") is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (None, "Rules are an object with a list"),
        ({"rules": {}}, "Rules are an object with a list"),
        ({"rules": []}, "There is no rule yet; add one."),
        ({"rules": [{}] * 201}, "There can be 200 rules at most."),
        ({"each": "word", "rules": [{}]}, "Rules are asked about each line or each chunk; not each 'word'."),
        ({"rules": [{}, 3]}, "Rule 2: it is an object with match, pattern and answer."),
        ({"rules": [{"reply": ""}]}, "Rule 1: it has no 'reply'; it has match, pattern, answer, delay_ms, close."),
        ({"rules": [{"match": "glob"}]}, "Rule 1: it matches by one of any, text, regex, hex; not by 'glob'."),
        ({"rules": [{"match": "text"}]}, "Rule 1: it needs a pattern; `any` matches without one."),
        ({"rules": [{"match": "regex", "pattern": "("}]}, "Rule 1: the regular expression cannot be read: "),
        ({"rules": [{"match": "hex", "pattern": "f"}]}, "Rule 1: 'f' is not pairs of hex digits, such as 0d 0a."),
        ({"rules": [{"match": "text", "pattern": r"\1"}]}, "Rule 1: there is no group 1 in the pattern; "),
        ({"rules": [{"answer": r"\q"}]}, r"Rule 1: \q is no escape; there are \r \n"),
        ({"rules": [{"answer": "\\"}]}, "Rule 1: \\ is no escape"),
        ({"rules": [{"answer": "hex:0"}]}, "Rule 1: '0' is not pairs of hex digits"),
        ({"rules": [{"match": "regex", "pattern": "(?P<a>x)", "answer": r"\g<b>"}]},
         "Rule 1: there is no group b in the pattern; there are: 1, a."),
        ({"rules": [{"answer": 3}]}, "Rule 1: the answer is a text, or a list of texts that are given in turn."),
        ({"rules": [{"answer": []}]}, "Rule 1: the answer is a text, or a list of texts that are given in turn."),
        ({"rules": [{"delay_ms": "soon"}]}, "Rule 1: the delay must be from 0 to 600000 ms."),
        ({"rules": [{"delay_ms": -1}]}, "Rule 1: the delay must be from 0 to 600000 ms."),
        ({"rules": [{"close": 1}]}, "Rule 1: close is true or false."),
    ],
)  # fmt: skip
def test_what_makes_no_sense(document: Any, said: str) -> None:
    with pytest.raises(RulesError, match=f"^{re.escape(said)}") as raised:
        read_rules(document)
    assert said.startswith(f"Rule {raised.value.rule}:") is bool(raised.value.rule)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.binary(max_size=100))
def test_whatever_is_typed_answers_or_is_refused(text: str, said: bytes) -> None:
    try:
        answered = answer({"match": "any", "answer": text}, said)
    except RulesError:
        return
    assert isinstance(answered, bytes)
