"""What a recorder tells of requests that are still being served: where they stand, and what has been told by now."""

from __future__ import annotations

from .datagram import Datagram
from .facts import Kind
from .lending import in_child
from .payload import Payload
from .request import now
from .rows import pack, received_bytes
from .silence import PATIENCE

STAGE = Kind.STAGE


class Standing(Payload):
    """The flusher's share of the recorder, beside the records that have gathered."""

    _unsure = False
    """Whether there are stages that may have to be told of if they go on."""

    def _running(self) -> list[bytes]:
        """Records of stages that run and have not been told of yet, and of those that went before."""
        records = self._impatient() if self.quiet else []
        self._unsure, at = False, now()
        for request in list(self._live.values()):
            since, stage = request.since, request.stage
            if not since or since == request.told:
                continue
            if at - since < PATIENCE:  # it is about to be told with all the others, which must not come twice
                self._unsure = True
            else:
                request.told = since
                with self.telling:
                    records += self.steps_not_told(request)
                records.append(pack(STAGE, request.id, stage, request.by(stage).thread, since, 0, -1, b""))
        return records

    def _note_shipped(self, batch: list[bytes]) -> None:
        """In a forked child: should it die, its parent has to know which bytes are still to be told."""
        for request in list(self._live.values()):
            slot = self.noted if isinstance(request, Datagram) else request.slot
            if slot >= 0 and in_child(request.acceptor) and self.box is not None:
                self.box.shipped(slot, received_bytes(batch, request.id))
