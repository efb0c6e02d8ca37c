"""The host's share of line debugging: attaches the debugger when told to, in forked children as well."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections import deque
from typing import Any

from ..debug import lines
from ..observe import acting, newborn
from .control import Control

FIRST_PATIENCE = 5.0
"""Seconds to wait for breakpoints before the first request is served."""
CHILD_PATIENCE = 2.0
NOWHERE = -1


class Stepping:
    """One a host. `door`: a socket through which the supervisor is handed the other end of each debugger's line."""

    def __init__(self, control: Control, door: int) -> None:
        self._control = control
        self._door = socket.socket(fileno=door) if door != NOWHERE else None
        self._lock = threading.Lock()
        self._todo: deque[tuple[int, str]] = deque()
        """Numbers of orders, and where the debugger is that is to be attached; "" for none."""
        self._packages = ""
        """Of the one that is attached."""
        self._line: socket.socket | None = None
        self._minds_forks = False
        control.on("lines", self._obey)

    def begin(self, packages: str) -> None:
        """Before the user's code is loaded: attach, and wait for the breakpoints; "" for no debugger."""
        if packages:
            self._todo.append((0, packages))
            self._work()

    def _obey(self, order: dict[str, Any]) -> None:
        """In a thread of its own: to load the debugger takes a while, and the host has to beat."""
        self._todo.append((int(order.get("serial", 0)), str(order.get("packages", ""))))
        threading.Thread(target=self._work, name="socketscope-lines", daemon=True).start()

    def _work(self) -> None:
        """Orders one after the other, whichever thread carries them out."""
        with self._lock:
            while self._todo:
                serial, packages = self._todo.popleft()
                if not packages:
                    self._detach()
                elif self._packages or self._attach(packages):
                    self._control.tell({"event": "lines_ready", "serial": serial})

    def _attach(self, packages: str) -> bool:
        if not self._minds_forks and hasattr(os, "register_at_fork"):
            self._minds_forks = True
            os.register_at_fork(after_in_child=self._in_fork)
        try:
            self._connect(packages, FIRST_PATIENCE)
        except (OSError, lines.NoLineDebugger) as error:
            self._control.tell({"event": "lines_failed", "sentence": str(error)})
            return False
        self._packages = packages
        newborn.tasks.append(self._in_child)
        self._renew()
        return True

    def _detach(self) -> None:
        if not self._packages:
            return
        self._packages = ""
        newborn.tasks.remove(self._in_child)
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)  # to close it would not wake the debugger's reader
        lines.detach()
        self._line = None
        self._renew()

    def _connect(self, packages: str, patience: float) -> None:
        assert self._door is not None
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._door, [json.dumps({"pid": os.getpid()}).encode()], [theirs.fileno()])
        self._line = ours
        lines.attach(ours, packages, patience, lambda: self._todo)

    @staticmethod
    def _renew() -> None:
        """Workers that were forked before know nothing of it."""
        for workforce in list(acting.renewable):
            workforce.renew()

    # In a forked child

    def _in_fork(self) -> None:
        """Also in one that the user's code forked: it is not debugged, but it must not wait for a debugger either."""
        if self._line is not None:
            lines.forget()
            self._line.close()

    def _in_child(self) -> None:
        with contextlib.suppress(OSError, lines.NoLineDebugger):
            self._connect(self._packages, CHILD_PATIENCE)
