"""The pipeline where a recorder looks on, and nobody else: the same calls in the same order, told as records.

Watching must not slow what is watched. Here the times of several steps leave as one record, without a call a step;
that takes a third of what `pipeline` does. Whatever is out of the ordinary, it still tells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..observe.facts import Kind, Outcome
from ..observe.live import current
from ..observe.observer import Recording
from ..observe.place import Place
from ..observe.request import SHORT, Request, Worker, cpu_now, now
from ..observe.rows import BEGUN, PLAIN, RETIRED, SERVED, pack, pack_begun, pack_plain, pack_served
from . import pipeline
from .connections import discard
from .handling import ALL, spent_in
from .pipeline import (
    FINISH_REQUEST,
    GET_REQUEST,
    PROCESS_REQUEST,
    SHUTDOWN_REQUEST,
    VERIFY_REQUEST,
)

STAGE, REQUEST_CLOSED = Kind.STAGE, Kind.REQUEST_CLOSED
WORKER_STARTED, WORKER_ENDED = Kind.WORKER_STARTED, Kind.WORKER_ENDED
_STAGE, _PROCESS_REQUEST = int(STAGE), int(PROCESS_REQUEST)
"""Plain ints are packed faster."""


def handle(server: Any, place: Place, recorder: Recording) -> None:
    """The accepting thread's share, as `pipeline.handle`."""
    acceptor = place.here()
    asked = now()
    if asked - acceptor.at > SHORT:  # it may have slept
        acceptor.clock, acceptor.at = cpu_now(), asked
    try:
        given, address = server.get_request()
    except OSError as error:
        return server._ss_accept_failed(error)  # type: ignore[no-any-return]
    except BaseException as error:
        Request(place, acceptor).fail(GET_REQUEST, error)
        raise
    return admit(server, acceptor, recorder, given, address, asked)


def lead(server: Any, worker: Worker, recorder: Recording, fetch: Callable[[Any], tuple[Any, Any]]) -> bool:
    """A pool's leader's share, as `handle`; `serve` follows in the same thread. False if nobody has come."""
    asked = now()
    if asked - worker.at > SHORT:  # it may have slept
        worker.clock, worker.at = cpu_now(), asked
    try:
        given, address = fetch(server)
    except BlockingIOError:
        return False
    except OSError as error:
        server._ss_accept_failed(error)
        return True
    admit(server, worker, recorder, given, address, asked)
    return True


def admit(server: Any, acceptor: Worker, recorder: Recording, given: Any, address: Any, asked: int) -> None:
    """A request has come in: verify it, and process or reject."""
    came = now()
    place = acceptor.place
    request = Request(place, acceptor)
    place.admit(request, given, address, asked)
    if type(given) is tuple:
        recorder.request_opened(request)
        place.tell_datagram(request, given[0], came)
        ends = b""
    else:
        ends = recorder.begin(request)
    request.since = verifying = now()
    request.stage = VERIFY_REQUEST
    try:
        verified = server.verify_request(given, address)
    except BaseException as error:
        _tell_begun(request, recorder, came, verifying, now())
        request.fail(VERIFY_REQUEST, error)
        pipeline.shut(server, request)
        raise
    ended = now()
    if ended - asked <= SHORT and ends:
        recorder.journal(
            pack_begun(3, BEGUN, 0, len(ends), request.id, place.number, acceptor.thread, asked, came, verifying, ended)
            + ends
        )
        request.begun = True
    else:
        _tell_begun(request, recorder, came, verifying, ended)
    if not verified:
        request.outcome = Outcome.REJECTED
        return pipeline.shut(server, request)
    return _process(server, request, recorder, ended)


def _tell_begun(request: Request, recorder: Recording, came: int, verifying: int, verified: int) -> None:
    """What a record of the usual shape does not tell: something took long, or it is a datagram."""
    by, asked = request.acceptor, request.opened
    accept, verify = came - asked, verified - verifying
    if accept + verify > SHORT:
        most = spent_in(by, by.clock + asked - by.at, asked, verified)
        accept, verify = min(accept, most), min(verify, most)
    if not request.begun:
        recorder.tell_opened(request)
    recorder.journal(pack(STAGE, request.id, GET_REQUEST, by.thread, asked, came, accept, b""))
    recorder.journal(pack(STAGE, request.id, VERIFY_REQUEST, by.thread, verifying, verified, verify, b""))


def _process(server: Any, request: Request, recorder: Recording, started: int) -> None:
    by = request.acceptor
    clock = by.clock + started - by.at
    request.since = started
    request.stage = PROCESS_REQUEST
    try:
        server.process_request(request.given, request.address)
    except BaseException as error:
        request.fail(PROCESS_REQUEST, error)
        recorder.journal(pack(STAGE, request.id, PROCESS_REQUEST, by.thread, started, now(), -1, b""))
        return pipeline.give_up(server, request, error)
    ended = now()
    cpu = ended - started
    if cpu > SHORT:
        cpu = spent_in(by, clock, started, ended)
    recorder.journal(
        pack_plain(1, PLAIN, 0, 0, _STAGE, request.id, _PROCESS_REQUEST, by.thread, started, ended, cpu)
    )  # fmt: skip
    if request.stage is PROCESS_REQUEST:  # nobody of ours has it
        pipeline.let_go(request)
    return None


def serve_here(server: Any, request: Request, recorder: Recording) -> None:
    """Without mix-in, as `pipeline.serve`."""
    worker = request.acceptor
    if not worker.told:
        worker.start()
    request.worker = worker
    outer = current.get(worker.ident)
    try:
        _work(server, request, worker, recorder, 0, now())
    finally:
        if outer is not None:  # a handler serves another server
            current[worker.ident] = outer


