"""The pipeline where a recorder looks on, and nobody else: the same calls in the same order, told as rows.

Watching must not slow what is watched. Here the facts of several steps leave as one tuple, without a call a step; that
halves what `pipeline` costs. Whatever is out of the ordinary, it still tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..observe import live
from ..observe.facts import Kind, Outcome
from ..observe.observer import Recording
from ..observe.place import Place
from ..observe.request import SHORT, Request, Worker, cpu_now, now
from ..observe.stages import Stage
from . import pipeline
from .connections import discard
from .pipeline import (
    FINISH,
    FINISH_REQUEST,
    GET_REQUEST,
    HANDLE,
    PROCESS_REQUEST,
    QUEUE,
    SETUP,
    SHUTDOWN_REQUEST,
    VERIFY_REQUEST,
)

STAGE, REQUEST_CLOSED = Kind.STAGE, Kind.REQUEST_CLOSED
WORKER_STARTED, WORKER_ENDED = Kind.WORKER_STARTED, Kind.WORKER_ENDED


def handle(server: Any, place: Place, recorder: Recording) -> None:
    """The accepting thread's share, as `pipeline.handle`."""
    acceptor = place.here()
    request = Request(place, acceptor)
    started = now()
    acceptor.clock, acceptor.at = cpu_now(), started
    try:
        given, address = server.get_request()
    except OSError as error:
        return server._ss_accept_failed(error)  # type: ignore[no-any-return]
    except BaseException as error:
        request.fail(GET_REQUEST, error)
        raise
    accepted = now()
    place.admit(request, given, address, started)
    recorder.request_opened(request)
    if isinstance(given, tuple):
        place.tell_datagram(request, given[0], accepted)
    verifying = now()
    request.since = verifying
    request.stage = VERIFY_REQUEST
    try:
        verified = server.verify_request(given, address)
    except BaseException as error:
        request.fail(VERIFY_REQUEST, error)
        pipeline.shut(server, request)
        raise
    verified_at = now()
    accept_cpu, verify_cpu = accepted - started, verified_at - verifying
    if accept_cpu + verify_cpu > SHORT:
        accept_cpu, verify_cpu = _spent(acceptor, accept_cpu, verify_cpu)
    thread, own = acceptor.thread, request.id
    recorder.journal((
        STAGE, own, GET_REQUEST, thread, started, accepted, accept_cpu, b"",
        STAGE, own, VERIFY_REQUEST, thread, verifying, verified_at, verify_cpu, b"",
    ))  # fmt: skip
    if verified:
        return _process(server, request, recorder)
    request.outcome = Outcome.REJECTED
    return pipeline.shut(server, request)


def _spent(acceptor: Worker, *elapsed: int) -> list[int]:
    """How much of each stage's time can have been CPU time: what the clock says, from when the first began."""
    before = acceptor.clock
    acceptor.clock, acceptor.at = cpu_now(), now()
    return [min(time, acceptor.clock - before) for time in elapsed]


def _process(server: Any, request: Request, recorder: Recording) -> None:
    by = request.acceptor
    started = now()
    clock = by.clock + started - by.at
    request.since = started
    request.stage = PROCESS_REQUEST
    try:
        server.process_request(request.given, request.address)
    except BaseException as error:
        request.fail(PROCESS_REQUEST, error)
        recorder.journal((STAGE, request.id, PROCESS_REQUEST, by.thread, started, now(), -1, b""))
        return pipeline.give_up(server, request, error)
    ended = now()
    cpu = ended - started
    if cpu > SHORT:
        by.clock, by.at = cpu_now(), ended
        cpu = min(max(by.clock - clock, 0), cpu)
    recorder.journal((STAGE, request.id, PROCESS_REQUEST, by.thread, started, ended, cpu, b""))
    if request.worker is None:
        pipeline.let_go(request)
    return None


def lead(server: Any, worker: Worker, recorder: Recording, fetch: Callable[[Any], tuple[Any, Any]]) -> bool:
    """A pool's leader's share, as `handle`; `serve` follows in the same thread. False if nobody has come."""
    started = now()
    if started - worker.at > SHORT:
        worker.clock, worker.at = cpu_now(), started
    place = worker.place
    try:
        given, address = fetch(server)
    except BlockingIOError:
        return False
    except OSError as error:
        server._ss_accept_failed(error)
        return True
    accepted = now()
    request = Request(place, worker)
    place.admit(request, given, address, started)
    recorder.request_opened(request)
    if isinstance(given, tuple):
        place.tell_datagram(request, given[0], accepted)
    thread, own = worker.thread, request.id
    verifying = now()
    request.since = verifying
    request.stage = VERIFY_REQUEST
    try:
        verified = server.verify_request(given, address)
    except BaseException as error:
        request.fail(VERIFY_REQUEST, error)
        pipeline.shut(server, request)
        raise
    ended = now()
    recorder.journal((
        STAGE, own, GET_REQUEST, thread, started, accepted, accepted - started, b"",
        STAGE, own, VERIFY_REQUEST, thread, verifying, ended, ended - verifying, b"",
    ))  # fmt: skip
    if verified:
        _process(server, request, recorder)
    else:
        request.outcome = Outcome.REJECTED
        pipeline.shut(server, request)
    return True


