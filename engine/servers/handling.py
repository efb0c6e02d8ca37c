"""The three steps of a handler where a recorder looks on, and nobody else: timed, and noted in `Stream.steps`."""

from __future__ import annotations

from typing import Any

from ..observe.blackbox import TO_STAGE, write_two
from ..observe.request import SHORT, Request, Worker, cpu_now, now
from . import pipeline
from .pipeline import FINISH, HANDLE, SETUP

TAKEN, ALL = 7, 14
"""Items of Stream.steps when a worker has taken it, and when a handler has gone through all of its stages."""
_HANDLE = int(HANDLE)


def spent_in(by: Worker, clock: int, started: int, ended: int) -> int:
    """CPU time of a stage that was no short one, and began when the thread had used `clock`."""
    by.clock, by.at = cpu_now(), ended
    return min(max(by.clock - clock, 0), ended - started)


def run_handler(request: Request, handler: Any, spot: int, began: int) -> int:
    """The three steps of a handler, which began just now, as `pipeline.run_handler`.

    `spot`: where to note that `handle` begins, or -1. Returns when the last had ended.
    """
    steps, by = request.steps, request.worker
    if len(steps) != TAKEN or by is None:  # it is not the first handler of this request, or none of our doing
        pipeline.run_handler(request, handler)
        return now()
    request.since = began
    request.stage = SETUP
    try:
        handler.setup()
    except BaseException as error:
        ended = now()
        request.since = 0
        steps += began, ended, spent_in(by, by.clock + began - by.at, began, ended)
        request.fail(SETUP, error)
        raise
    request.since = ready = now()
    request.stage = HANDLE
    if ready - began > SHORT:
        steps += began, ready, spent_in(by, by.clock + began - by.at, began, ready)
    else:
        steps += began, ready, -1
    if spot >= 0:
        write_two(request.recorder.memory, spot + TO_STAGE, _HANDLE, ready)  # type: ignore[union-attr]
    if not request.quiet:
        request.recorder.wake()  # type: ignore[union-attr]  # it may sleep by now, and what follows is user code
    clock, spent = by.clock + ready - by.at, -1
    try:
        handler.handle()
    except BaseException as error:
        request.fail(HANDLE, error)
        raise
    finally:
        request.since = handled = now()
        request.stage = FINISH
        if handled - ready > SHORT:
            spent = spent_in(by, clock, ready, handled)
            request.recorder.wake()  # type: ignore[union-attr]
        steps += handled, spent
        spent = -1
        try:
            handler.finish()
        except BaseException as error:
            request.fail(FINISH, error)
            raise
        finally:
            ended = now()
            if ended - handled > SHORT:
                spent = spent_in(by, by.clock + handled - by.at, handled, ended)
            request.since = 0
            steps += ended, spent
    return ended
