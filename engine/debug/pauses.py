"""A held request, and what the person decides about it."""

from __future__ import annotations

import base64
import itertools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..observe.facts import Means
from ..observe.request import Request, now
from .gates import place_of

CONTINUE, STEP, DROP, RESET, REJECT, ANSWER = "continue", "step", "drop", "reset", "reject", "answer"
ENDING = frozenset({DROP, RESET, REJECT, ANSWER})
"""After these the handler sees nothing more of the request."""
DEEDS = ENDING | {CONTINUE, STEP}
_MEANS = {DROP: Means.DROPPED, RESET: Means.RESET, REJECT: Means.REJECTED, ANSWER: Means.ANSWERED}
SHOWN = 64 << 10
"""Bytes of a chunk that a person is shown, and may change; what follows passes as it is."""

TOLD = 80
"""Bytes of an edit that its fact tells."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to become of a held request.

    `data` are the bytes to go on with instead of the first `over` (CONTINUE, STEP), or the answer to send (ANSWER);
    None: as they were. `person` is False where the patience of the gate decided, or the end of the server.
    """

    deed: str = CONTINUE
    data: bytes | None = None
    person: bool = True
    over: int | None = None
    """None: instead of all that could be shown."""

    @classmethod
    def from_json(cls, message: dict[str, Any]) -> Decision:
        """Read an order. Raises ValueError with a sentence for one that makes no sense."""
        deed, data = str(message.get("deed", CONTINUE)), message.get("data")
        if deed not in DEEDS:
            raise ValueError(f"There is no such decision as {deed}.")
        over = message.get("over")
        changed = base64.b64decode(data, validate=True) if data is not None else None
        return cls(deed, changed, over=max(0, int(over)) if over is not None else None)


UNDECIDED = Decision(person=False)


@dataclass(slots=True)
class Pause:
    """One request, held at one point. Times in `time.monotonic_ns()`."""

    request: Request
    point: str
    when: str
    gate: int
    """Number of the gate; 0: the request was stepped here."""
    patience: float | None
    data: bytes | None = None
    """The bytes at stake: what has arrived and is not read yet, the chunk read, the chunk to be written; None: none
    that could be changed."""
    blocks: bool = False
    """Whether nobody else is served meanwhile: the server has no workers."""
    error: BaseException | None = None
    since: int = field(default_factory=now)
    number: str = field(default_factory=lambda: f"{os.getpid()}-{next(_numbers)}")
    decided: threading.Event = field(default_factory=threading.Event)
    decision: Decision = UNDECIDED
    peek: Callable[[], bytes] | None = None
    """What is at stake as of now, where more may arrive."""
    then: Callable[[Decision], None] | None = None
    """Where no thread waits: called with the decision."""

    def to_json(self) -> dict[str, Any]:
        """As the supervisor is told of it."""
        by = self.request.worker or self.request.acceptor
        return {
            "number": self.number,
            "request": self.request.id,
            "server": self.request.place.number,
            "gate": self.gate,
            "point": self.point,
            "when": self.when,
            "since": self.since,
            "patience": self.patience,
            "pid": os.getpid(),
            "thread": by.thread,
            "worker": by.name,
            "child": by.child,
            "blocks": self.blocks,
            "datagram": isinstance(self.request.given, tuple),
            "error": f"{type(self.error).__name__}" if self.error is not None else None,
            "data": base64.b64encode(self.data[:SHOWN]).decode() if self.data is not None else None,
            "size": len(self.data) if self.data is not None else 0,
        }

    def changed(self) -> bytes:
        """What the bytes at stake have become; those beyond what was shown are as they were."""
        old, new, over = self.data or b"", self.decision.data, self.decision.over
        return old if new is None else new + old[SHOWN if over is None else min(SHOWN, over) :]

    def grown(self) -> bool:
        """Whether more has arrived since it was asked last, which is at stake from now on, too."""
        if self.peek is None or self.decided.is_set():
            return False
        data = self.peek()
        if len(data) <= len(self.data or b""):
            return False
        self.data = data
        return True

    def tell(self) -> None:
        """It is decided: tell what was done to the request."""
        request, decision = self.request, self.decision
        place = place_of(self.point, self.when)
        request.touched(Means.PAUSED, place, now() - self.since)
        if decision.deed in _MEANS:
            request.touched(_MEANS[decision.deed], place, len(decision.data or b""))
        elif self.data is not None and self.changed() != self.data:
            request.touched(
                Means.EDITED, f"{place}: {_shown(self.data)} → {_shown(self.changed())}", len(self.changed())
            )

    def decide(self, decision: Decision) -> None:
        """Let the request go on. Only the first decision counts."""
        if self.decided.is_set():
            return
        self.decision = decision
        self.decided.set()
        if self.then is not None:
            self.then(decision)


def _shown(data: bytes) -> str:
    """The beginning, as Python would write it."""
    text = repr(data[:TOLD])[2:-1]
    return text if len(data) <= TOLD and len(text) <= TOLD else f"{text[:TOLD]}…"
