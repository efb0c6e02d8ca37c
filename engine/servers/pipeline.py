"""The steps of socketserver's pipeline as they are when somebody watches: the same calls, timed and told.

The calls are timed where they are made, so that a subclass that overrides a step without `super()` is still seen. Two
steps, `finish_request` and `shutdown_request`, are often called by user code (a pool in `process_request`, say): their
base methods come here too, and do nothing when the call site has done it already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..observe import live, tap
from ..observe.facts import Outcome
from ..observe.place import Place
from ..observe.request import Request, Worker, cpu_now, now
from ..observe.stages import Stage
from .connections import discard

GET_REQUEST = Stage.GET_REQUEST
VERIFY_REQUEST = Stage.VERIFY_REQUEST
PROCESS_REQUEST = Stage.PROCESS_REQUEST
QUEUE = Stage.QUEUE
FINISH_REQUEST = Stage.FINISH_REQUEST
SETUP = Stage.SETUP
HANDLE = Stage.HANDLE
FINISH = Stage.FINISH
SHUTDOWN_REQUEST = Stage.SHUTDOWN_REQUEST
HANDLE_ERROR = Stage.HANDLE_ERROR


def handle(
    server: Any, place: Place, acceptor: Worker | None = None, accept: Callable[[], tuple[Any, Any]] | None = None
) -> None:
    """The accepting thread's share: accept, verify, and process or reject.

    `accept` does what `get_request` does, where that is not to be called.
    """
    if acceptor is None:
        acceptor = place.here()
    request = Request(place, acceptor)
    started = now()
    acceptor.clock, acceptor.at = cpu_now(), started
    try:
        actor, accept = place.hooks.actor, accept or server.get_request
        given, address = accept() if actor is None else actor.accept(place, accept)
    except OSError as error:
        server._ss_accept_failed(error)
        return None
    except BaseException as error:
        request.fail(GET_REQUEST, error)
        raise
    place.open(request, given, address, started)
    if actor is not None:
        actor.admitted(request)
        if actor.parks(request, VERIFY_REQUEST, lambda: verify(server, request)):
            return None
    return verify(server, request)


def verify(server: Any, request: Request) -> None:
    """`verify_request`, and what follows from it."""
    try:
        verified = request.run(VERIFY_REQUEST, server.verify_request, request.given, request.address)
    except BaseException:
        shut(server, request)
        raise
    if not verified:
        request.outcome = request.outcome or Outcome.REJECTED
        return shut(server, request)
    actor = request.hooks.actor
    if actor is not None and actor.parks(request, PROCESS_REQUEST, lambda: process(server, request)):
        return None
    return process(server, request)


def process(server: Any, request: Request) -> None:
    """`process_request`, in the accepting thread."""
    try:
        request.run(PROCESS_REQUEST, server.process_request, request.given, request.address)
    except BaseException as error:
        return give_up(server, request, error)
    if request.outcome is not None and request.worker is None:  # ended by the one who acts: nobody else will
        return shut(server, request)
    return let_go(request)


def give_up(server: Any, request: Request, error: BaseException) -> None:
    """`process_request` has raised `error`, which is being handled: report it, or if it is no Exception, raise it."""
    try:
        if server._ss_ends_loop(error):
            raise error
        report(server, request.given, request.address, request)
    finally:
        shut(server, request)


def let_go(request: Request) -> None:
    """After `process_request`: if none of our workers has the request, the end of its socket will close it."""
    if request.worker is None and request.stage is PROCESS_REQUEST:
        request.held = False
        tap.loosen(request.given)


def report(server: Any, given: Any, address: Any, request: Request | None) -> None:
    """`handle_error`, about the exception that is being handled."""
    if request is None:
        server.handle_error(given, address)
    else:
        request.run(HANDLE_ERROR, server.handle_error, given, address)


def shut(server: Any, request: Request) -> None:
    """`shutdown_request`, and with it the request's end."""
    try:
        request.run(SHUTDOWN_REQUEST, server.shutdown_request, request.given)
    except BaseException:
        discard(request.given)
        raise
    finally:
        request.close()


def serve(server: Any, request: Request) -> None:
    """Without mix-in: the accepting thread is the worker. What goes wrong is the accepting step's affair."""
    request.taken(request.acceptor)
    finish(request, server.finish_request, request.given, request.address)
    shut(server, request)


def work(server: Any, request: Request) -> None:
    """A worker's share, in a thread of its own."""
    try:
        finish(request, server.finish_request, request.given, request.address)
    except Exception:
        report(server, request.given, request.address, request)
    finally:
        shut(server, request)


def finish(request: Request, call: Callable[..., object], *arguments: Any) -> None:
    """`finish_request`, with the request known as this thread's own."""
    ident = live.get_ident()
    outer = live.current.get(ident)
    live.current[ident] = request
    try:
        request.run(FINISH_REQUEST, call, *arguments)
    finally:
        if outer is None:
            del live.current[ident]
        else:
            live.current[ident] = outer


def finish_for_user(request: Request, call: Callable[..., object], *arguments: Any) -> None:
    """`finish_request` called by user code, maybe in a thread that we have never heard of."""
    if request.worker is None:
        place = request.place
        same = live.get_ident() == request.acceptor.ident
        if not same:
            request.stage = QUEUE
        request.taken(request.acceptor if same else place.foreign_worker())
    try:
        finish(request, call, *arguments)
    finally:
        _close_if_gone(request)


def shut_for_user(request: Request, call: Callable[..., object], *arguments: Any) -> None:
    """`shutdown_request` called by user code: the request's end."""
    try:
        request.run(SHUTDOWN_REQUEST, call, *arguments)
    finally:
        request.close()


def _close_if_gone(request: Request) -> None:
    given = request.given
    gone = isinstance(given, tuple) or given.fileno() < 0
    if gone and not request.held:
        request.close()


def run_handler(request: Request, handler: Any) -> None:
    """The three steps of a handler."""
    request.run(SETUP, handler.setup)
    if request.hooks.recorder is not None:  # else its hook has told it
        request.hooks.recorder.handle_started(request, now())
    try:
        request.run(HANDLE, handler.handle)
    finally:
        request.run(FINISH, handler.finish)


def beside(place: Place, stage: Stage, call: Callable[[], None]) -> None:
    """A step that belongs to no request: `service_actions`, `handle_timeout`."""
    place.itself().run(stage, call)
