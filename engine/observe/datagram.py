"""A datagram of which nothing is told until it has been served, unless that takes a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .addresses import address_text
from .facts import Kind
from .request import Request
from .rows import pack
from .stages import Stage

if TYPE_CHECKING:
    from .place import Place
    from .request import Worker


class Datagram(Request):
    """A request that the accepting thread serves at once. What its class or its worker knows, it need not keep.

    It is not among `live.requests` as long as it is `quiet`.
    """

    stage = Stage.SETUP

    def __init__(
        self, place: Place, worker: Worker, number: int, given: tuple[bytes, Any], address: Any, asked: int, came: int
    ) -> None:
        self.place = place
        self.hooks = place.hooks
        self.acceptor = self.worker = worker
        self.thread = worker.thread
        self.id = number
        self.given = given
        self.via = given[1]
        self.address = address
        self.opened = asked
        self.answers = ()
        self.quiet = True
        self.came = self.since = came
        """When it had come, ns."""

    def be_known(self) -> None:
        """It is to be told of in the way of all other requests."""
        self.quiet = False
        self.key = id(self.given)
        self.peer, self.local = address_text(self.address), self.place.local
        self.bytes_in = len(self.given[0])

    def beginning(self) -> list[bytes]:
        """Records of it."""
        data, by, ends = self.given[0], self.thread, self.ends()
        return [
            pack(Kind.REQUEST_OPENED, self.id, self.place.number, by, self.opened, 0, 0, ends),
            pack(Kind.RECEIVED, self.id, 0, by, self.came, 0, len(data), data),
        ]
