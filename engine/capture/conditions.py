"""What the words of the filter language mean, in SQL. What was typed goes into parameters only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from ..observe.causes import Cause
from ..observe.connections import SERVED, ConnectionState
from ..observe.facts import Means
from ..observe.stages import Stage
from .records import GOES_ON, State

MILLISECOND = 1_000_000
TRANSPORTS = ("tcp", "udp", "unix", "unixgram")
TOUCHES = {
    "*": sum(means.bit for means in Means),
    "fault": sum(means.bit for means in Means if means.fault),
    **{means.word: means.bit for means in Means},
}
"""Words for what gates and faults do to a request, as bits."""
MOST_VALUES = 50
SQL_LIMIT = (1 << 63) - 1
CONNECTION_STATES = tuple(state.value for state in ConnectionState if state is not ConnectionState.CLOSED)
_STATES = frozenset(state.word for state in State)
SIZES = {"": 1, "b": 1, "k": 1 << 10, "kb": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "g": 1 << 30, "gb": 1 << 30}

Sql = tuple[str, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class FilterWord:
    """One word of the language. `build` makes SQL of a value; `values` is what may be typed, if it is a closed list."""

    word: str
    explanation: str
    examples: tuple[str, ...]
    build: Callable[[FilterWord, str], Sql]
    values: tuple[str, ...] = ()
    sql: str = ""


def like(value: str) -> str:
    """A LIKE pattern for "contains", for use with ESCAPE."""
    text = value.encode("utf-8", "backslashreplace").decode("utf-8")
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"


def contains(word: FilterWord, value: str) -> Sql:
    """The word's SQL for each value of a list; each `?` takes the pattern."""
    parts = [part for part in value.split(",") if part] or [value]
    _bound(word, len(parts))
    sql = " OR ".join([word.sql] * len(parts))
    return sql, tuple(like(part) for part in parts for _ in range(word.sql.count("?")))


def failing(word: FilterWord, value: str) -> Sql:
    """An exception, or any."""
    return ("request.error IS NOT NULL", ()) if value == "*" else contains(word, value)


def listed(word: FilterWord, value: str) -> Sql:
    """One of a closed list."""
    parts = [part for part in value.lower().replace(" ", "_").split(",") if part]
    for part in parts or [value]:
        if part not in word.values:
            raise ValueError(f"`{word.word}` knows {', '.join(word.values)}; not `{part}`.")
    return word.sql.replace("(?)", f"({', '.join('?' * len(parts))})"), _numbers(word, parts) * word.sql.count("(?)")


def _numbers(word: FilterWord, parts: list[str]) -> tuple[object, ...]:
    kinds: dict[str, type[IntEnum]] = {"stage:": Stage, "cause:": Cause, "slow:": Stage}
    kind = kinds.get(word.word)
    return tuple(int(kind[part.upper()]) if kind else part for part in parts)


def standing(word: FilterWord, value: str) -> Sql:
    """A state of requests or, of those that live, of their connections."""
    listed(word, value)
    parts = value.lower().replace(" ", "_").split(",")
    own = [int(State[part.upper()]) for part in parts if part in _STATES]
    theirs = [part for part in parts if part in CONNECTION_STATES]
    living = "request.closed IS NULL AND " if all(State(number).live for number in own) else ""
    conditions = [f"({living}request.state IN ({', '.join('?' * len(own))}))"] if own else []
    if theirs:
        conditions.append(f"(request.closed IS NULL AND {STANDING} IN ({', '.join('?' * len(theirs))}))")
    return " OR ".join(conditions), (*own, *theirs)


def slow(word: FilterWord, value: str) -> Sql:
    """A stage of it lasted too long; `*` any."""
    return ("request.slow > 0", ()) if value == "*" else listed(word, value)


def size(word: FilterWord, value: str) -> Sql:
    """More or fewer bytes."""
    match = re.fullmatch(r"(\d{1,18}(?:\.\d+)?)\s*([a-z]*)", value.lower())
    if match is None or match[2] not in SIZES:
        raise ValueError(f"`{word.word}` needs a size such as 100, 4k or 1.5m; not `{value}`.")
    return f"{word.sql} {word.word[-1]} ?", (min(int(float(match[1]) * SIZES[match[2]]), SQL_LIMIT),)


def touched(word: FilterWord, value: str) -> Sql:
    """Done to by these means; `fault` is any fault, `*` anything."""
    bits = 0
    for part in [part for part in value.lower().replace("-", "_").split(",") if part] or [value]:
        if part not in TOUCHES:
            raise ValueError(f"`{word.word}` knows {', '.join(TOUCHES)}; not `{part}`.")
        bits |= TOUCHES[part]
    return word.sql, (bits,)


def milliseconds(word: FilterWord, value: str) -> Sql:
    """More or less time."""
    match = re.fullmatch(r"(\d{1,12}(?:\.\d+)?)\s*(ms|s)?", value.lower())
    if match is None:
        raise ValueError(f"`{word.word}` needs milliseconds, or seconds such as 2s; not `{value}`.")
    factor = 1000 if match[2] == "s" else 1
    return f"{word.sql} {word.word[-1]} ?", (min(int(float(match[1]) * factor * MILLISECOND), SQL_LIMIT),)


