"""A thread that costs less than threading's: its `start` does not wait, and it is made without what nobody asks of it.

A thread a request is what ThreadingMixIn promises, so making one is on every request's way. It is a `threading.Thread`
in all that can be seen of it. Its fields are set here, one by one, where they are the ones that we know; where they are
not (another Python, or somebody has patched threads), its base makes it.
"""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Callable
from typing import Any


class _Began:
    """As an Event: set when its thread runs, which nobody waits for unless he says so."""

    __slots__ = ("_flag", "_gate", "gone")

    def __init__(self) -> None:
        self._flag = self.gone = False
        self._gate = _thread.allocate_lock()
        self._gate.acquire()

    def is_set(self) -> bool:
        """Whether the thread has begun."""
        return self._flag

    isSet = is_set  # noqa: N815  # as an Event has it

    def set(self) -> None:
        """It has."""
        self._flag = True
        self._gate.release()

    def wait(self, timeout: float | None = None) -> bool:
        """What `Thread.start` does at its end: not here."""
        return True

    def wait_indeed(self, timeout: float | None = None) -> bool:
        """Wait until it is set, at most so many seconds. Returns whether it is."""
        if not self._flag and self._gate.acquire(True, -1 if timeout is None else max(timeout, 0)):
            self._gate.release()
        return self._flag

    def _at_fork_reinit(self) -> None:
        """In a forked child."""
        self._gate = _thread.allocate_lock()
        self.gone = not self._flag  # whoever had not begun by then never will, here


_FIELDS = frozenset(
    {
        "_target", "_name", "_args", "_kwargs", "_daemonic", "_ident", "_native_id", "_started", "_initialized",
        "_stderr", "_invoke_excepthook",
    }
)  # fmt: skip
_new_name: Callable[[str], str] = getattr(threading, "_newname", str)
_new_handle: Callable[[], Any] | None = getattr(threading, "_ThreadHandle", None)
_usual_event = threading.Event


def _is_usual(function: Any) -> bool:
    return getattr(function, "__globals__", None) is vars(threading)


class _Model:
    """What a thread is made like: decided when the first one is needed, for threads may have been patched by then."""

    def __init__(self) -> None:
        model = threading.Thread(target=print, daemon=False)
        fields, started = vars(model), getattr(model, "_started", None)
        locks = {"_handle"} if _new_handle is not None else {"_tstate_lock", "_is_stopped"}
        self.usual = type(started) is _usual_event is threading.Event and _usual_event.__module__ == "threading"
        """Whether nobody has patched threads."""
        self.made = threading.Thread.__init__
        self.known = self.usual and fields.keys() == _FIELDS | locks and _new_name is not str and _is_usual(self.made)
        """Whether these are the fields that we know."""
        self.hook = fields.get("_invoke_excepthook")


_model: _Model | None = None
_made: Any = None
"""What makes a thread of threading, if that is as we know it; and is still what it was when the model was made."""
_hook: Any = None


def _look() -> _Model:
    global _model, _made, _hook
    if _model is None:
        _model = _Model()
        _made, _hook = _model.made if _model.known else None, _model.hook
    return _model


def are_usual() -> bool:
    """Whether threads are the system's: nobody has patched them."""
    return _look().usual


class Thread(threading.Thread):
    """A thread whose `start` does not wait until it runs: meanwhile the loop accepts the next request.

    That spares two switches between threads for each request, a fifth of what serving a short one costs.
    """

    _began: _Began | None = None
    leave: Callable[[threading.Thread], None] | None = None
    """Called at its very end."""
    over: Any = None
    """A lock that is given back after that, if somebody waits for it."""

    if sys.version_info >= (3, 13):
        _handle: Any
    _target: Callable[..., object] | None
    _args: tuple[Any, ...]

    def __init__(self, target: Callable[..., object], args: tuple[Any, ...], daemon: bool) -> None:
        if threading.Thread.__init__ is not _made and not self._is_usual(target, args, daemon):
            return
        self.leave = self.over = self._began = None
        self._target = target
        self._name = _new_name(f"Thread-%d ({getattr(target, '__name__', '')})")
        self._args = args
        self._kwargs: dict[str, Any] = {}
        self._daemonic = daemon
        self._ident = self._native_id = None
        self._started = _Began()
        self._initialized = True
        self._stderr = sys.stderr
        self._invoke_excepthook = _hook
        if _new_handle is not None:
            self._handle = _new_handle()
        else:
            self._tstate_lock = None
            self._is_stopped = False

    def _is_usual(self, target: Callable[..., object], args: tuple[Any, ...], daemon: bool) -> bool:
        """Whether nobody has patched threads; else its base has made it now."""
        usual = _look().usual
        if threading.Thread.__init__ is _made:
            return True
        super().__init__(target=target, args=args, daemon=daemon)
        if usual:
            self._started = _Began()
        return False

    def start(self) -> None:
        """Ask for the thread. Raises RuntimeError if there can be no more."""
        super().start()
        if type(self._started) is _Began:
            self._began = self._started

    def run(self) -> None:
        """Do what it is for."""
        try:
            super().run()
        finally:
            if self.leave is not None:
                self.leave(self)
            if self.over is not None:
                self.over.release()

    @property
    def has_begun(self) -> bool:
        """Whether it runs, or has run."""
        return self._began is None or self._began.is_set()

    def wait_until_it_runs(self, timeout: float | None = None) -> None:
        """Wait for what `start` left out."""
        if self._began is not None:
            self._began.wait_indeed(timeout)

    def is_alive(self) -> bool:
        """Whether it runs, or is about to."""
        return super().is_alive() or (self._began is not None and not (self._began.is_set() or self._began.gone))

    def join(self, timeout: float | None = None) -> None:
        """Wait until it has ended."""
        self.wait_until_it_runs(timeout)
        super().join(timeout)
