"""Stepping through lines: loads debugpy when first asked, and lets its debugger talk through a socket that is given."""

from __future__ import annotations

import importlib
import os
import socket
import sys
from typing import Any

EVALUATION_LIMIT = 3.0
"""Seconds after which the debugger interrupts an expression."""


class NoLineDebugger(Exception):  # noqa: N818 - named after what is missing
    """Lines cannot be stepped through in this interpreter; the message is a sentence for people."""


def attach(sock: socket.socket, packages: str) -> None:
    """Load debugpy and let it speak the Debug Adapter Protocol over `sock`, which is its own from now on.

    `packages`: the folder to find it in when this interpreter has none. Raises NoLineDebugger. There is no port and
    no adapter process: the debugger inside debugpy speaks the protocol itself, and only asks for its connection in one
    place, where it is given the end of a socket pair that nobody else can reach.
    """
    pydevd = _load(packages)
    connect = pydevd.start_client
    pydevd.start_client = lambda host, port: sock
    try:
        pydevd.settrace(
            host="socketscope", port=1, suspend=False, trace_only_current_thread=False,
            patch_multiprocessing=False, wait_for_ready_to_run=False, notify_stdin=False,
        )  # fmt: skip
    finally:
        pydevd.start_client = connect


def _load(packages: str) -> Any:
    os.environ.setdefault("PYDEVD_INTERRUPT_THREAD_TIMEOUT", str(EVALUATION_LIMIT))
    sys.path.append(packages)
    try:
        importlib.import_module("debugpy.server")
        customization = importlib.import_module("_pydevd_bundle.pydevd_defaults").PydevdCustomization
        customization.DEFAULT_PROTOCOL = "http_json"
        return importlib.import_module("pydevd")
    except Exception as error:
        version = ".".join(map(str, sys.version_info[:3]))
        raise NoLineDebugger(f"debugpy cannot be loaded in Python {version}: {error}.") from error
    finally:
        sys.path.remove(packages)
        if os.environ.get("PYDEVD_INTERRUPT_THREAD_TIMEOUT") == str(EVALUATION_LIMIT):
            del os.environ["PYDEVD_INTERRUPT_THREAD_TIMEOUT"]
