"""A time axis on which a pause takes a few pixels, however long: it is nobody's work, and would hide all else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.capture.records import PauseRecord, StageRecord

Span = tuple[int, int]


def spans(pauses: Iterable[PauseRecord], now: int) -> tuple[Span, ...]:
    """From when to when each pause lasted; `now` ends the one that goes on."""
    return tuple((one.started, max(one.started, now if one.ended is None else one.ended)) for one in pauses)


@dataclass(frozen=True, slots=True)
class HeldAxis:
    """Times in ns to pixels from the axis' beginning; each of `held` is `gap` pixels long."""

    origin: int
    ns_per_pixel: float
    held: Sequence[Span] = ()
    gap: int = 0

    def x(self, at: int) -> float:
        """Where a time stands."""
        place = (at - self.origin) / self.ns_per_pixel
        for since, until in self.held:
            passed = min(at, until) - since
            if passed > 0:
                place += self.gap * passed / (until - since) - passed / self.ns_per_pixel
        return place


def pieces(stage: StageRecord, ended: int, held: Sequence[Span]) -> list[Span]:
    """The parts of a stage in which it was not held."""
    found, at = [], stage.started
    for since, until in held:
        if since < ended and until > at:
            found.append((at, max(at, since)))
            at = min(ended, until)
    return [*found, (at, ended)]
