"""Where the time of a handler went: on a CPU, in calls that received or sent, or elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from ..observe.stages import Stage
from .reading import Reading
from .records import RequestRecord
from .rows import integers

CALLS = "SELECT receiving, sending FROM request WHERE id = ?"


@dataclass(frozen=True, slots=True)
class Waits:
    """Where the time of `handle` went, ns. The calls' own share of `cpu` is counted with the calls."""

    lasted: int
    cpu: int
    receiving: int
    """In calls that received: mostly a wait for the peer."""
    sending: int
    """In calls that sent: mostly a wait for a peer that reads slowly."""

    @property
    def otherwise(self) -> int:
        """Neither on a CPU nor in such a call: waiting for locks, for other servers, for a processor."""
        return max(0, self.lasted - self.cpu - self.receiving - self.sending)


class WaitReader(Reading):
    """One query a request."""

    def waits(self, request: RequestRecord) -> Waits | None:
        """Of a `handle` that has ended and whose CPU time is known; None: there is none."""
        handle = next((one for one in request.stages if one.stage is Stage.HANDLE), None)
        if handle is None or handle.ended is None or handle.cpu is None:
            return None
        lasted = max(0, handle.ended - handle.started)
        for calls in self._records(lambda row: integers(*row), CALLS, (request.id,)):
            return Waits(lasted, *(min(max(0, spent), lasted) for spent in (handle.cpu, *calls)))
        return None  # it has just been evicted
