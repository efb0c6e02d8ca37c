"""Where a thread is now, and what for: computing, or waiting for bytes, for a lock that another has, for time to pass.

The answer is plain data for JSON:

    {thread, name, doing, call, kind, holders: [...], frames: [{file, line, function}]}
    holder: {thread, name, file?, line?, function?}

`doing` is a member of Doing, `call` the call that it waits in as it is written, `kind` the type of what it waits for.
The innermost frame comes last. No code of the user runs.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from types import FrameType
from typing import Any

from .calls import UNKNOWN, Call, call_of, call_on, line_of, meaning
from .deaths import Place, place_members
from .locks import LIBRARIES, OURS, STANDARD, Holder, holders, is_lock
from .values import name_of

FRAME_LIMIT = 40
THREAD_LIMIT = 100
"""The newest; all of a thousand would not fit into a message."""
_LOCKING = ("threading.py", "queue.py", "_base.py")
"""Files of the standard library whose classes wait by means of locks of their own."""
_HOLDING = tuple(os.path.join(OURS, *name) for name in (("debug", ""), ("hosting", "relay.py")))
"""Where requests wait because of a gate or a fault."""


class Doing(StrEnum):
    """What a thread is at."""

    RUNNING = "running"
    """Computing, or about to."""
    INTERPRETER = "interpreter"
    """Holds the interpreter lock, in C, and lets no other thread run."""
    STARVED = "starved"
    """Another thread holds the interpreter lock."""
    LOCK = "lock"
    SIGNAL = "signal"
    """Waits for another thread to set an event, notify, put something into a queue, finish."""
    RECEIVE = "recv"
    SEND = "send"
    ACCEPT = "accept"
    SELECT = "select"
    SLEEP = "sleep"
    CHILD = "child"
    HELD = "held"
    """At a gate, for somebody to decide, or because of a fault."""
    WAITING = "waiting"
    """In a call whose name does not tell what for."""
    QUEUE = "queue"
    """No worker has time for it."""


CALLS: dict[str, Doing] = {
    **dict.fromkeys(("recv", "recv_into", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into"), Doing.RECEIVE),
    **dict.fromkeys(("send", "sendall", "sendto", "sendmsg", "sendfile", "connect"), Doing.SEND),
    "accept": Doing.ACCEPT,
    "do_handshake": Doing.RECEIVE,
    **dict.fromkeys(("select", "poll"), Doing.SELECT),
    "sleep": Doing.SLEEP,
    **dict.fromkeys(("waitpid", "wait4", "waitid"), Doing.CHILD),
    **dict.fromkeys(("acquire", "with", "__enter__"), Doing.LOCK),
    "join": Doing.SIGNAL,
}
"""What a call of this name waits for."""
CALLS |= {f"plain_{name}": doing for name, doing in CALLS.items()}  # so observe/tap.py calls what it stands in front of
_TLS = {"read": Doing.RECEIVE, "write": Doing.SEND}
_NAMES = frozenset(CALLS)


def whereabouts(threads: Iterable[int] | None = None, depth: int = FRAME_LIMIT) -> list[dict[str, Any]]:
    """Of the threads with these native numbers, or of all, the newest of them last; so many innermost frames each."""
    frames = sys._current_frames()
    known = {thread.ident: thread for thread in threading.enumerate()}
    wanted = None if threads is None else set(threads)
    asked = [one for one in frames if wanted is None or _native(known.get(one)) in wanted]
    found = [_entry(ident, frames[ident], frames, known) for ident in asked[-THREAD_LIMIT:]]
    return [{**entry, "frames": entry["frames"][-depth:]} for entry in found]


def _entry(
    ident: int, frame: FrameType, frames: Mapping[int, FrameType], known: Mapping[int | None, threading.Thread]
) -> dict[str, Any]:
    stack = _stack(frame)
    doing, call, awaited = _judge(stack)
    kind, held_by = "", []
    if awaited is not UNKNOWN and awaited is not None:
        kind = name_of(type(awaited))
        if doing is Doing.LOCK:
            held_by = [_holder(one, known) for one in holders(awaited, frames)]
    return {
        "thread": _native(known.get(ident)),
        "name": _name(known.get(ident)),
        "doing": doing,
        "call": call.text if call is not None else "",
        "kind": kind,
        "holders": held_by,
        "frames": [_place(one) for one in reversed(stack)],
    }


def _native(thread: threading.Thread | None) -> int:
    return (thread.native_id or 0) if thread is not None else 0


def _name(thread: threading.Thread | None) -> str:
    return thread.name if thread is not None else "unknown"


def _holder(holder: Holder, known: Mapping[int | None, threading.Thread]) -> dict[str, Any]:
    thread = known.get(holder.ident)
    return {"thread": _native(thread), "name": _name(thread), **place_members(holder.place)}


def _stack(frame: FrameType | None) -> list[FrameType]:
    """The innermost first."""
    stack: list[FrameType] = []
    while frame is not None and len(stack) < FRAME_LIMIT:
        stack.append(frame)
        frame = frame.f_back
    return stack


def _place(frame: FrameType) -> dict[str, Any]:
    code = frame.f_code
    return {"file": code.co_filename, "line": frame.f_lineno, "function": code.co_qualname}


# Judging


def _judge(stack: Sequence[FrameType]) -> tuple[Doing, Call | None, Any]:
    """What a thread does, the call that it waits in, and what it waits for: a lock, an event, or UNKNOWN."""
    inner = stack[0]
    call = call_of(inner)
    doing = judged(inner.f_code.co_filename, call)
    if doing in (Doing.LOCK, Doing.SIGNAL):
        return _judge_lock(stack, doing, call)
    if doing is not Doing.RUNNING:
        return doing, _own_call(stack) or call, UNKNOWN
    return doing, call, UNKNOWN


def judged(file: str, call: Call | None) -> Doing:
    """What a thread does whose innermost frame makes this call, as far as the name tells."""
    if call is None:
        return Doing.RUNNING
    if file.startswith(_HOLDING):
        return Doing.HELD
    if os.path.basename(file) == "ssl.py":
        return _TLS.get(call.name, CALLS.get(call.name, Doing.RUNNING))
    return CALLS.get(call.name, Doing.RUNNING)


def _judge_lock(stack: Sequence[FrameType], doing: Doing, call: Call | None) -> tuple[Doing, Call | None, Any]:
    entered = 0
    while entered + 1 < len(stack) and _is_locking(stack[entered].f_code.co_filename):
        entered += 1
    caller = stack[entered]
    if entered == 0:
        awaited = meaning(call.target, caller) if call is not None else UNKNOWN
        # What is entered, and has no frame of its own though it waits, is a lock; else a name says too little.
        doing = doing if awaited is UNKNOWN or is_lock(awaited) else Doing.RUNNING
        return doing, call, awaited
    if caller.f_code.co_filename.startswith(_HOLDING):
        return Doing.HELD, call, UNKNOWN
    outer = stack[entered - 1]
    awaited = outer.f_locals.get("self", UNKNOWN)
    takes_lock = outer.f_code.co_name in ("__enter__", "acquire")
    return Doing.LOCK if takes_lock else Doing.SIGNAL, call_of(caller) or call, awaited


def _is_locking(file: str) -> bool:
    return file.startswith(STANDARD) and file.endswith(_LOCKING)


def _own_call(stack: Sequence[FrameType]) -> Call | None:
    """The call in the user's own code that led there."""
    own = next((frame for frame in stack if not frame.f_code.co_filename.startswith(LIBRARIES)), None)
    return (call_of(own) or line_of(own)) if own is not None else None


def judge_places(places: Sequence[Place]) -> tuple[Doing, str]:
    """What a thread does whose stack faulthandler wrote, innermost first, and the user's call as it is written."""
    if not places:
        return Doing.RUNNING, ""
    inner = places[0]
    doing = judged(inner.file, call_on(inner.file, inner.line, _NAMES | _TLS.keys()))
    entered = 0
    while entered + 1 < len(places) and _is_locking(places[entered].file):
        entered += 1
    if entered and doing in (Doing.LOCK, Doing.SIGNAL):
        doing = Doing.LOCK if places[entered - 1].function in ("__enter__", "acquire") else Doing.SIGNAL
    own = next((place for place in places if not place.file.startswith(LIBRARIES)), inner)
    call = call_on(own.file, own.line, _NAMES) if doing is not Doing.RUNNING else None
    return doing, call.text if call is not None else ""
