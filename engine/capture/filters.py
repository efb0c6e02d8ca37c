"""The filter language of the requests table: words, their meaning in SQL, and what can be typed next."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..observe.stages import Stage
from .records import State

MILLISECOND = 1_000_000
TRANSPORTS = ("tcp", "udp", "unix", "unixgram")
SQL_LIMIT = (1 << 63) - 1
SIZES = {"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30}

Sql = tuple[str, tuple[object, ...]]


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
class FilterWord:
    """One word of the language. `build` makes SQL of a value; `values` is what may be typed, if it is a closed list."""

    word: str
    explanation: str
    examples: tuple[str, ...]
    build: Callable[[FilterWord, str], Sql]
    values: tuple[str, ...] = ()
    sql: str = ""


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
    for token in _tokens(text):
        sql, values = _condition(token)
        conditions.append(f"NOT coalesce(({sql}), 0)" if token.negated else f"({sql})")
        parameters += values
    return Filter(" AND ".join(conditions), tuple(parameters), text)


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


def _tokens(text: str) -> list[Token]:
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise FilterError("A quote is opened here and not closed.", at)
        tokens.append(_token(match))
        at = match.end()
        if at < len(text) and text[at] == '"':
            raise FilterError("A quote is opened here and not closed.", at)
    return tokens


def _token(match: re.Match[str]) -> Token:
    typed = match["word"] or ""
    word = WORDS.get(typed.lower())
    value = match["value"] if word else typed + match["value"]
    if typed and word is None and not _may_be_text(typed, match["value"]):
        known = ", ".join(f"`{one.word}`" for one in FILTER_WORDS)
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
        return _free_text(token.value)
    if not token.value:
        raise FilterError(f"`{token.word.word}` needs a value, as in `{token.word.examples[0]}`.", token.position)
    try:
        return token.word.build(token.word, token.value)
    except ValueError as error:
        raise FilterError(str(error), token.position) from None


# What words mean


def like(value: str) -> str:
    """A LIKE pattern for "contains", for use with ESCAPE."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", value) + "%"


def _contains(word: FilterWord, value: str) -> Sql:
    """The word's SQL for each value of a list; each `?` takes the pattern."""
    parts = [part for part in value.split(",") if part] or [value]
    sql = " OR ".join([word.sql] * len(parts))
    return sql, tuple(like(part) for part in parts for _ in range(word.sql.count("?")))


def _error(word: FilterWord, value: str) -> Sql:
    return ("request.error IS NOT NULL", ()) if value == "*" else _contains(word, value)


def _listed(word: FilterWord, value: str) -> Sql:
    parts = [part for part in value.lower().replace(" ", "_").split(",") if part]
    for part in parts or [value]:
        if part not in word.values:
            raise ValueError(f"`{word.word}` knows {', '.join(word.values)}; not `{part}`.")
    return word.sql.replace("(?)", f"({', '.join('?' * len(parts))})"), _numbers(word, parts) * word.sql.count("(?)")


def _numbers(word: FilterWord, parts: list[str]) -> tuple[object, ...]:
    kinds = {"state:": State, "stage:": Stage}
    kind = kinds.get(word.word)
    return tuple(int(kind[part.upper()]) if kind else part for part in parts)


def _size(word: FilterWord, value: str) -> Sql:
    match = re.fullmatch(r"(\d{1,18}(?:\.\d+)?)\s*([a-z]*)", value.lower())
    if match is None or match[2] not in SIZES:
        raise ValueError(f"`{word.word}` needs a size such as 100, 4k or 1.5m; not `{value}`.")
    return f"{word.sql} {word.word[-1]} ?", (min(int(float(match[1]) * SIZES[match[2]]), SQL_LIMIT),)


def _milliseconds(word: FilterWord, value: str) -> Sql:
    match = re.fullmatch(r"(\d{1,12}(?:\.\d+)?)\s*(ms|s)?", value.lower())
    if match is None:
        raise ValueError(f"`{word.word}` needs milliseconds, or seconds such as 2s; not `{value}`.")
    factor = 1000 if match[2] == "s" else 1
    return f"{word.sql} {word.word[-1]} ?", (min(int(float(match[1]) * factor * MILLISECOND), SQL_LIMIT),)


def _id(word: FilterWord, value: str) -> Sql:
    conditions: list[str] = []
    parameters: list[int] = []
    for part in value.split(","):
        match = re.fullmatch(r"#?(\d{1,18})(?:-#?(\d{1,18})?)?", part)
        if match is None:
            raise ValueError(f"`{word.word}` needs a number, or a range such as 400-450; not `{part}`.")
        last = match[2] or (SQL_LIMIT if "-" in part else match[1])
        conditions.append("request.id BETWEEN ? AND ?")
        parameters += [int(match[1]), int(last)]
    return " OR ".join(conditions), tuple(parameters)


