"""What a recorder tells of requests that are still being served: where they stand, and what has been told by now."""

from __future__ import annotations

from .datagram import Datagram
from .facts import Kind
from .lending import in_child
from .payload import Payload
from .request import Request, now
from .rows import pack, received_bytes, steps_taken
from .silence import PATIENCE

STAGE, REQUEST_OPENED = Kind.STAGE, Kind.REQUEST_OPENED


class Standing(Payload):
    """The flusher's share of the recorder, beside the records that have gathered."""

    _young = False
    """Whether there are stages that may have to be told of if they go on."""

    def _running(self) -> list[bytes]:
        """Records of stages that run and have not been told of yet, and of those that went before."""
        records = self._impatient() if self.quiet else []
        self._young, at = False, now()
        for request in list(self._live.values()):
            since, stage = request.since, request.stage
            if not since or since == request.told:
                continue
            if at - since < PATIENCE:  # it is about to be told with all the others, which must not come twice
                self._young = True
            else:
                request.told = since
                if not request.begun:  # told again when it is, which does no harm
                    records.append(opening(request))
                records += self.steps_not_told(request)
                records.append(pack(STAGE, request.id, stage, request.by(stage).thread, since, 0, -1, b""))
        return records

    def steps_not_told(self, request: Request) -> list[bytes]:
        """Records of its steps that are over."""
        told, steps = request.steps_told, steps_taken(request.steps)
        request.steps_told = len(steps)
        own, thread = request.id, request.thread
        return [pack(STAGE, own, stage, thread, began, ended, cpu, b"") for stage, began, ended, cpu in steps[told:]]

    def _note_shipped(self, batch: list[bytes]) -> None:
        """In a forked child: should it die, its parent has to know which bytes are still to be told."""
        for request in list(self._live.values()):
            slot = self.noted if isinstance(request, Datagram) else request.slot
            if slot >= 0 and in_child(request.acceptor) and self._box is not None:
                self._box.shipped(slot, received_bytes(batch, request.id))


def opening(request: Request) -> bytes:
    """That it was opened."""
    number, by = request.place.number, request.acceptor
    return pack(REQUEST_OPENED, request.id, number, by.thread, request.opened, 0, 0, request.ends())
