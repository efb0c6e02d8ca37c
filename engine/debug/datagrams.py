"""What faults do to whole datagrams, and to connections that have not been accepted yet."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator

from ..observe.facts import Means
from .injuries import IN, OUT, RECEIVED, SENT, Injury


class Lose(Injury):
    """It never arrives."""

    means = Means.LOSE

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            if self.goes(OUT):
                self.tell(SENT, len(chunk))
            else:
                yield chunk

    def loses(self) -> bool:
        """Whether what arrived is lost."""
        if self.goes(IN):
            self.tell(RECEIVED)
        return self.goes(IN)


class Duplicate(Injury):
    """It arrives twice."""

    means = Means.DUPLICATE

    def sending(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            yield chunk
            if self.goes(OUT):
                self.tell(SENT)
                yield chunk

    def doubles(self) -> bool:
        """Whether what arrived is to arrive once more."""
        if self.goes(IN):
            self.tell(RECEIVED)
        return self.goes(IN)


class Reorder(Injury):
    """It arrives after the next one."""

    means = Means.REORDER

    def holds_back(self) -> float:
        """How long it waits for another one, seconds."""
        self.tell(RECEIVED)
        return float(self.values["within"])


class NotAccepted(Injury):
    """It is not accepted at first. This happens before there is a request; afterwards, it is told of."""

    means = Means.ACCEPT_ERROR

    def failed(self, times: int) -> None:
        """So many times it could not be accepted."""
        self.tell(f"{self.values['error']}, {times} times", times)


def accept_error(name: str) -> OSError:
    """The error of this name, as `accept` raises it."""
    number = getattr(errno, name)
    return OSError(number, os.strerror(number))
