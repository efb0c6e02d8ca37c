"""Stepping through lines: loads debugpy when first asked, and lets its debugger talk through a socket that is given."""

from __future__ import annotations

import functools
import importlib
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

EVALUATION_LIMIT = 3.0
"""Seconds after which the debugger interrupts an expression."""
OURS = str(Path(__file__).resolve().parent.parent)
"""Where nobody wants to step."""
_SETTINGS = {
    "PYDEVD_INTERRUPT_THREAD_TIMEOUT": str(EVALUATION_LIMIT),
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else it prints a warning among what the server prints
}
"""Environment variables that debugpy reads while it is imported; the user's programs are not to inherit them."""
_THREADS = "socketscope-"
"""How the names of our own threads begin."""


class NoLineDebugger(Exception):  # noqa: N818 - named after what is missing
    """Lines cannot be stepped through in this interpreter; the message is a sentence for people."""


class _Patience:
    """Looks like an event that is set when a time has come, or earlier: the debugger's loop asks for one."""

    def __init__(self, seconds: float, hurry: Callable[[], object]) -> None:
        self._end = time.monotonic() + seconds
        self._hurry = hurry

    def is_set(self) -> bool:
        return bool(self._hurry()) or time.monotonic() > self._end

    def set(self) -> None:
        self._end = 0.0


class _Hurried:
    """The module `time`, but for `sleep`: the debugger waits a tenth of a second for threads that have started."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def sleep(self, seconds: float) -> None:
        """Go on at once."""


def attach(sock: socket.socket, packages: str, patience: float = 0.0, hurry: Callable[[], object] = bool) -> None:
    """Load debugpy and let it speak the Debug Adapter Protocol over `sock`, which is its own from now on.

    `packages`: the folder to find it in when this interpreter has none. `patience`: seconds to wait until whoever is at
    the other end has set its breakpoints, unless `hurry()`. Raises NoLineDebugger. There is no port and no adapter
    process: the debugger inside debugpy speaks the protocol itself, and only asks for its connection in one place,
    where it is given the end of a socket pair that nobody else can reach.
    """
    pydevd = _load(packages)
    for thread in threading.enumerate():
        if thread.name.startswith(_THREADS):
            thread.is_pydev_daemon_thread = thread.pydev_do_not_trace = True  # type: ignore[attr-defined]
    connect, clock = pydevd.start_client, pydevd.time
    pydevd.start_client, pydevd.time = lambda host, port: sock, _Hurried(clock)
    try:
        pydevd.settrace(
            host="socketscope", port=1, suspend=False, trace_only_current_thread=False,
            patch_multiprocessing=False, wait_for_ready_to_run=False, notify_stdin=False,
        )  # fmt: skip
    except Exception as error:
        raise NoLineDebugger(f"The debugger cannot be started here: {type(error).__name__}: {error}.") from error
    finally:
        pydevd.start_client, pydevd.time = connect, clock
    if patience:
        pydevd.get_global_debugger().block_until_configuration_done(_Patience(patience, hurry))


def detach() -> None:
    """End the debugger: nothing is traced any more."""
    pydevd = sys.modules.get("pydevd")
    if pydevd is not None and pydevd.get_global_debugger() is not None:
        pydevd.stoptrace()
        # Its own thread, which has heard the line's end, may still be at it; the next debugger must be another one.
        importlib.import_module("_pydevd_bundle.pydevd_constants").set_global_debugger(None)


def forget() -> None:
    """In a forked child: the debugger's threads are not here, and a breakpoint would wait for them for ever."""
    pydevd = sys.modules.get("pydevd")
    if pydevd is None:
        return
    pydevd.settrace_forked(setup_tracing=False)
    if getattr(pydevd, "PYDEVD_USE_SYS_MONITORING", False):
        monitoring = importlib.import_module("_pydevd_sys_monitoring.pydevd_sys_monitoring")
        monitoring.stop_monitoring(all_threads=True)
        monitoring.reset_thread_local_info()
    else:
        sys.settrace(None)
        threading.settrace(None)


def _load(packages: str) -> Any:
    ours = {name: value for name, value in _SETTINGS.items() if name not in os.environ}
    os.environ.update(ours)
    sys.path.append(packages)
    try:
        importlib.import_module("debugpy.server")
        customization = importlib.import_module("_pydevd_bundle.pydevd_defaults").PydevdCustomization
        customization.DEFAULT_PROTOCOL = "http_json"
        pydevd = importlib.import_module("pydevd")
        _hasten(pydevd)
        return pydevd
    except Exception as error:
        version = ".".join(map(str, sys.version_info[:3]))
        raise NoLineDebugger(f"debugpy cannot be loaded in Python {version}: {error}.") from error
    finally:
        if packages in sys.path:
            del sys.path[len(sys.path) - 1 - sys.path[::-1].index(packages)]
        for name in ours:
            os.environ.pop(name, None)


def _hasten(pydevd: Any) -> None:
    """A thread that is told to go on would only see it when it looks, five times a second: wake it."""
    api = importlib.import_module("_pydevd_bundle.pydevd_api").PyDevdAPI
    resume = api.request_resume_thread
    if hasattr(resume, "__wrapped__") or not hasattr(pydevd.PyDB, "get_internal_queue_and_event"):
        return

    @functools.wraps(resume)
    def request_resume_thread(self: Any, thread_id: str) -> None:
        resume(self, thread_id)
        debugger = pydevd.get_global_debugger()
        if debugger is not None:
            debugger.get_internal_queue_and_event(thread_id)[1].set()

    api.request_resume_thread = request_resume_thread