def serve(server: Any, request: Request, worker: Worker, recorder: Recording) -> None:
    """A pool's worker's share, as `pipeline.work`."""
    taken = now()
    if taken - worker.at > SHORT:  # it may have slept
        worker.clock, worker.at = cpu_now(), taken
    request.worker = worker
    request.thread = worker.thread
    _work(server, request, worker, recorder, request.since, taken)


def work(server: Any, request: Request, recorder: Recording) -> None:
    """A thread's whole life, as `ThreadingMixIn._work` and `pipeline.work`."""
    place = request.place
    worker = place.new_worker()
    request.worker = worker
    request.thread = worker.thread
    worker.at = taken = now()  # its CPU time, so far, is too short to be asked for
    name = worker.name.encode("utf-8", "backslashreplace")
    recorder.journal(pack(WORKER_STARTED, 0, place.number, worker.thread, taken, 0, worker.pid, name))
    _work(server, request, worker, recorder, request.since, taken, alone=True)


def _work(
    server: Any, request: Request, worker: Worker, recorder: Recording, queued: int, taken: int, alone: bool = False
) -> None:
    """`finish_request` and `shutdown_request`; `alone`: for one request, and then the thread ends."""
    clock, ident = worker.clock + taken - worker.at, worker.ident
    steps = request.steps = [queued, taken]
    request.since = taken
    request.stage = FINISH_REQUEST
    current[ident] = request
    try:
        server.finish_request(request.given, request.address)
    except BaseException as error:
        del current[ident]
        return _failed(server, request, recorder, error, (clock, taken, now()), alone)
    del current[ident]
    left = now()
    cpu = left - taken
    if cpu > SHORT:
        cpu = spent_in(worker, clock, taken, left)
    request.since = left
    request.stage = SHUTDOWN_REQUEST
    try:
        server.shutdown_request(request.given)
    except BaseException as error:
        _not_shut(request, recorder, error, cpu, left, alone)
        raise
    over = now()
    spent = over - left
    if spent > SHORT:
        spent = spent_in(worker, worker.clock + left - worker.at, left, over)
    if request.closed or request.steps_told or len(steps) != ALL:
        return _tell_end(request, recorder, cpu, (left, over, spent), alone)
    request.settle(over)
    recorder.journal(
        pack_served(
            8 if alone else 7 if queued else 6, RETIRED if alone else SERVED, 0, 0,
            request.id, worker.place.number, worker.thread, request.outcome, *steps, left, cpu, over, spent,
        )
    )  # fmt: skip
    return recorder.over(request)


def _not_shut(request: Request, recorder: Recording, error: BaseException, cpu: int, started: int, alone: bool) -> None:
    """`shutdown_request` has raised `error`, which is being handled. `cpu`: as for `_tell_end`."""
    ended = now()
    request.fail(SHUTDOWN_REQUEST, error)
    discard(request.given)
    _tell_end(request, recorder, cpu, (started, ended, min(ended - started, SHORT)), alone)


def _failed(
    server: Any, request: Request, recorder: Recording, error: BaseException, times: tuple[int, int, int], alone: bool
) -> None:
    """`finish_request` has raised `error`, which is being handled. `times`: the CPU time before, its start and end."""
    worker, (clock, taken, left) = request.by(FINISH_REQUEST), times
    cpu = spent_in(worker, clock, taken, left)
    recorder.journal(pack(STAGE, request.id, FINISH_REQUEST, worker.thread, taken, left, cpu, b""))
    request.fail(FINISH_REQUEST, error)
    if not request.steps[0]:  # it was never queued: what goes wrong is the accepting step's affair
        for record in recorder.steps_not_told(request):
            recorder.journal(record)
        raise error
    try:
        if not isinstance(error, Exception):
            raise error
        pipeline.report(server, request.given, request.address, request)
    finally:
        request.since = started = now()
        request.stage = SHUTDOWN_REQUEST
        try:
            server.shutdown_request(request.given)
        except BaseException as second:
            _not_shut(request, recorder, second, -1, started, alone)
            raise
        over = now()
        spent = spent_in(worker, worker.clock + started - worker.at, started, over)
        _tell_end(request, recorder, -1, (started, over, spent), alone)


def _tell_end(
    request: Request, recorder: Recording, finish_request: int, shutdown: tuple[int, int, int], alone: bool
) -> None:
    """What a record of the usual shape does not tell: something failed, or took so long that its steps were told.

    `finish_request`: its CPU time, -1 if that has been told. `shutdown`: when it began and ended, and its CPU time.
    """
    thread, own, (left, over, _) = request.thread, request.id, shutdown
    for record in recorder.steps_not_told(request):
        recorder.journal(record)
    if finish_request >= 0:
        taken = request.steps[1]
        recorder.journal(pack(STAGE, own, FINISH_REQUEST, thread, taken, left, finish_request, b""))
    if alone:
        recorder.journal(pack(WORKER_ENDED, 0, request.place.number, thread, over, 0, -1, b""))
    if not request.closed:  # else user code has shut it, and that has been told
        request.settle(over)
        recorder.journal(pack(STAGE, own, SHUTDOWN_REQUEST, thread, *shutdown, b""))
        recorder.journal(pack(REQUEST_CLOSED, own, request.outcome or 0, thread, over, 0, 0, b""))
    recorder.over(request)
