r"""Rules that answer without code: what is to match, what is answered, and how both are written.

A document is a JSON object: `each`, "line" or "chunk" (a datagram is a chunk of its own), and `rules`, tried in order:

    {"each": "line", "rules": [
      {"match": "regex", "pattern": "^ADD (\\d+) (?P<what>\\w+)", "answer": "OK \\g<what> \\1\\r\\n"},
      {"match": "text", "pattern": "QUIT", "answer": "bye\\r\\n", "delay_ms": 50, "close": true},
      {"match": "any", "answer": ["first\\n", "then this\\n", "hex:00 ff"]}
    ]}

Several answers are given in turn. In texts `\r \n \t \0 \\ \x41` are what they are in Python; an answer that begins
with `hex:` is bytes. The first rule that matches answers; where none does, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..debug.counting import Count

LINE, CHUNK = "line", "chunk"
ANY, TEXT, REGEX, HEX = "any", "text", "regex", "hex"
MATCHES = (ANY, TEXT, REGEX, HEX)
WINDOW = 64 << 10
"""Bytes, at most, of a line or chunk: what a pattern is looked for in."""
MOST_RULES = 200
MOST_ANSWERS = 100
MOST_DELAY = 600_000
LONGEST = 64 << 10

_ESCAPE = re.compile(r"\\(?:(?P<named>[rnt0\\])|x(?P<hex>[0-9a-fA-F]{2})|(?P<number>\d{1,2})|g<(?P<name>\w+)>|)")
_NAMED = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}
_MEMBERS = ("match", "pattern", "answer", "delay_ms", "close")

Piece = bytes | str | int
"""Of an answer: bytes, or a group of the pattern by name or number."""


class RulesError(ValueError):
    """The rules cannot be understood; the message is a sentence for people, `rule` counts from 1, 0: none of them."""

    def __init__(self, sentence: str, rule: int = 0) -> None:
        super().__init__(f"Rule {rule}: {sentence}" if rule else sentence)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `find` looks for its pattern; `answers` are given in turn, over all requests of the server."""

    find: Callable[[bytes], Any]
    answers: tuple[tuple[Piece, ...], ...]
    delay: float = 0.0
    """Seconds before the answer."""
    close: bool = False
    """Whether the connection ends after it."""
    given: Count | None = field(default=None, compare=False)
    """How many answers have been given, where there are several."""

    def answer(self, found: Any) -> bytes:
        """The next answer to what `find` has found."""
        turn = self.given.next() - 1 if self.given is not None else 0
        pieces = self.answers[turn % len(self.answers)]
        return b"".join(piece if isinstance(piece, bytes) else found[piece] or b"" for piece in pieces)


@dataclass(frozen=True, slots=True)
class Rules:
    """A set of rules; `each` says what they are asked about."""

    each: str
    rules: tuple[Rule, ...]

    def match(self, data: bytes) -> tuple[Rule, Any] | None:
        """The first rule that matches, and what it has found."""
        about = data[:WINDOW]
        if self.each == LINE:
            about = about.removesuffix(b"\n").removesuffix(b"\r")
        for rule in self.rules:
            found = rule.find(about)
            if found:
                return rule, found
        return None


def read_rules(document: object) -> Rules:
    """Read a document. Raises RulesError."""
    if not isinstance(document, Mapping) or not isinstance(document.get("rules"), list):
        raise RulesError('Rules are an object with a list, as in {"rules": [{"match": "any", "answer": "hello"}]}.')
    each, given = document.get("each", LINE), document["rules"]
    if each not in (LINE, CHUNK):
        raise RulesError(f"Rules are asked about each line or each chunk; not each {each!r}.")
    if not given:
        raise RulesError("There is no rule yet; add one.")
    if len(given) > MOST_RULES:
        raise RulesError(f"There can be {MOST_RULES} rules at most.")
    return Rules(each, tuple(_rule(one, number) for number, one in enumerate(given, 1)))