def numbered(word: FilterWord, value: str) -> Sql:
    """Numbers and ranges of them."""
    single: list[int] = []
    ranges: list[int] = []
    for part in value.split(","):
        match = re.fullmatch(r"#?(\d{1,18})(?:-#?(\d{1,18})?)?", part)
        if match is None:
            raise ValueError(f"`{word.word}` needs a number, or a range such as 400-450; not `{part}`.")
        if "-" in part:
            ranges += (int(match[1]), int(match[2] or SQL_LIMIT))
        else:
            single.append(int(match[1]))
    _bound(word, len(ranges) // 2)
    conditions = ["request.id BETWEEN ? AND ?"] * (len(ranges) // 2)
    if single:
        conditions.append(f"request.id IN ({', '.join('?' * len(single))})")
    return " OR ".join(conditions), (*ranges, *single)


def _bound(word: FilterWord, count: int) -> None:
    # SQLite refuses expressions that are too deep, and it would look like damage.
    if count > MOST_VALUES:
        raise ValueError(f"`{word.word}` takes at most {MOST_VALUES} values.")


def failed_alike(word: FilterWord, value: str) -> Sql:
    """The same failure as a request's, or by its signature."""
    if re.fullmatch(r"#?\d{1,18}", value) and not re.fullmatch(r"[0-9a-f]{8}", value):
        return word.sql, (int(value.lstrip("#")), "")
    if not re.fullmatch(r"[0-9a-f]{8}", value.lower()):
        raise ValueError(f"`{word.word}` needs a request's number such as #421, or a failure's sign; not `{value}`.")
    return word.sql, (0, value.lower())


def containing(word: FilterWord, value: str) -> Sql:
    """The bytes contain a text."""
    return word.sql, (_escaped(value),)


def containing_hex(word: FilterWord, value: str) -> Sql:
    """The bytes contain these."""
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

    return re.sub(rb"\\(?:([rnt0])|x([0-9a-fA-F]{2}))", byte, value.encode("utf-8", "surrogatepass"))


CONTENT = "EXISTS (SELECT 1 FROM chunk WHERE chunk.request = request.id AND instr(chunk.data, ?))"
SERVER = r"request.server IN (SELECT id FROM server WHERE name LIKE ? ESCAPE '\' OR address LIKE ? ESCAPE '\')"
PEER = r"request.peer LIKE ? ESCAPE '\'"
ERROR = r"request.error LIKE ? ESCAPE '\' OR request.message LIKE ? ESCAPE '\'"
WORKER = (
    r"request.worker IN (SELECT id FROM worker WHERE name LIKE ? ESCAPE '\' OR pid LIKE ? ESCAPE '\'"
    r" OR thread LIKE ? ESCAPE '\')"
)
SAME = (
    "request.id IN (SELECT failure.request FROM failure WHERE failure.signature IN"
    " (SELECT signature FROM failure WHERE failure.request = ? OR failure.signature = ?))"
)
SLOW = "request.slow IN (?)"
CAUSE = "request.id IN (SELECT failure.request FROM failure WHERE failure.cause IN (?))"
STAGE = (
    "request.stage IN (?) OR EXISTS (SELECT 1 FROM failure WHERE failure.request = request.id AND failure.stage IN (?))"
)
TRANSPORT = "request.server IN (SELECT id FROM server WHERE transport IN (?))"
RECENT = 8
"""Pieces among which the newest is found: the processes that tell of one request are not heard in order."""
NEWEST = f"""
(SELECT max(moment) FROM (
    SELECT moment FROM (
        SELECT at << 1 | (direction & 1) AS moment FROM chunk WHERE chunk.request = request.id
        ORDER BY chunk.id DESC LIMIT {RECENT})
    UNION ALL
    SELECT started << 1 FROM stage
    WHERE stage.request = request.id AND stage.stage IN ({", ".join(str(int(stage)) for stage in sorted(SERVED))})))
"""
"""When the last thing happened to a connection, doubled: odd if bytes were sent, even if they came or a stage began."""
STANDING = f"""
CASE WHEN request.worker IS NULL THEN '{ConnectionState.NEW.value}'
WHEN {NEWEST} & 1 THEN '{ConnectionState.IDLE.value}' ELSE '{ConnectionState.ACTIVE.value}' END
"""
"""The state of a live request's connection, as `engine.Connections` would tell it."""
BOTH = "request.bytes_in + request.bytes_out"
HELD = (
    f"CASE WHEN request.touched & {Means.PAUSED.bit} THEN (SELECT coalesce(sum(CASE WHEN amount = {GOES_ON}"
    " THEN coalesce(request.closed, now_ns()) - at ELSE amount END), 0) FROM interference"
    f" WHERE interference.request = request.id AND means = {int(Means.PAUSED)}) ELSE 0 END"
)
TOOK = f"coalesce(request.closed, now_ns()) - request.opened - {HELD}"
"""Without the time for which it was held at gates."""


def free_text(value: str) -> Sql:
    """Peer, server, error or bytes contain it."""
    pattern = like(value)
    sql = f"{PEER} OR {SERVER} OR {ERROR} OR {CONTENT}"
    return sql, (pattern,) * (sql.count("?") - 1) + (_escaped(value),)
