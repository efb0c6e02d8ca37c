"""How long a handler can have waited for its peer: worked out of when bytes came, so that it costs a server nothing.

Bytes that come end a wait. What lies between the event before and them is at most how long `recv` was waited for; the
handler may have computed first, which the CPU time of the stage bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..observe.stages import Stage
from .reading import Reading
from .records import RequestRecord

MOST = 20_000
"""Chunks that are looked at: of a request with more the rest counts as no wait for bytes."""
GAPS = f"""
SELECT coalesce(sum(gap), 0) FROM (
    SELECT direction, at - lag(at, 1, ?) OVER (ORDER BY at, id) AS gap FROM (
        SELECT id, direction, at FROM chunk WHERE request = ? AND at BETWEEN ? AND ? ORDER BY id LIMIT {MOST}))
WHERE direction = 0
"""


@dataclass(frozen=True, slots=True)
class Waits:
    """Where the time of `handle` went, ns: `lasted` is `cpu`, `receiving` and `otherwise` together."""

    lasted: int
    cpu: int
    receiving: int
    """At most so much of it for bytes to come."""

    @property
    def otherwise(self) -> int:
        """At least so much for anything else: to send, for locks, for other servers, for a processor."""
        return self.lasted - self.cpu - self.receiving


class WaitReader(Reading):
    """One query a request."""

    def waits(self, request: RequestRecord) -> Waits | None:
        """Of a `handle` that has ended and whose CPU time is known; None: there is none."""
        handle = next((one for one in request.stages if one.stage is Stage.HANDLE), None)
        if handle is None or handle.ended is None or handle.cpu is None:
            return None
        lasted = max(0, handle.ended - handle.started)
        cpu = min(max(0, handle.cpu), lasted)
        gaps = self._number(GAPS, (handle.started, request.id, handle.started, handle.ended))
        return Waits(lasted, cpu, min(max(0, gaps), lasted - cpu))
