"""The requests that are being served: how one begins, ends, and what is written of it."""

from __future__ import annotations

from ..observe.facts import Means
from .counters import CounterBook
from .failing import Failure
from .live import FAILED_STATES, Host, Live
from .load import LoadBook
from .pending import Pending
from .records import GOES_ON, State

SAME_PAUSE = 1_000_000
"""ns. Two pauses of one request do not begin so soon after each other; two tellings of one may differ so much."""


class Serving:
    """All live requests, by their numbers in the capture."""

    def __init__(self, next_request: int) -> None:
        self.pending = Pending()
        self.load = LoadBook()
        self.counters = CounterBook()
        self.live: dict[int, Live] = {}
        self.next_request = next_request

    def open(self, host: Host, key: int, server: int, at: int) -> Live:
        """A request has begun. Only here are numbers given, so that each has its row."""
        live = Live(self.next_request, host, key, server, at)
        self.next_request += 1
        host.requests[key] = self.live[live.id] = live
        self.load.bucket(server, at).opened += 1
        self.counters.of(server).accepted += 1
        self.touch(live)
        return live

    def close(self, live: Live, state: State, at: int) -> None:
        """The request is over."""
        live.state, live.closed = state, max(at, live.opened)
        for started, code in live.running or ():
            self.pending.stages += (live.id, code, started, live.closed, None)
        live.running = None
        live.host.requests.pop(live.key, None)
        live.host.closed[live.key] = live
        self.live.pop(live.id, None)
        bucket = self.load.bucket(live.server, live.closed)
        lasted = live.closed - live.opened
        if live.pauses is not None:
            lasted = max(0, lasted - sum(until - since for since, until in live.pauses))
        bucket.closed += 1
        bucket.failed += state in FAILED_STATES
        bucket.durations.append(lasted)
        self.counters.of(live.server).ends[state] += 1
        self.pending.whole.append((live.server, lasted))
        self.touch(live)

    def hold(self, request: int, place: str, since: int) -> None:
        """A live request is held at a gate."""
        live = self.live.get(request)
        if live is not None and not live.paused and not _knows(live, since):
            live.paused = since
            live.touched |= Means.PAUSED.bit
            self.pending.interferences.append((request, Means.PAUSED, since, GOES_ON, place))
            self.touch(live)

    def let_go(self, request: int, since: int) -> None:
        """It is held no longer. For how long it was is told by its host, unless that was killed."""
        live = self.live.get(request)
        if live is not None:
            live.paused = 0
            self.touch(live)
        self.pending.let_go.append((request, since))

    def held(self, request: int, place: str, since: int, until: int) -> None:
        """A request goes on whose host does not tell it: a debugger held it."""
        live = self.live.get(request)
        self.let_go(request, since)
        if live is not None:
            self.was_held(live, since, until)
        self.pending.interferences.append((request, Means.PAUSED, until, until - since, place))

    def was_held(self, live: Live, since: int, until: int) -> None:
        """The host tells it; time spent so is nobody's work."""
        live.pauses = [*(live.pauses or ()), (since, until)]
        if live.paused and _knows(live, live.paused):
            self.let_go(live.id, live.paused)  # whoever else would say so may have no time left to

    def kill(self, live: Live, failure: Failure, at: int) -> None:
        """Who served the request has died."""
        self.add_failure(live.server, live.id, live.stage, at, failure)
        live.error, live.message = failure.headline
        self.close(live, State.KILLED, at)

    def touch(self, live: Live) -> None:
        """The request's row has to be written."""
        if not live.dirty:
            live.dirty = True
            self.pending.requests.append(live)

    def runs(self, live: Live, code: int, started: int) -> None:
        """This stage has begun."""
        self.pending.running.append((live.id, code, started))
        if live.closed is None:
            live.running = live.running or {}
            live.running[started, code] = None

    def count_bytes(self, live: Live, sent: bool, at: int, size: int) -> None:
        """Add to the request's and the second's sums."""
        bucket, counters = self.load.bucket(live.server, at), self.counters.of(live.server)
        if sent:
            live.bytes_out += size
            bucket.bytes_out += size
            counters.bytes_out += size
        else:
            live.bytes_in += size
            bucket.bytes_in += size
            counters.bytes_in += size

    def add_slow(self, live: Live, stage: int, started: int, at: int, allowed: int, detail: str) -> None:
        """A stage of a request lasts too long."""
        live.slow = live.slow or stage
        self.pending.slow.append((live.id, stage, started, at, allowed, detail))
        self.touch(live)

    def add_failure(self, server: int, request: int | None, stage: int, at: int, failure: Failure) -> None:
        """Something failed, in a request or outside any."""
        self.pending.failures.append(
            (
                server,
                request,
                stage,
                at,
                failure.type,
                failure.message,
                failure.detail,
                int(failure.cause),
                failure.place,
                failure.signature(stage),
            )
        )


def _knows(live: Live, since: int) -> bool:
    """Whether the host has told already that a pause which began then is over."""
    return any(abs(began - since) < SAME_PAUSE for began, _ in live.pauses or ())
