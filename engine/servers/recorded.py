"""The pipeline of connections where a recorder looks on, and nobody else: the same calls in the same order, but noted.

Watching must not slow what is watched. Here the times of all steps are kept in one list, which leaves when the request
is over, without a call a step; that takes a third of what `pipeline` does. Whatever is out of the ordinary, it tells.
"""

from __future__ import annotations

from collections.abc import Callable
from socket import SHUT_WR
from threading import current_thread, get_ident, get_native_id
from typing import Any

from ..observe.blackbox import TO_STAGE, write_worker
from ..observe.facts import Kind, Outcome
from ..observe.identity import identity
from ..observe.live import current, requests
from ..observe.place import Place
from ..observe.request import SHORT, Request, Worker, cpu_now, now
from ..observe.rows import pack
from ..observe.stream import Stream
from . import pipeline
from .connections import discard
from .handling import ALL, run_handler, spent_in
from .pipeline import (
    FINISH_REQUEST,
    GET_REQUEST,
    HANDLE,
    PROCESS_REQUEST,
    SHUTDOWN_REQUEST,
    VERIFY_REQUEST,
)

STAGE, REQUEST_CLOSED = Kind.STAGE, Kind.REQUEST_CLOSED
FRESH = 1_000_000
"""How long, ns, it is good for to have looked how much CPU time a thread has used that goes from one short request to
the next; and what stands between a request and its handler."""
_new = object.__new__
_VERIFY_REQUEST, _FINISH_REQUEST, _HANDLE = int(VERIFY_REQUEST), int(FINISH_REQUEST), int(HANDLE)


def handle(server: Any, place: Place) -> None:
    """The accepting thread's share, as `pipeline.handle`."""
    acceptor = place.last
    if acceptor.ident != get_ident() or acceptor.pid != identity.pid:
        acceptor = place.here()
    asked = now()
    if asked - acceptor.at > FRESH:  # it may have slept
        acceptor.clock, acceptor.at = cpu_now(), asked
    if asked - place.looked > FRESH:
        place.looked, place.bare = asked, server._ss_bare_handler()
    try:
        given, address = server.get_request()
    except OSError as error:
        return server._ss_accept_failed(error)  # type: ignore[no-any-return]
    except BaseException as error:
        Request(place, acceptor).fail(GET_REQUEST, error)
        raise
    return admit(server, acceptor, given, address, asked)


def lead(server: Any, worker: Worker, fetch: Callable[[Any], tuple[Any, Any]]) -> bool:
    """A pool's leader's share, as `handle`; `serve` follows in the same thread. False if nobody has come."""
    asked, place = now(), worker.place
    if asked - worker.at > FRESH:
        worker.clock, worker.at = cpu_now(), asked
    if asked - place.looked > FRESH:
        place.looked, place.bare = asked, server._ss_bare_handler()
    try:
        given, address = fetch(server)
    except BlockingIOError:
        worker.at = 0  # it is about to sleep
        return False
    except OSError as error:
        server._ss_accept_failed(error)
        return True
    admit(server, worker, given, address, asked)
    return True


def admit(server: Any, acceptor: Worker, given: Any, address: Any, asked: int) -> None:
    """A request has come in: verify it, and process or reject."""
    came = now()
    place = acceptor.place
    recorder = place.hooks.recorder
    if recorder is None or type(given) is tuple:
        return _admit_loudly(server, acceptor, given, address, asked)
    request = Stream(place, recorder, acceptor, given, address, asked)
    recorder.young[request.id] = request
    if recorder.box is not None:
        recorder.box.take(request, acceptor, _VERIFY_REQUEST, came)
    if recorder.asleep:
        recorder.wake()
    request.since = verifying = now()
    request.stage = VERIFY_REQUEST
    try:
        verified = server.verify_request(given, address)
    except BaseException as error:
        request.steps = [asked, came, verifying, now(), -1]
        request.fail(VERIFY_REQUEST, error)
        pipeline.shut(server, request)
        raise
    request.since = started = now()
    spent = -1 if started - asked < SHORT else spent_in(acceptor, acceptor.clock + asked - acceptor.at, asked, started)
    request.steps = [asked, came, verifying, started, spent]
    if not verified:
        request.outcome = Outcome.REJECTED
        return pipeline.shut(server, request)
    clock = acceptor.clock + started - acceptor.at
    request.stage = PROCESS_REQUEST
    try:
        server.process_request(given, address)
    except BaseException as error:
        request.given = given  # it may be over by now
        request.fail(PROCESS_REQUEST, error)
        request.processed = now()
        recorder.tell_process(request)
        return pipeline.give_up(server, request, error)
    ended = now()
    if ended - started > SHORT:
        request.process_cpu = spent_in(acceptor, clock, started, ended)
    request.processed = ended
    if request.packed or not request.quiet:  # it may be over by now
        recorder.tell_process(request)
    if request.stage is PROCESS_REQUEST:  # nobody of ours has it
        pipeline.let_go(request)
    return None


def _admit_loudly(server: Any, acceptor: Worker, given: Any, address: Any, asked: int) -> None:
    """A datagram; or somebody else has begun to look on just now."""
    request = Request(acceptor.place, acceptor)
    acceptor.place.open(request, given, address, asked)
    pipeline.verify(server, request)


def serve_here(server: Any, request: Stream) -> None:
    """Without mix-in, as `pipeline.serve`."""
    worker = request.acceptor
    if not worker.told:
        worker.start()
    outer = current.get(worker.ident)
    try:
        _work(server, request, worker, 0, now())
    finally:
        if outer is not None:  # a handler serves another server
            current[worker.ident] = outer


