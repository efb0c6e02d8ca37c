"""Gates: where a request is to be held, and under which conditions."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..observe.request import Request, now
from ..observe.stages import Stage
from .counting import Count

RECEIVED, SENT, RAISED = "received", "sent", "raised"
"""The points that are no stages: bytes read, bytes about to be written, an exception leaving a stage."""
STAGES = (
    Stage.VERIFY_REQUEST,
    Stage.PROCESS_REQUEST,
    Stage.FINISH_REQUEST,
    Stage.SETUP,
    Stage.HANDLE,
    Stage.FINISH,
    Stage.SHUTDOWN_REQUEST,
)
"""The stages at which a request can be held; before `verify_request` there is none yet."""
POINTS = (*(stage.method for stage in STAGES), RECEIVED, SENT, RAISED)
BEFORE, AFTER = "before", "after"


def place_of(point: str, when: str) -> str:
    """How a place is told: "before handle", "received"."""
    return point if point in (RECEIVED, SENT, RAISED) else f"{when} {point}"


@dataclass(frozen=True, slots=True)
class Subject:
    """What conditions are asked about: a request at some point, and the bytes that it received until then."""

    request: Request
    heard: bytes
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """One condition. `value` is a text, a number, or bytes, as its word wants it."""

    word: str
    value: Any
    negated: bool = False

    def holds(self, subject: Subject) -> bool:
        """Whether it is so."""
        return WORDS[self.word](subject, self.value) is not self.negated

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Term:
        """Read what `to_json` made. Raises ValueError, KeyError or re.error for what makes no sense."""
        word, value = str(data["word"]), data["value"]
        if word not in WORDS:
            raise ValueError(f"there is no condition {word}")
        if word in ("text:", "hex:", "regex:"):
            value = base64.b64decode(value)
        if word == "regex:":
            value = re.compile(value)
        return cls(word, value, bool(data.get("not", False)))


def _text(read: Callable[[Subject], str]) -> Callable[[Subject, str], bool]:
    return lambda subject, value: value.lower() in read(subject).lower()


def _worker(subject: Subject) -> str:
    worker = subject.request.worker or subject.request.acceptor
    return f"{worker.name} {worker.thread} {worker.pid}"


def _error(subject: Subject) -> str:
    error = subject.error or subject.request.error
    return f"{type(error).__name__}: {error}" if error is not None else ""


def _handler(subject: Subject) -> str:
    return str(getattr(subject.request.server.RequestHandlerClass, "__qualname__", ""))


def _passed(subject: Subject) -> float:
    return (now() - subject.request.opened) / 1e6


WORDS: dict[str, Callable[[Subject, Any], bool]] = {
    "peer:": _text(lambda subject: subject.request.peer),
    "local:": _text(lambda subject: subject.request.local),
    "server:": _text(lambda subject: type(subject.request.server).__name__ + " " + subject.request.local),
    "handler:": _text(_handler),
    "worker:": _text(_worker),
    "transport:": lambda subject, value: subject.request.transport in value.split(","),
    "error:": lambda subject, value: (
        bool(_error(subject)) if value == "*" else value.lower() in _error(subject).lower()
    ),
    "id:": lambda subject, value: subject.request.id == value,
    "in>": lambda subject, value: subject.request.bytes_in > value,
    "in<": lambda subject, value: subject.request.bytes_in < value,
    "out>": lambda subject, value: subject.request.bytes_out > value,
    "out<": lambda subject, value: subject.request.bytes_out < value,
    "bytes>": lambda subject, value: subject.request.bytes_in + subject.request.bytes_out > value,
    "bytes<": lambda subject, value: subject.request.bytes_in + subject.request.bytes_out < value,
    "ms>": lambda subject, value: _passed(subject) > value,
    "ms<": lambda subject, value: _passed(subject) < value,
    "text:": lambda subject, value: value in subject.heard,
    "hex:": lambda subject, value: value in subject.heard,
    "regex:": lambda subject, value: value.search(subject.heard) is not None,
}
"""The conditions that can be asked of a live request, by the filter language's words."""


@dataclass(slots=True)
class Gate:
    """One gate, as a person has set it.

    `point` is one of POINTS, `when` before or after. Of the requests that match all `terms`, each `every`-th is held,
    or with `once` only the first. A held request goes on by itself after `patience` seconds; None: it waits.
    """

    number: int
    point: str
    when: str = BEFORE
    terms: tuple[Term, ...] = ()
    every: int = 1
    once: bool = False
    patience: float | None = None
    servers: tuple[int, ...] = ()
    """Numbers of the host's servers that it is for; empty: all of them."""
    matches: Count = field(default_factory=Count, compare=False)
    """Of this process and its forked children together."""

    def holds(self, subject: Subject) -> bool:
        """Whether this request is to be held; counts it if it matches."""
        if not all(term.holds(subject) for term in self.terms):
            return False
        matches = self.matches.next()
        return matches == 1 if self.once else matches % self.every == 0

    def is_for(self, server: int) -> bool:
        """Whether it holds requests of the host's server with this number."""
        return not self.servers or server in self.servers

    def go_on_from(self, before: Sequence[Gate]) -> Gate:
        """Itself, counting on from the gate among `before` that it is: it holds the same requests at the same point."""
        for other in before:
            if self._who() == other._who():
                self.matches = other.matches
        return self

    def _who(self) -> tuple[object, ...]:
        return self.number, self.servers, self.point, self.when, self.terms, self.once

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Gate:
        """Read a gate. Raises ValueError, KeyError, TypeError or re.error for what makes no sense."""
        if data["point"] not in POINTS or data.get("when", BEFORE) not in (BEFORE, AFTER):
            raise ValueError("a gate is before or after a stage, or where bytes pass")
        patience = data.get("patience")
        return cls(
            int(data["number"]),
            str(data["point"]),
            str(data.get("when", BEFORE)),
            tuple(Term.from_json(term) for term in data.get("terms", ())),
            max(1, int(data.get("every", 1))),
            bool(data.get("once", False)),
            float(patience) if patience is not None else None,
            tuple(int(number) for number in data.get("servers", ())),
        )


def first_holding(gates: Sequence[Gate], point: str, when: str, subject: Callable[[], Subject]) -> Gate | None:
    """The first gate at this point that holds; `subject` is made only if there is a gate here at all."""
    here = [gate for gate in gates if gate.point == point and gate.when == when]
    if not here:
        return None
    about = subject()
    return next((gate for gate in here if gate.holds(about)), None)
