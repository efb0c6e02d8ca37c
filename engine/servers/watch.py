"""Watches an instance of the standard library's own servers, which nobody rewrote: its steps are wrapped on it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from ..observe import live
from ..observe.observer import Observer
from ..observe.place import Place
from ..observe.request import Request
from ..observe.stages import Stage
from . import pipeline
from .base import BaseServer

S = TypeVar("S")


def watch(server: S, *observers: Observer) -> S:
    """Tell `observers` what happens in `server`, whoever wrote it; more can come by `server.add_observer`.

    Works on instances of the standard library's socketserver and all that derive from it; for our own it is the same
    as `add_observer`. Returns the server.
    """
    if not isinstance(server, BaseServer) and not isinstance(getattr(server, "_ss_place", None), Place):
        _wrap(server)
    for observer in observers:
        server._ss_add_observer(observer)  # type: ignore[attr-defined]  # has been wrapped
    return server


def _wrap(server: Any) -> None:
    place = Place(server)
    server._ss_place = place
    server._ss_accept_failed = lambda error: None
    server._ss_ends_loop = lambda error: not isinstance(error, Exception)
    server._ss_add_observer = place.add
    for name, method in (("add_observer", place.add), ("remove_observer", place.hooks.remove)):
        if not hasattr(server, name):  # else it has a meaning of its own
            setattr(server, name, method)
    server._handle_request_noblock = lambda: _handle(server, place)
    for name, around in _AROUND.items():
        call = getattr(server, name, None)
        if call is not None and not (name == "service_actions" and _is_idle(server)):
            setattr(server, name, around(place, call))
    server.RequestHandlerClass = _handler(place, server.RequestHandlerClass)
    place.started()


def _is_idle(server: Any) -> bool:
    """Whether nobody has given its `service_actions` anything to do: then each turn of the loop is no news."""
    plain = next((base for base in type(server).__mro__ if base.__name__ == "BaseServer"), None)
    return type(server).service_actions is getattr(plain, "service_actions", None)


def _handle(server: Any, place: Place) -> None:
    place.started()
    pipeline.handle(server, place)


def _handler(place: Place, cls: Callable[..., Any]) -> Callable[..., Any]:
    """Makes handlers of the same class, with their three steps timed."""
    if not isinstance(cls, type):
        return cls

    @wraps(cls, updated=())
    def make(given: Any, address: Any, server: Any) -> Any:
        request = live.current.get(live.get_ident())
        if request is None or request.place is not place or request.stage is not pipeline.FINISH_REQUEST:
            return cls(given, address, server)
        handler = cls.__new__(cls)  # type: ignore[call-overload]  # some class, not `type`
        for name, stage in _STEPS.items():
            setattr(handler, name, _step(request, stage, getattr(handler, name)))
        handler.__init__(given, address, server)  # the steps have to be wrapped before it
        return handler

    return make


def _step(request: Request, stage: Stage, call: Callable[[], None]) -> Callable[[], None]:
    return lambda: request.run(stage, call)


_STEPS = {"setup": Stage.SETUP, "handle": Stage.HANDLE, "finish": Stage.FINISH}


def _finish_request(place: Place, call: Callable[..., None]) -> Callable[..., None]:
    def finish_request(given: Any, address: Any) -> None:
        request = live.find(given)
        if request is None or request.stage >= Stage.FINISH_REQUEST:
            return call(given, address)
        if request.acceptor.pid != os.getpid():
            place.enter_child(request)
        return pipeline.finish_for_user(request, call, given, address)

    return finish_request


def _shutdown_request(place: Place, call: Callable[..., None]) -> Callable[..., None]:
    def shutdown_request(given: Any) -> None:
        request = live.find(given)
        if request is None or request.stage is Stage.SHUTDOWN_REQUEST:
            return call(given)
        try:
            pipeline.shut_for_user(request, call, given)
        finally:
            if request.acceptor.pid != os.getpid():
                place.leave_child()
        return None

    return shutdown_request


def _process_request(place: Place, call: Callable[..., None]) -> Callable[..., None]:
    def process_request(given: Any, address: Any) -> None:
        request = live.find(given)
        server = place.hooks.server
        before = set(getattr(server, "active_children", None) or ())
        call(given, address)
        born = set(getattr(server, "active_children", None) or ()) - before
        if request is not None and born:
            live.forget(request)
            place.children |= {pid: place.child_worker(request, pid) for pid in born}

    return process_request


def _process_request_thread(place: Place, call: Callable[..., None]) -> Callable[..., None]:
    def process_request_thread(given: Any, address: Any) -> None:
        request = live.find(given)
        if request is None:
            return call(given, address)
        request.stage = Stage.QUEUE
        worker = place.new_worker()
        request.taken(worker)
        try:
            call(given, address)
        finally:
            request.close()
            worker.end()
        return None

    return process_request_thread


def _collect_children(place: Place, call: Callable[..., None]) -> Callable[..., None]:
    def collect_children(**how: Any) -> None:
        statuses = {pid: _status_of(pid, wait=bool(how.get("blocking"))) for pid in place.children}
        call(**how)
        active = place.hooks.server.active_children or ()
        for pid in [pid for pid in place.children if pid not in active]:
            place.children.pop(pid).end(statuses.get(pid, -1))

    return collect_children


def _status_of(pid: int, *, wait: bool) -> int:
    """The wait status of a child that has ended, which stays to be collected; else -1."""
    if not hasattr(os, "waitid"):
        return -1
    try:
        end = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | (0 if wait else os.WNOHANG))
    except OSError:
        return -1
    if end is None:
        return -1
    return end.si_status << 8 if end.si_code == os.CLD_EXITED else end.si_status


def _beside(stage: Stage) -> Callable[[Place, Callable[..., None]], Callable[..., None]]:
    """A step that belongs to no request."""
    return lambda place, call: lambda: pipeline.beside(place, stage, call)


def _handle_error(place: Place, call: Callable[..., None]) -> Callable[..., None]:
    def handle_error(given: Any, address: Any) -> None:
        request = live.find(given)
        if request is None or request.stage is Stage.HANDLE_ERROR:
            return call(given, address)
        return request.run(Stage.HANDLE_ERROR, call, given, address)

    return handle_error


def _server_close(place: Place, call: Callable[..., None]) -> Callable[..., None]:
    def server_close() -> None:
        call()
        place.stopped()

    return server_close


def _server_activate(place: Place, call: Callable[..., None]) -> Callable[..., None]:
    def server_activate() -> None:
        call()
        place.started()

    return server_activate


_AROUND: dict[str, Callable[[Place, Callable[..., None]], Callable[..., None]]] = {
    "finish_request": _finish_request,
    "shutdown_request": _shutdown_request,
    "process_request": _process_request,
    "process_request_thread": _process_request_thread,
    "collect_children": _collect_children,
    "handle_error": _handle_error,
    "handle_timeout": _beside(Stage.HANDLE_TIMEOUT),
    "service_actions": _beside(Stage.SERVICE_ACTIONS),
    "server_close": _server_close,
    "server_activate": _server_activate,
}