def serve(server: Any, request: Stream, worker: Worker) -> None:
    """A pool's worker's share, as `pipeline.work`."""
    taken = now()
    if taken - worker.at > FRESH or worker is not request.acceptor:  # it may have slept
        worker.clock, worker.at = cpu_now(), taken
    _work(server, request, worker, request.since, taken)


def work(server: Any, request: Stream) -> None:
    """A thread's whole life, as `ThreadingMixIn._work` and `pipeline.work`."""
    worker = Worker(request.place, get_ident(), get_native_id(), current_thread().name)
    worker.at = taken = now()  # its CPU time, so far, is too short to be asked for
    try:
        _work(server, request, worker, request.since, taken)
    finally:
        if not request.quiet:
            worker.end()


def _work(server: Any, request: Stream, worker: Worker, queued: int, taken: int) -> None:
    """`finish_request` and `shutdown_request`. A worker that has not been told of serves this request alone."""
    recorder, ident, clock = request.recorder, worker.ident, worker.clock + taken - worker.at
    request.worker = worker
    request.thread = worker.thread
    steps = request.steps
    steps += queued, taken
    request.since = taken
    request.stage = FINISH_REQUEST
    if not request.quiet:
        recorder.go_on(request)
    given, make = request.given, request.place.bare
    bare = make is not None and make is server.RequestHandlerClass
    spot = request.spot
    if spot >= 0 and (bare or worker is not request.acceptor):
        stage = _HANDLE if bare else _FINISH_REQUEST
        write_worker(recorder.memory, spot + TO_STAGE, stage, taken, worker.pid, worker.thread, ident)
    current[ident] = request
    try:
        if bare:  # as its constructor would do
            handler = _new(make)
            handler.request, handler.client_address, handler.server = given, request.address, server
            left = run_handler(request, handler, -1, taken)
        else:
            server.finish_request(given, request.address)
            left = now()
    except BaseException as error:
        del current[ident]
        if _failed(server, request, error, (clock, taken, now())):
            raise  # not there: the exception would keep that call's frame, and the frame the exception
        return None
    del current[ident]
    request.since = left
    request.stage = SHUTDOWN_REQUEST
    try:
        if bare:
            try:  # noqa: SIM105  # as in TCPServer
                given.shutdown(SHUT_WR)
            except OSError:
                pass
            given.close()
        else:
            server.shutdown_request(given)
    except BaseException as error:
        _tell_finish_request(request, clock, taken, left)
        _not_shut(request, error, left)
        raise
    over = now()
    cpu = -1 if over - left < SHORT else spent_in(worker, worker.clock + left - worker.at, left, over)
    whole = len(steps) == ALL
    if whole:
        steps += left, over, cpu
        recorder.file(request)  # before it is no longer young: whoever looks finds it in one of the two
    if not whole or recorder.young.pop(request.id, None) is None:
        _tell_finish_request(request, clock, taken, left)
        return _tell_end(request, left, over, cpu)
    if recorder.early:
        recorder.tell_over(request)
    request.closed = over
    requests.pop(given, None)
    request.given = None  # it may be a while until the record is made, and the socket is to go now
    if spot >= 0:
        request.spot = -1
        recorder.box.free(request.slot)  # type: ignore[union-attr]  # the spot is in it
    if recorder.asleep:
        recorder.wake()
    return None


def _failed(server: Any, request: Stream, error: BaseException, times: tuple[int, int, int]) -> bool:
    """`finish_request` has raised `error`, which is being handled. `times`: the CPU time before, its start and end."""
    request.fail(FINISH_REQUEST, error)
    _tell_finish_request(request, *times)
    if not request.steps[5]:  # it was never queued: what goes wrong is the accepting step's affair
        return True
    worker = request.by(FINISH_REQUEST)
    try:
        if isinstance(error, Exception):
            pipeline.report(server, request.given, request.address, request)
    finally:
        request.since = started = now()
        request.stage = SHUTDOWN_REQUEST
        try:
            server.shutdown_request(request.given)
        except BaseException as second:
            _not_shut(request, second, started)
            raise
        over = now()
        _tell_end(request, started, over, spent_in(worker, worker.clock + started - worker.at, started, over))
    return not isinstance(error, Exception)


def _not_shut(request: Stream, error: BaseException, started: int) -> None:
    """`shutdown_request`, which began then, has raised `error`, which is being handled."""
    ended = now()
    request.fail(SHUTDOWN_REQUEST, error)
    discard(request.given)
    _tell_end(request, started, ended, min(ended - started, SHORT))


def _tell_finish_request(request: Stream, clock: int, started: int, ended: int) -> None:
    """Where there will be no record of all: what there is until now, and `finish_request`. `clock`: CPU time before."""
    recorder = request.recorder
    recorder.go_on(request)
    spent = ended - started
    if spent > SHORT:
        spent = spent_in(request.by(FINISH_REQUEST), clock, started, ended)
    recorder.journal(pack(STAGE, request.id, FINISH_REQUEST, request.thread, started, ended, spent, b""))


def _tell_end(request: Stream, started: int, ended: int, cpu: int) -> None:
    """`shutdown_request` took so long, and so much CPU time: -1 is all of it."""
    recorder, spent = request.recorder, cpu if cpu >= 0 else ended - started
    if not request.closed:  # else user code has shut it, and that has been told
        request.settle(ended)
        recorder.journal(pack(STAGE, request.id, SHUTDOWN_REQUEST, request.thread, started, ended, spent, b""))
        recorder.journal(pack(REQUEST_CLOSED, request.id, request.outcome or 0, request.thread, ended, 0, 0, b""))
    recorder.over(request)