def _rule(given: object, number: int) -> Rule:
    try:
        if not isinstance(given, Mapping):
            raise ValueError("it is an object with match, pattern and answer.")
        unknown = [name for name in given if name not in _MEMBERS]
        if unknown:
            raise ValueError(f"it has no {unknown[0]!r}; it has {', '.join(_MEMBERS)}.")
        find, groups = _finder(str(given.get("match", ANY)), str(given.get("pattern", "")))
        close = given.get("close", False)
        if not isinstance(close, bool):
            raise ValueError("close is true or false.")
        answers = _answers(given.get("answer", ""), groups)
        return Rule(find, answers, _delay(given.get("delay_ms", 0)), close, Count() if len(answers) > 1 else None)
    except ValueError as error:
        raise RulesError(str(error), number) from None


def _finder(match: str, pattern: str) -> tuple[Callable[[bytes], Any], Mapping[str | int, object]]:
    """What looks for a pattern, and the groups that it finds."""
    if match == ANY:
        return lambda data: (data,), {}
    if match not in MATCHES:
        raise ValueError(f"it matches by one of {', '.join(MATCHES)}; not by {match!r}.")
    if not pattern:
        raise ValueError("it needs a pattern; `any` matches without one.")
    if match == REGEX:
        return _regex(pattern)
    wanted = _hex(pattern) if match == HEX else b"".join(_pieces(pattern, {}))  # type: ignore[arg-type]  # no groups
    return lambda data: (data,) if wanted in data else None, {}


def _regex(pattern: str) -> tuple[Callable[[bytes], Any], Mapping[str | int, object]]:
    try:
        compiled = re.compile(pattern.encode())
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"the regular expression cannot be read: {error}.") from None
    groups: dict[str | int, object] = dict.fromkeys(range(1, compiled.groups + 1))
    return compiled.search, groups | dict.fromkeys(compiled.groupindex)


def _answers(given: object, groups: Mapping[str | int, object]) -> tuple[tuple[Piece, ...], ...]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, Sequence) or not texts or not all(isinstance(text, str) for text in texts):
        raise ValueError("the answer is a text, or a list of texts that are given in turn.")
    if len(texts) > MOST_ANSWERS:
        raise ValueError(f"there can be {MOST_ANSWERS} answers at most.")
    return tuple(_answer(text, groups) for text in texts)


def _answer(text: str, groups: Mapping[str | int, object]) -> tuple[Piece, ...]:
    if len(text) > LONGEST:
        raise ValueError(f"an answer can have {LONGEST} characters at most.")
    if text.lower().startswith("hex:"):
        return (_hex(text[4:]),)
    return tuple(_pieces(text, groups))


def _pieces(text: str, groups: Mapping[str | int, object]) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    for match in _ESCAPE.finditer(text):
        pieces += [text[at : match.start()].encode("utf-8", "surrogatepass"), _piece(match, text, groups)]
        at = match.end()
    return [*pieces, text[at:].encode("utf-8", "surrogatepass")]


def _piece(match: re.Match[str], text: str, groups: Mapping[str | int, object]) -> Piece:
    if match["named"]:
        return _NAMED[match["named"]]
    if match["hex"]:
        return bytes.fromhex(match["hex"])
    wanted = match["number"] or match["name"]
    if wanted is None:
        shown = text[match.start() : match.start() + 2]
        raise ValueError(rf"{shown} is no escape; there are \r \n \t \0 \\ \x41, and \1 or \g<name> for groups.")
    group = int(wanted) if wanted.isdigit() else wanted
    if group not in groups:
        known = ", ".join(map(str, groups)) or "none"
        raise ValueError(f"there is no group {wanted} in the pattern; there are: {known}.")
    return group


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{text!r} is not pairs of hex digits, such as 0d 0a.") from None


def _delay(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= MOST_DELAY:
        raise ValueError(f"the delay must be from 0 to {MOST_DELAY} ms.")
    return given / 1000