def serve(server: Any, request: Request, worker: Worker, recorder: Recording) -> None:
    """A pool's worker's share, as `pipeline.work`."""
    began = now()
    if began - worker.at > SHORT:
        worker.clock, worker.at = cpu_now(), began
    request.worker = worker
    request.thread = worker.thread
    worker.request = request
    recorder.journal((STAGE, request.id, QUEUE, worker.thread, request.since, began, 0, b""))
    try:
        _finish(server, request, worker, recorder, began)
    finally:
        _shut(server, request, worker, recorder, alone=False)


def work(server: Any, request: Request, recorder: Recording) -> None:
    """A thread's whole life, as `ThreadingMixIn._work` and `pipeline.work`."""
    place = request.place
    worker = place.new_worker()
    request.worker = worker
    request.thread = worker.thread
    worker.request = request
    began = now()
    worker.at = began
    worker.clock = cpu_now()
    thread, own = worker.thread, request.id
    recorder.journal((
        WORKER_STARTED, 0, place.number, thread, began, 0, worker.pid, worker.name.encode("utf-8", "backslashreplace"),
        STAGE, own, QUEUE, thread, request.since, began, 0, b"",
    ))  # fmt: skip
    try:
        _finish(server, request, worker, recorder, began)
    finally:
        _shut(server, request, worker, recorder, alone=True)


def _finish(server: Any, request: Request, worker: Worker, recorder: Recording, began: int) -> None:
    """`finish_request`, and `handle_error` if that fails."""
    clock = worker.clock + began - worker.at
    request.since = began
    request.stage = FINISH_REQUEST
    live.current[worker.ident] = request
    try:
        try:
            server.finish_request(request.given, request.address)
        except BaseException as error:
            request.fail(FINISH_REQUEST, error)
            raise
        finally:
            del live.current[worker.ident]
            ended = now()
            cpu = ended - began
            if cpu > SHORT:
                worker.clock, worker.at = cpu_now(), ended
                cpu = min(max(worker.clock - clock, 0), cpu)
            recorder.journal((STAGE, request.id, FINISH_REQUEST, worker.thread, began, ended, cpu, b""))
    except Exception:
        pipeline.report(server, request.given, request.address, request)


def _shut(server: Any, request: Request, worker: Worker, recorder: Recording, *, alone: bool) -> None:
    """`shutdown_request`, and the request's end; if it is `alone`, the thread's too."""
    started = now()
    request.since = started
    request.stage = SHUTDOWN_REQUEST
    try:
        server.shutdown_request(request.given)
    except BaseException as error:
        request.fail(SHUTDOWN_REQUEST, error)
        discard(request.given)
        raise
    finally:
        _tell_end(request, worker, recorder, started, alone)


def _tell_end(request: Request, worker: Worker, recorder: Recording, started: int, alone: bool) -> None:
    ended = now()
    cpu = ended - started
    if cpu > SHORT:
        cpu = min(max(cpu_now() - worker.clock - (started - worker.at), 0), cpu)
    thread, own, told = worker.thread, request.id, request.closed
    if not told:
        request.settle(ended)
    recorder.journal((
        WORKER_ENDED, 0, request.place.number, thread, ended, 0, -1, b"",
        STAGE, own, SHUTDOWN_REQUEST, thread, started, ended, cpu, b"",
        REQUEST_CLOSED, own, request.outcome, thread, ended, 0, 0, b"",
    )[0 if alone else 8 : 8 if told else 24])  # fmt: skip
    recorder.over(request)


def run_handler(request: Request, handler: Any, recorder: Recording) -> None:
    """The three steps of a handler, as `pipeline.run_handler`."""
    by = request.worker or request.acceptor
    _step(request, by, recorder, SETUP, handler.setup)
    recorder.handle_started(request, now())
    try:
        _step(request, by, recorder, HANDLE, handler.handle)
    finally:
        _step(request, by, recorder, FINISH, handler.finish)


def _step(request: Request, by: Worker, recorder: Recording, stage: Stage, call: Callable[[], object]) -> None:
    """As `Request.run`, in a worker."""
    started = now()
    clock = by.clock + started - by.at
    request.since = started
    request.stage = stage
    try:
        call()
    except BaseException as error:
        request.fail(stage, error)
        raise
    finally:
        ended = now()
        request.since = 0
        cpu = ended - started
        if cpu > SHORT:
            by.clock, by.at = cpu_now(), ended
            cpu = min(max(by.clock - clock, 0), cpu)
            recorder.wake()
        recorder.journal((STAGE, request.id, stage, by.thread, started, ended, cpu, b""))