def _text(word: FilterWord, value: str) -> Sql:
    return word.sql, (_escaped(value),)


def _hex(word: FilterWord, value: str) -> Sql:
    try:
        data = bytes.fromhex(value.replace(":", " ").replace("\\x", " "))
    except ValueError:
        raise ValueError(f"`{word.word}` needs pairs of hex digits, such as 0d0a; not `{value}`.") from None
    return word.sql, (data,)


def _escaped(value: str) -> bytes:
    """UTF-8, with \\r, \\n, \\t, \\0 and \\x41 as in Python."""
    named = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0"}

    def byte(match: re.Match[bytes]) -> bytes:
        return bytes.fromhex(match[2].decode()) if match[2] else named[match[1]]

    return re.sub(rb"\\(?:([rnt0])|x([0-9a-fA-F]{2}))", byte, value.encode("utf-8", "surrogateescape"))


CONTENT = "EXISTS (SELECT 1 FROM chunk WHERE chunk.request = request.id AND instr(chunk.data, ?))"
SERVER = r"request.server IN (SELECT id FROM server WHERE name LIKE ? ESCAPE '\' OR address LIKE ? ESCAPE '\')"
PEER = r"request.peer LIKE ? ESCAPE '\'"
ERROR = r"request.error LIKE ? ESCAPE '\' OR request.message LIKE ? ESCAPE '\'"
WORKER = (
    r"request.worker IN (SELECT id FROM worker WHERE name LIKE ? ESCAPE '\' OR pid LIKE ? ESCAPE '\'"
    r" OR thread LIKE ? ESCAPE '\')"
)
STAGE = (
    "request.stage IN (?) OR EXISTS (SELECT 1 FROM failure WHERE failure.request = request.id AND failure.stage IN (?))"
)
TRANSPORT = "request.server IN (SELECT id FROM server WHERE transport IN (?))"
BOTH = "request.bytes_in + request.bytes_out"
TOOK = "coalesce(request.closed, now_ns()) - request.opened"


def _free_text(value: str) -> Sql:
    pattern = like(value)
    sql = f"{PEER} OR {SERVER} OR {ERROR} OR {CONTENT}"
    return sql, (pattern,) * (sql.count("?") - 1) + (_escaped(value),)


FILTER_WORDS = (
    FilterWord("server:", "server's name or address contains", ("server:echo",), _contains, sql=SERVER),
    FilterWord(
        "state:",
        "state of the request",
        ("state:error", "state:error,reset"),
        _listed,
        tuple(state.word for state in State),
        "request.state IN (?)",
    ),
    FilterWord("peer:", "client's address contains", ("peer:127.0.0.1", "peer:::1"), _contains, sql=PEER),
    FilterWord("worker:", "thread's name, thread id or pid contains", ("worker:Thread-3",), _contains, sql=WORKER),
    FilterWord(
        "error:", "exception or its message contains; * is any", ("error:ValueError", "error:*"), _error, sql=ERROR
    ),
    FilterWord(
        "stage:",
        "stage that it is in, or that failed",
        ("stage:handle",),
        _listed,
        tuple(stage.method for stage in Stage),
        STAGE,
    ),
    FilterWord("transport:", "kind of socket", ("transport:udp",), _listed, TRANSPORTS, TRANSPORT),
    FilterWord("id:", "number of the request", ("id:421", "id:400-450"), _id),
    FilterWord("bytes>", "more bytes than this in both directions", ("bytes>4k",), _size, sql=BOTH),
    FilterWord("bytes<", "fewer bytes than this in both directions", ("bytes<100",), _size, sql=BOTH),
    FilterWord("in>", "more bytes received than this", ("in>1m",), _size, sql="request.bytes_in"),
    FilterWord("in<", "fewer bytes received than this", ("in<1",), _size, sql="request.bytes_in"),
    FilterWord("out>", "more bytes sent than this", ("out>1m",), _size, sql="request.bytes_out"),
    FilterWord("out<", "fewer bytes sent than this", ("out<1",), _size, sql="request.bytes_out"),
    FilterWord("ms>", "took longer, in milliseconds", ("ms>100", "ms>2s"), _milliseconds, sql=TOOK),
    FilterWord("ms<", "took less, in milliseconds", ("ms<0.5",), _milliseconds, sql=TOOK),
    FilterWord("text:", r"bytes contain this text; \r \n \x41 as in Python", (r'text:"GET /"',), _text, sql=CONTENT),
    FilterWord("hex:", "bytes contain these", ("hex:0d0a",), _hex, sql=CONTENT),
)
WORDS = {word.word: word for word in FILTER_WORDS}
