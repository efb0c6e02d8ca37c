"""Gates and held requests as the supervisor knows them: reads what a person set, keeps the list of what waits."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from ..capture.conditions import FilterWord, containing, containing_hex, milliseconds, size
from ..capture.filters import FilterError, tokens
from ..capture.writer import CaptureWriter
from ..debug.gates import POINTS, WORDS, place_of
from ..debug.pauses import Decision
from .errors import HostingError
from .hosts import HostProcess

LONGEST_PATIENCE = 86_400.0

_EXPLANATIONS = {
    "peer:": ("client's address contains", "peer:127.0.0.1"),
    "local:": ("server's address contains", "local:9009"),
    "server:": ("server's class or address contains", "server:Echo"),
    "handler:": ("handler's class contains", "handler:Echo"),
    "worker:": ("thread's name, thread id or pid contains", "worker:Thread-3"),
    "transport:": ("kind of socket", "transport:udp"),
    "error:": ("exception or its message contains; * is any", "error:ValueError"),
    "in>": ("more bytes received than this", "in>1k"),
    "in<": ("fewer bytes received than this", "in<100"),
    "out>": ("more bytes sent than this", "out>1k"),
    "out<": ("fewer bytes sent than this", "out<1"),
    "bytes>": ("more bytes than this in both directions", "bytes>4k"),
    "bytes<": ("fewer bytes than this in both directions", "bytes<100"),
    "ms>": ("took longer until now, in milliseconds", "ms>100"),
    "ms<": ("took less until now, in milliseconds", "ms<0.5"),
    "text:": (r"bytes received contain this text; \r \n \x41 as in Python", r'text:"GET /"'),
    "hex:": ("bytes received contain these", "hex:0d0a"),
    "regex:": ("bytes received match this regular expression", r"regex:^GET\s"),
}


def _unused(word: FilterWord, value: str) -> tuple[str, tuple[object, ...]]:
    raise NotImplementedError("a gate's conditions are asked in the host, not in SQL")


GATE_WORDS = tuple(
    FilterWord(word, explanation, (example,), _unused) for word, (explanation, example) in _EXPLANATIONS.items()
)
"""What a gate's condition may be made of."""
assert {word.word for word in GATE_WORDS} | {"id:"} == set(WORDS)


def read_condition(text: str) -> list[dict[str, Any]]:
    """The terms of a condition, as gates take them. Raises FilterError, whose message and position are for people."""
    return [_term(token) for token in tokens(text, {word.word: word for word in GATE_WORDS})]


def _term(token: Any) -> dict[str, Any]:
    if token.word is None:
        if not token.value:
            raise FilterError("Something must follow `-`.", token.position)
        return {"word": "text:", "value": _base64(_bytes(token.value)), "not": token.negated}
    word, value = token.word.word, token.value
    if not value:
        raise FilterError(f"`{word}` needs a value, as in `{token.word.examples[0]}`.", token.position)
    try:
        return {"word": word, "value": _value(token.word, value), "not": token.negated}
    except ValueError as error:
        raise FilterError(str(error), token.position) from None


def _value(word: FilterWord, value: str) -> Any:
    if word.word.startswith("ms"):
        return int(str(milliseconds(word, value)[1][0])) / 1e6
    if word.word[-1] in "<>":
        return size(word, value)[1][0]
    if word.word == "text:":
        return _base64(_bytes(value))
    if word.word == "hex:":
        return _base64(cast("bytes", containing_hex(word, value)[1][0]))
    if word.word == "regex:":
        try:
            re.compile(value.encode())
        except re.error as error:
            raise ValueError(f"This regular expression cannot be read: {error}.") from None
        return _base64(value.encode())
    return value


def _bytes(text: str) -> bytes:
    return cast("bytes", containing(GATE_WORDS[0], text)[1][0])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def read_gates(data: object, server: int = 0) -> list[dict[str, Any]]:
    """The gates that are on, as the host takes them, for one of its servers or, 0, for all. Raises HostingError."""
    if not isinstance(data, list) or not all(isinstance(gate, dict) for gate in data):
        raise HostingError("bad_gate", "Gates are given as a list of objects.")
    return [_gate(gate, server) for gate in data if gate.get("enabled", True)]


def _gate(gate: dict[str, Any], server: int) -> dict[str, Any]:
    point = gate.get("point")
    if point not in POINTS:
        raise HostingError("bad_gate", f"A request cannot be held at {point!r}; choose one of {', '.join(POINTS)}.")
    patience = gate.get("patience")
    if patience is not None and not 0 < float(patience) <= LONGEST_PATIENCE:
        raise HostingError("bad_gate", f"{patience!r} s is no time to wait; choose up to {LONGEST_PATIENCE:.0f} s.")
    if int(gate.get("every", 1)) < 1:
        raise HostingError("bad_gate", "Every n-th request needs n of at least 1.")
    try:
        terms = read_condition(str(gate.get("condition", "")))
    except FilterError as error:
        raise HostingError("bad_condition", error.message, position=error.position, gate=gate.get("number")) from None
    plain = ("number", "when", "every", "once", "patience")
    given = {name: gate[name] for name in plain if gate.get(name) is not None}
    return {"point": point, "terms": terms, "servers": [server] if server else [], **given}


def check_decision(order: dict[str, Any]) -> None:
    """Raise HostingError for a decision that makes no sense."""
    try:
        Decision.from_json(order)
    except (TypeError, ValueError) as error:
        raise HostingError("bad_decision", f"This decision cannot be read: {error}") from None


@dataclass
class Held:
    """What waits in one host. Pauses are JSON objects as debug/pauses.py makes them."""

    pauses: dict[str, dict[str, Any]] = field(default_factory=dict)

    def hear(self, event: dict[str, Any], what: str, host: HostProcess, writer: CaptureWriter) -> None:
        """Take an event of the host: paused, also when more bytes have come since; released, peer_gone."""
        if what == "paused":
            before = self.pauses.get(str(event["number"]), {"peer": True, "id": None})
            self.pauses[str(event["number"])] = {**before, **event, "host": host.number}
        elif what == "released":
            pause = self.pauses.pop(str(event["number"]), None)
            if pause is not None and pause["id"] is not None:
                writer.let_go(pause["id"], pause["since"])
        else:
            for number in event["numbers"]:
                if number in self.pauses:
                    self.pauses[number]["peer"] = False

    def count(self, server: int) -> int:
        """How many requests of a server are held."""
        return sum(1 for pause in self.pauses.values() if pause["server"] == server)

    def lines(self, writer: CaptureWriter, key_of: Callable[[int], str]) -> Iterable[dict[str, Any]]:
        """The list for the tick. A request's number in the capture may come a little later than its pause.

        `key_of` tells the key of a server by its number in the host.
        """
        for pause in self.pauses.values():
            if pause["id"] is None:
                pause["id"] = found = writer.find(pause["host"], pause["request"])
                if found is not None:
                    writer.hold(found, place_of(pause["point"], pause["when"]), pause["since"])
            yield {**pause, "key": key_of(pause["server"])}
