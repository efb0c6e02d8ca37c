"""Datagrams that wait are served one after the other, without asking the selector in between.

That needs a server on which nothing that the user has written would notice it (see `UDPServer`). Where a recorder looks
on, and nobody else, each datagram leaves as one record, made when it has been served. Should that take a while, the
recorder takes the datagram out of its `quiet` ones and tells what there is; then the rest follows in rows.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..observe import tap
from ..observe.addresses import address_text
from ..observe.datagram import Datagram
from ..observe.facts import Kind
from ..observe.identity import identity
from ..observe.live import current
from ..observe.observer import Recording
from ..observe.request import SHORT, Worker, cpu_now, now
from ..observe.rows import DATAGRAM, PIECE, pack, pack_datagram
from ..observe.stages import Stage
from . import pipeline, recorded
from .handlers import is_bare
from .pipeline import (
    FINISH,
    FINISH_REQUEST,
    GET_REQUEST,
    HANDLE,
    PROCESS_REQUEST,
    SETUP,
    SHUTDOWN_REQUEST,
    VERIFY_REQUEST,
)

if TYPE_CHECKING:
    from ..observe.place import Place
    from .loops import Loop
    from .udp import UDPServer

DONTWAIT = int(getattr(socket, "MSG_DONTWAIT", 0))
_FLAGS = DONTWAIT | (int(socket.MSG_TRUNC) if sys.platform == "linux" else 0)
"""On Linux with MSG_TRUNC: the size is the true one, even if the datagram is cut."""
_KNOWN = 1024
"""Addresses, at most, of which the text is remembered."""
_new, _receive_into = object.__new__, socket.socket.recvfrom_into


def serve_waiting(server: UDPServer, loop: Loop, count: int, *, plain: bool) -> bool:
    """Serve datagrams, `count` at most, and return whether there are no more for now. Nobody looks on.

    `plain`: nothing stands between a datagram and its handler.
    """
    sock, limit, make = server.socket, server.max_packet_size, server.RequestHandlerClass
    serve, receive = _serve_verified if not plain else _serve_bare if is_bare(make) else _serve_plain, sock.recvfrom
    for _ in range(count):
        try:
            data, address = receive(limit, DONTWAIT)
        except BlockingIOError:
            return True
        except OSError as error:
            server._ss_accept_failed(error)
            return False
        try:
            serve(server, make, (data, sock), address)
        except BaseException as error:
            if not plain or server._ss_ends_loop(error):
                raise
            server.handle_error((data, sock), address)
        if server._ss_stopping or loop.nudged:
            return False
    return False


def _serve_bare(server: Any, make: Any, request: Any, client_address: Any) -> None:
    """Do what the handler's constructor does: that saves a fifth."""
    handler = _new(make)
    handler.request, handler.client_address, handler.server = request, client_address, server
    handler.setup()
    try:
        handler.handle()
    finally:
        handler.finish()


def _serve_plain(server: Any, make: Any, request: Any, client_address: Any) -> None:
    make(request, client_address, server)


def _serve_verified(server: Any, make: Any, request: Any, client_address: Any) -> None:
    if server.verify_request(request, client_address):
        server._ss_process(request, client_address)
    else:
        server._ss_dispose(request)


