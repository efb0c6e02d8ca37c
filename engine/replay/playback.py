"""What a captured request's client did, so that a client can do it again: the same chunks in the same order."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..capture.reader import CaptureReader
from ..capture.records import ChunkRecord
from ..observe.facts import Piece

EVERYTHING = 1 << 40
INCOMPLETE = Piece.CUT | Piece.UNSEEN
DATAGRAMS = ("udp", "unixgram")


class NotPlayable(ValueError):  # noqa: N818 - a fact about a request
    """This request cannot be sent again; the text is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Step:
    """One chunk: what was sent, how long after the request had begun (seconds), and how much had been answered then."""

    data: bytes
    after: float = 0.0
    awaits: int = 0


@dataclass(frozen=True, slots=True)
class Playback:
    """Everything that a client sent, and what it was answered."""

    transport: str
    steps: tuple[Step, ...]
    answer: bytes
    whole: bool = True
    """Whether every byte of the answer was captured."""
    request: int = 0
    """Its number in the capture; 0: it is in none."""

    @property
    def datagrams(self) -> bool:
        """Whether each step is a datagram."""
        return self.transport in DATAGRAMS

    def with_steps(self, chunks: Sequence[bytes]) -> Playback:
        """The same with other bytes. A chunk in the place of one of ours is sent when ours was."""
        ours = [*self.steps, *[Step(b"", *_last(self.steps))] * len(chunks)]
        return replace(self, steps=tuple(replace(step, data=data) for step, data in zip(ours, chunks, strict=False)))

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back."""
        return {
            "transport": self.transport,
            "steps": [{"data": _text(s.data), "after": s.after, "awaits": s.awaits} for s in self.steps],
            "answer": _text(self.answer),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Playback:
        """Read what `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        steps = tuple(
            Step(_bytes(step["data"]), float(step.get("after", 0)), int(step.get("awaits", 0)))
            for step in data["steps"]
        )
        return cls(str(data["transport"]), steps, _bytes(data["answer"]))


def read_playback(reader: CaptureReader, request: int) -> Playback:
    """The playback of a captured request. Raises NotPlayable with the reason."""
    record = reader.request(request)
    if record is None:
        raise NotPlayable(f"Request #{request} is no longer in the capture.")
    return playback_of(record.transport, record.opened, reader.chunks(request, EVERYTHING), request)


def playback_of(transport: str, opened: int, chunks: Iterable[ChunkRecord], request: int = 0) -> Playback:
    """Made from what was received and sent. Raises NotPlayable if bytes of the client are missing."""
    steps: list[Step] = []
    answer: list[bytes] = []
    answered, whole = 0, True
    for chunk in chunks:
        if not chunk.received:
            answer.append(chunk.data)
            answered += chunk.size
            whole = whole and not chunk.flags & INCOMPLETE
        elif chunk.flags & INCOMPLETE or len(chunk.data) < chunk.size:
            raise NotPlayable(f"Not every byte of #{request} was captured; it cannot be run again.")
        else:
            steps.append(Step(chunk.data, max(0, chunk.at - opened) / 1e9, answered))
    if not steps:
        raise NotPlayable(f"#{request} received nothing; there is nothing to send again.")
    return Playback(transport, tuple(steps), b"".join(answer), whole, request)


def _last(steps: Sequence[Step]) -> tuple[float, int]:
    return (steps[-1].after, steps[-1].awaits) if steps else (0.0, 0)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: Any) -> bytes:
    return base64.b64decode(text, validate=True)
