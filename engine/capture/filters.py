"""The filter language of the requests table: words, their meaning in SQL, and what can be typed next."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..observe.causes import Cause
from ..observe.stages import Stage
from .conditions import (
    BOTH,
    CAUSE,
    CONNECTION_STATES,
    CONTENT,
    ERROR,
    PEER,
    SAME,
    SERVER,
    SLOW,
    STAGE,
    TOOK,
    TOUCHES,
    TRANSPORT,
    TRANSPORTS,
    WORKER,
    FilterWord,
    Sql,
    containing,
    containing_hex,
    contains,
    failed_alike,
    failing,
    free_text,
    listed,
    milliseconds,
    numbered,
    size,
    slow,
    standing,
    touched,
)
from .records import State

LONGEST = 20_000
MOST_TOKENS = 100


class FilterError(ValueError):
    """The filter cannot be understood; `message` is for people, `position` is where in the text."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on `request` in SQL; what was typed is only in the parameters. No text: everything."""

    sql: str = ""
    parameters: tuple[object, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What could be typed next: replaces the text from `start` on."""

    start: int
    text: str
    explanation: str


def parse(text: str) -> Filter:
    """Read a filter. All words must hold; `-` before one turns it around. Raises FilterError."""
    conditions: list[str] = []
    parameters: list[object] = []
    for token in tokens(text, WORDS):
        sql, values = _condition(token)
        conditions.append(f"NOT coalesce(({sql}), 0)" if token.negated else f"({sql})")
        parameters += values
    return Filter(" AND ".join(conditions), tuple(parameters), text)


def searched_bytes(text: str) -> tuple[bytes, ...]:
    """The bytes that a filter wants to be in a request's. Raises FilterError."""
    found = []
    for token in tokens(text, WORDS):
        if token.negated or not token.value:
            continue
        if token.word is None or token.word.word == "text:":
            found.append(containing(WORDS["text:"], token.value)[1][0])
        elif token.word.word == "hex:":
            found.append(_condition(token)[1][0])
    return tuple(one for one in found if isinstance(one, bytes) and one)


def suggestions(text: str, position: int | None = None) -> list[Suggestion]:
    """What may stand where the cursor is: words that begin like this one, or values of the word before the cursor."""
    upto = text[: len(text) if position is None else position]
    start = max(upto.rfind(" "), upto.rfind("\t")) + 1
    typed = upto[start:]
    sign = "-" if typed.startswith("-") else ""
    typed = typed.removeprefix("-").lower()
    found = [
        Suggestion(start, sign + word.word, word.explanation)
        for word in FILTER_WORDS
        if word.word.startswith(typed) and word.word != typed
    ]
    for word in FILTER_WORDS:
        if typed.startswith(word.word):
            done, _, last = typed.rpartition(",") if "," in typed else (word.word, "", typed[len(word.word) :])
            joint = "," if "," in typed else ""
            found += [
                Suggestion(start, f"{sign}{done}{joint}{value}", word.explanation)
                for value in word.values
                if value.startswith(last) and value != last
            ]
    return found


# Reading


@dataclass(frozen=True, slots=True)
class Token:
    """One condition as typed: `word` None is free text."""

    word: FilterWord | None
    value: str
    negated: bool
    position: int


TOKEN = re.compile(r'(?P<minus>-?)(?P<word>[A-Za-z]+[:<>])?(?P<value>(?:"(?:[^"\\]|\\.)*"|[^\s"])*)')


def tokens(text: str, words: Mapping[str, FilterWord]) -> list[Token]:
    """The conditions of a text, as typed. Raises FilterError for words that are not among `words`."""
    if len(text) > LONGEST:
        raise FilterError("The filter is too long.", LONGEST)
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise FilterError("A quote is opened here and not closed.", at)
        found.append(_token(match, words))
        at = match.end()
        if at < len(text) and text[at] == '"':
            raise FilterError("A quote is opened here and not closed.", at)
        if len(found) > MOST_TOKENS:
            raise FilterError("The filter has too many words.", found[MOST_TOKENS].position)
    return found


def _token(match: re.Match[str], words: Mapping[str, FilterWord]) -> Token:
    typed = match["word"] or ""
    word = words.get(typed.lower())
    value = match["value"] if word else typed + match["value"]
    if typed and word is None and not _may_be_text(typed, match["value"]):
        known = ", ".join(f"`{one.word}`" for one in words.values())
        raise FilterError(f"There is no filter `{typed}`; there are {known}.", match.start("word"))
    return Token(word, _unquote(value), bool(match["minus"]), match.start())


def _may_be_text(typed: str, rest: str) -> bool:
    # Addresses such as fe80::1 or localhost:80 and paths such as http://x are text that people paste.
    return typed.endswith(":") and (rest[:1].isdigit() or rest[:1] in (":", "/"))


def _unquote(value: str) -> str:
    return re.sub(r'\\(["\\])|"', r"\1", value)


def _condition(token: Token) -> Sql:
    if token.word is None:
        if not token.value:
            raise FilterError("Something must follow `-`.", token.position)
        return free_text(token.value)
    if not token.value:
        raise FilterError(f"`{token.word.word}` needs a value, as in `{token.word.examples[0]}`.", token.position)
    try:
        return token.word.build(token.word, token.value)
    except ValueError as error:
        raise FilterError(str(error), token.position) from None


FILTER_WORDS = (
    FilterWord("server:", "server's name or address contains", ("server:echo",), contains, sql=SERVER),
    FilterWord(
        "state:",
        "state of the request, or of a live one's connection: new, active, idle",
        ("state:error", "state:error,reset", "state:idle"),
        standing,
        (*(state.word for state in State), *CONNECTION_STATES),
    ),
    FilterWord("peer:", "client's address contains", ("peer:127.0.0.1", "peer:::1"), contains, sql=PEER),
    FilterWord("worker:", "thread's name, thread id or pid contains", ("worker:Thread-3",), contains, sql=WORKER),
    FilterWord(
        "error:", "exception or its message contains; * is any", ("error:ValueError", "error:*"), failing, sql=ERROR
    ),
    FilterWord("same:", "failed like this request: same type, line and stage", ("same:#421",), failed_alike, sql=SAME),
    FilterWord(
        "stage:",
        "stage that it is in, or that failed",
        ("stage:handle",),
        listed,
        tuple(stage.method for stage in Stage),
        STAGE,
    ),
    FilterWord(
        "cause:",
        "an exception whose cause was a bug, a peer that has gone, or a time-out",
        ("cause:bug", "cause:peer,timeout"),
        listed,
        tuple(cause.word for cause in Cause),
        CAUSE,
    ),
    FilterWord(
        "slow:",
        "stage that lasted longer than it was allowed to; * is any",
        ("slow:handle", "slow:*"),
        slow,
        tuple(stage.method for stage in Stage),
        SLOW,
    ),
    FilterWord(
        "touched:",
        "what a breakpoint or a fault did to it; fault is any fault",
        ("touched:fault", "touched:paused,edited"),
        touched,
        tuple(TOUCHES),
        "request.touched & ?",
    ),
    FilterWord("transport:", "kind of socket", ("transport:udp",), listed, TRANSPORTS, TRANSPORT),
    FilterWord("id:", "number of the request", ("id:421", "id:400-450"), numbered),
    FilterWord("bytes>", "more bytes than this in both directions", ("bytes>4k",), size, sql=BOTH),
    FilterWord("bytes<", "fewer bytes than this in both directions", ("bytes<100",), size, sql=BOTH),
    FilterWord("in>", "more bytes received than this", ("in>1m",), size, sql="request.bytes_in"),
    FilterWord("in<", "fewer bytes received than this", ("in<1",), size, sql="request.bytes_in"),
    FilterWord("out>", "more bytes sent than this", ("out>1m",), size, sql="request.bytes_out"),
    FilterWord("out<", "fewer bytes sent than this", ("out<1",), size, sql="request.bytes_out"),
    FilterWord("ms>", "took longer, in milliseconds", ("ms>100", "ms>2s"), milliseconds, sql=TOOK),
    FilterWord("ms<", "took less, in milliseconds", ("ms<0.5",), milliseconds, sql=TOOK),
    FilterWord(
        "text:", r"bytes contain this text; \r \n \x41 as in Python", (r'text:"GET /"',), containing, sql=CONTENT
    ),
    FilterWord("hex:", "bytes contain these", ("hex:0d0a",), containing_hex, sql=CONTENT),
)
WORDS = {word.word: word for word in FILTER_WORDS}