class Recorded:
    """Serves a server's datagrams that wait, told to a recorder."""

    def __init__(self, server: UDPServer, place: Place, recorder: Recording) -> None:
        self.recorder = recorder
        self._server = server
        self._place = place
        self._buffer = bytearray()
        self._known: dict[Any, bytes] = {}

    def serve(self, loop: Loop, count: int, *, plain: bool) -> bool:
        """As `serve_waiting`; `plain`: nothing stands between a datagram and its handler."""
        server, place, recorder, sock = self._server, self._place, self.recorder, self._server.socket
        worker, make, limit = place.here(), server.RequestHandlerClass, server.max_packet_size
        if not worker.told:
            worker.start()
        if len(self._buffer) != limit:
            self._buffer = bytearray(limit)
        tap.attach(sock)
        buffer, view = self._buffer, memoryview(self._buffer)
        most = min(limit, PIECE) if plain and is_bare(make) and recorder.payload_limit >= PIECE else -1
        worker.clock, worker.at = cpu_now(), now()  # it may have slept
        outer, slot = current.get(worker.ident), recorder.lend_slot()
        begin, end = recorder.noting(slot, place.number, worker.pid, worker.thread)
        try:
            for _ in range(count):
                asked = now()
                try:
                    size, address = _receive_into(sock, buffer, limit, _FLAGS)  # past the tap
                except BlockingIOError:
                    return True
                except OSError as error:
                    server._ss_accept_failed(error)
                    return False
                given = bytes(view[:size]), sock
                if size <= most:
                    self._serve_one(make, worker, given, address, asked, begin)
                    end()
                else:
                    place.datagram_size = size
                    recorded.admit(server, worker, given, address, asked)
                if server._ss_stopping or loop.nudged or place.hooks.recorder is not recorder:
                    return False
            return False
        finally:
            recorder.take_slot_back(slot)
            current.pop(worker.ident, None)
            if outer is not None:
                current[worker.ident] = outer

    def _serve_one(
        self, make: Any, worker: Worker, given: tuple[bytes, Any], address: Any, asked: int, begin: Callable[..., None]
    ) -> None:
        came = now()
        recorder, place, ident, own = self.recorder, self._place, worker.ident, next(identity.requests)
        request = Datagram(place, worker, own, given, address, asked, came)
        ends, data = self._known.get(address) or self._learn(address), given[0]
        current[ident] = recorder.quiet[ident] = request
        begin(own, came, asked, ends, data)
        if recorder.asleep:
            recorder.wake()
        handler = _new(make)
        handler.request, handler.client_address, handler.server = given, address, self._server
        ready = handled = 0
        try:
            handler.setup()
            request.since = ready = now()
            request.stage = HANDLE
            try:
                handler.handle()
            except BaseException as error:
                request.fail(HANDLE, error)
                raise
            finally:
                request.since = handled = now()
                request.stage = FINISH
                handler.finish()
        except BaseException as error:
            return self._failed(request, error, (came, ready, handled, now()))
        finished = now()
        if finished - came > SHORT or recorder.quiet.pop(ident, None) is None:
            return self._tell(request, (came, ready, handled, finished))
        answered, answer = request.answers.pop() if request.answers else (0, b"")
        return recorder.journal(
            pack_datagram(
                12 if answered else 11, DATAGRAM, 0, len(ends) + len(data) + len(answer), own, place.number,
                worker.thread, asked, came, ready, handled, finished, answered, len(ends), len(data),
            ) + ends + data + answer
        )  # fmt: skip

    def _learn(self, address: Any) -> bytes:
        """The two ends, as REQUEST_OPENED has them."""
        if len(self._known) >= _KNOWN:
            self._known.clear()
        ends = f"{address_text(address)}\0{self._place.local}".encode("utf-8", "backslashreplace")
        self._known[address] = ends
        return ends

    def _tell(self, request: Datagram, times: tuple[int, int, int, int]) -> None:
        """In rows, what has taken long, or has been told in part."""
        self._tell_stages(request, times)
        if not request.closed:  # else user code has shut it, and that has been told
            finished = times[-1]
            request.settle(finished)
            self._stage(request, SHUTDOWN_REQUEST, finished, finished, 0)
            closed = pack(Kind.REQUEST_CLOSED, request.id, request.outcome or 0, request.thread, finished, 0, 0, b"")
            self.recorder.journal(closed)
        self.recorder.over(request)

    def _tell_stages(self, request: Datagram, times: tuple[int, int, int, int]) -> None:
        came, ready, handled, finished = times
        worker, asked = request.acceptor, request.opened
        before = worker.clock + came - worker.at
        worker.clock, worker.at = cpu_now(), finished
        spent = max(worker.clock - before, 0)
        self.recorder.speak_up(request)
        self._stage(request, GET_REQUEST, asked, came, came - asked)
        self._stage(request, VERIFY_REQUEST, came, came, 0)
        self._stage(request, SETUP, came, ready or finished, min(spent, (ready or finished) - came))
        if ready:
            self._stage(request, HANDLE, ready, handled, min(spent, handled - ready))
            self._stage(request, FINISH, handled, finished, min(spent, finished - handled))
        for stage in (FINISH_REQUEST, PROCESS_REQUEST):
            self._stage(request, stage, came, finished, min(spent, finished - came))

    def _stage(self, request: Datagram, stage: Stage, started: int, ended: int, cpu: int) -> None:
        self.recorder.journal(pack(Kind.STAGE, request.id, stage, request.thread, started, ended, cpu, b""))

    def _failed(self, request: Datagram, error: BaseException, times: tuple[int, int, int, int]) -> None:
        """A stage has raised `error`, which is being handled."""
        request.fail(request.stage, error)
        self._tell_stages(request, times)
        request.since, request.stage = 0, FINISH_REQUEST
        try:
            pipeline.give_up(self._server, request, error)
        finally:
            self.recorder.over(request)
