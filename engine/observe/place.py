"""One watched server: its number, transport and address, its hooks, and the birth of its requests."""

from __future__ import annotations

import json
import os
from threading import current_thread, get_ident, get_native_id
from typing import Any

from . import live, tap
from .addresses import address_text, is_wildcard, peer_process, transport_of
from .hooks import Hooks
from .identity import identity
from .observer import Observer
from .request import SHORT, Request, Worker, cpu_now, now
from .stages import Stage

GET_REQUEST = Stage.GET_REQUEST
requests = live.requests

newcomers: list[Observer] = []
"""Observers of every server that is made from now on; `install` fills it."""


_forks_are_minded = False


def _mind_forks() -> None:
    """Before the first server is watched no forked child has to run any of this: code is what makes a fork dear."""
    global _forks_are_minded
    if _forks_are_minded:
        return
    _forks_are_minded = True
    if identity.pid != os.getpid():
        identity.forked()
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_forked)


def _forked() -> None:
    identity.forked()
    live.keep_own()


class Place:
    """What stays the same for all requests of one watched server."""

    __slots__ = (
        "_foreign", "_pid", "_started", "bare", "children", "datagram_size", "hooks", "last", "local", "looked",
        "number", "transport", "wildcard", "workers",
    )  # fmt: skip

    def __init__(self, server: Any) -> None:
        _mind_forks()
        self.number = next(identity.servers)
        self.hooks = Hooks(server, self.number)
        self.transport = ""
        self.local = ""
        self.wildcard = False
        self.datagram_size = -1
        """True size of the datagram that was read last, -1 if unknown. Set by the accepting thread for itself."""
        self.children: dict[int, Worker] = {}
        """Forked children by pid, where the server itself does not keep them (see servers/watch.py)."""
        self.workers: set[Worker] = set()
        """Threads that live longer than the requests they serve, and have been told of."""
        self.bare: Any = None
        """The class of handlers, if nothing that the user has written stands between a request and its handler."""
        self.looked = 0
        """When that was found out, ns."""
        self._started = False
        self._pid = identity.pid
        self._foreign: dict[int, Worker] = {}
        self.last = Worker(self, ident=0, thread=0, name="")
        """The worker that stood for the thread which asked last."""

    def started(self) -> None:
        """The server listens: learn its address and tell, once."""
        if self._started or not self._learn():
            return
        self._started = True
        if self.hooks.server_started is not None:
            self.hooks.server_started(self.hooks.server)

    def stopped(self) -> None:
        """The server has been closed: tell, once."""
        if not self._started or self._pid != identity.pid:
            return
        self._started = False
        if self.hooks.server_stopped is not None:
            self.hooks.server_stopped(self.hooks.server)

    def _learn(self) -> bool:
        sock = getattr(self.hooks.server, "socket", None)
        try:
            address = sock.getsockname()  # type: ignore[union-attr]  # whatever it is, it may fail
            self.transport = transport_of(sock.family, sock.type)  # type: ignore[union-attr]
        except (AttributeError, OSError):
            return False
        self.wildcard = is_wildcard(address)
        self.local = address_text(address)
        return not (isinstance(address, tuple) and address[1] == 0)

    def describe(self) -> bytes:
        """The JSON object of the fact SERVER_STARTED."""
        server = self.hooks.server
        handler = getattr(server, "RequestHandlerClass", None)
        about = {
            "class": type(server).__name__,
            "concurrency": _concurrency(type(server)),
            "transport": self.transport,
            "address": self.local,
            "handler": getattr(handler, "__qualname__", "") or type(handler).__qualname__,
            "pid": identity.pid,
        }
        return json.dumps(about).encode()

    def add(self, observer: Observer) -> None:
        """Add an observer. It is told first of what it missed: the server, its workers and the requests alive."""
        if observer in self.hooks.observers:
            return
        newcomer = Hooks(self.hooks.server, self.number)
        newcomer.add(observer)
        if self._started and newcomer.server_started is not None:
            newcomer.server_started(self.hooks.server)
        for worker in self.workers.copy():
            if newcomer.worker_started is not None:
                newcomer.worker_started(worker)
        for request in list(live.requests.values()):
            if request.place is self and newcomer.request_opened is not None:
                newcomer.request_opened(request)
        if newcomer.observers:
            self.hooks.add(observer)

    def here(self) -> Worker:
        """The worker that stands for the calling thread."""
        worker = self.last
        if worker.ident != get_ident() or worker.pid != identity.pid:
            self.last = worker = self.new_worker()
        return worker

    def new_worker(self, *, child: bool = False) -> Worker:
        """A worker for the calling thread, not told yet."""
        name = f"child {identity.pid}" if child else current_thread().name
        return Worker(self, get_ident(), get_native_id(), name, child=child)

    def lasting_worker(self) -> Worker:
        """A worker for the calling thread, which will serve many requests and says when it ends; told."""
        worker = self.new_worker()
        self.workers.add(worker)
        worker.start()
        return worker

    def leave(self, worker: Worker) -> None:
        """A lasting worker ends."""
        self.workers.discard(worker)
        worker.end()

    def fork_worker(self) -> Worker:
        """A lasting worker is about to be forked, which accepts requests itself."""
        worker = Worker(self, ident=0, thread=0, name="", child=True)
        for observer in self.hooks.observers:
            observer.forking_worker(worker)
        return worker

    def worker_forked(self, worker: Worker, pid: int) -> None:
        """In the parent: it has been forked."""
        worker.pid = worker.thread = pid
        worker.name = f"worker {pid}"
        self.workers.add(worker)
        worker.start()

    def enter_worker(self, worker: Worker) -> None:
        """In the child: it is this worker."""
        self.workers.clear()
        worker.ident, worker.thread, worker.pid = get_ident(), get_native_id(), identity.pid
        worker.name = f"worker {identity.pid}"
        worker.told = True  # the parent does
        self.last = worker
        for observer in self.hooks.observers:
            observer.entered_worker(worker)

    def worker_collected(self, worker: Worker, status: int) -> None:
        """In the parent: it has ended."""
        self.workers.discard(worker)
        if worker.told:
            worker.end(status)
        for observer in self.hooks.observers:
            observer.worker_collected(worker)

    def foreign_worker(self) -> Worker:
        """The worker that stands for the calling thread, which user code made and uses for many requests."""
        worker = self._foreign.get(get_ident())
        if worker is None or worker.thread != current_thread().native_id:
            if worker is not None:
                worker.end()
            worker = self._foreign[get_ident()] = self.new_worker()
        return worker

    def child_worker(self, request: Request, pid: int) -> Worker:
        """In the parent: a child has been forked to serve `request`."""
        worker = Worker(self, ident=0, thread=pid, name=f"child {pid}", pid=pid, child=True)
        worker.request = request
        request.worker = worker
        worker.start()
        return worker

    def enter_child(self, request: Request) -> None:
        """In the child: it serves `request`, and nothing else."""
        worker = self.new_worker(child=True)
        worker.told = True  # the parent did
        for observer in self.hooks.observers:
            observer.entered_child(request)
        request.taken(worker)

    def leave_child(self) -> None:
        """In the child: it ends now."""
        for observer in self.hooks.observers:
            observer.leaving_child()

    def itself(self) -> Request:
        """Request 0: the server, where no client's request is at work."""
        return Request(self, self.here())

    def _admit(self, request: Request, given: Any, address: Any, started: int) -> None:
        """A request has come in: name it, and tap its socket."""
        request.id = next(identity.requests)
        request.given = request.key = given
        request.address = address
        request.opened = started
        request.local = self.local
        if isinstance(given, tuple):
            request.key = id(given)
            tap.attach(given[1])
            request.peer = address_text(address)
        else:
            tap.attach(given)
            request.peer = address_text(address) or peer_process(given)
            if self.wildcard:
                request.local = address_text(given.getsockname())
        requests[request.key] = request

    def open(self, request: Request, given: Any, address: Any, started: int) -> None:
        """A request has come in: tell."""
        ended = now()
        self._admit(request, given, address, started)
        hooks = self.hooks
        if hooks.request_opened is not None:
            hooks.request_opened(request)
        if hooks.stage_started is not None:
            hooks.stage_started(request, GET_REQUEST, started)
        if hooks.stage_finished is not None:
            self._note_cpu(request.acceptor, started, ended)
            hooks.stage_finished(request, GET_REQUEST, started, ended, None)
        if isinstance(given, tuple):
            self.tell_datagram(request, given[0], ended)

    def _note_cpu(self, by: Worker, started: int, ended: int) -> None:
        by.cpu = ended - started
        if by.cpu >= SHORT:
            before = by.clock + started - by.at
            by.clock, by.at = cpu_now(), ended
            by.cpu = min(max(by.clock - before, 0), ended - started)

    def tell_datagram(self, request: Request, data: bytes, at: int) -> None:
        """The request came with all its bytes."""
        size, self.datagram_size = self.datagram_size, -1
        request.bytes_in = len(data)
        if self.hooks.received is not None:
            self.hooks.received(request, tap.whole_or_cut(data, size), at)


def _concurrency(kind: type) -> str:
    """By the mix-ins it derives from, ours or the standard library's: a class's own name tells nothing."""
    names = {base.__name__ for base in kind.__mro__}
    if "ThreadPoolMixIn" in names:
        return "pool"
    if "PreforkMixIn" in names:
        return "prefork"
    return "forking" if "ForkingMixIn" in names else "threading" if "ThreadingMixIn" in names else "single"
