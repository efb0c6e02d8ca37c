"""The three steps of a handler where a recorder looks on, and nobody else: timed, and noted in `Request.steps`."""

from __future__ import annotations

from typing import Any

from ..observe.observer import Recording
from ..observe.request import SHORT, Request, Worker, cpu_now, now
from .pipeline import FINISH, HANDLE, SETUP

QUEUED, ALL = 2, 9
"""Items of Request.steps before a handler begins, and when it has gone through all of its stages."""


def spent_in(by: Worker, clock: int, started: int, ended: int) -> int:
    """CPU time of a stage that was no short one, and began when the thread had used `clock`."""
    by.clock, by.at = cpu_now(), ended
    return min(max(by.clock - clock, 0), ended - started)


def run_handler(request: Request, handler: Any, recorder: Recording) -> None:
    """The three steps of a handler, as `pipeline.run_handler`."""
    steps, by = request.steps, request.worker
    if len(steps) != QUEUED or by is None:  # it is not the first handler of this request, or none of our doing
        return _one_by_one(request, handler, recorder)
    request.since = began = now()
    request.stage = SETUP
    try:
        handler.setup()
    except BaseException as error:
        ended = now()
        request.since = 0
        steps += began, ended, spent_in(by, by.clock + began - by.at, began, ended)
        request.fail(SETUP, error)
        raise
    ready = now()
    spent = ready - began
    if spent > SHORT:
        spent = spent_in(by, by.clock + began - by.at, began, ready)
    steps += began, ready, spent
    clock = by.clock + ready - by.at
    request.since = ready
    request.stage = HANDLE
    recorder.handle_started(request, ready)
    try:
        handler.handle()
    except BaseException as error:
        request.fail(HANDLE, error)
        raise
    finally:
        handled = now()
        spent = handled - ready
        if spent > SHORT:
            spent = spent_in(by, clock, ready, handled)
            recorder.wake()  # it may sleep by now, and what follows is user code again
        steps += handled, spent
        request.since = handled
        request.stage = FINISH
        try:
            handler.finish()
        except BaseException as error:
            request.fail(FINISH, error)
            raise
        finally:
            ended = now()
            request.since = 0
            spent = ended - handled
            if spent > SHORT:
                spent = spent_in(by, by.clock + handled - by.at, handled, ended)
            steps += ended, spent
    return None


def _one_by_one(request: Request, handler: Any, recorder: Recording) -> None:
    """As `pipeline.run_handler`, but that the recorder knows when user code begins which may never come back."""
    request.run(SETUP, handler.setup)
    recorder.handle_started(request, now())
    try:
        request.run(HANDLE, handler.handle)
    finally:
        request.run(FINISH, handler.finish)
