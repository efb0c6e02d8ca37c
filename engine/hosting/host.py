"""The main of a host process: runs one server, or one program, of the user and reports what happens in it."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import faulthandler
import json
import os
import signal
import socket
import sys
import threading
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .. import install
from ..channel.frames import FrameReader
from ..channel.sender import Sender
from ..debug.deaths import WHERE
from ..debug.failures import describe
from ..debug.sampling import Sampling
from ..debug.slow import Lookout, SlowStage
from ..debug.whereabouts import FRAME_LIMIT, whereabouts
from ..observe import live
from ..observe.blackbox import BlackBox
from ..observe.facts import Kind
from ..observe.recorder import Recorder
from ..observe.request import now
from ..observe.rows import pack
from . import alias
from .answering import Answering
from .building import build_server
from .closing import close_request
from .control import Control, out_of_the_way, receive_first
from .cost import cost_of_a_fact
from .holding import Holding
from .joining import Joining
from .loading import LoadingError, failure, load_code, run_program
from .profile import Profile
from .reloading import Reloading
from .stepping import Stepping

POLL_INTERVAL = 0.5
FLUSH_TIMEOUT = 1.0
LIVE_LIMIT = 40_000
"""So many numbers fit into one frame."""
_PDEATHSIG = 1


@dataclass(frozen=True)
class Plan:
    """What the supervisor sends first: the profile, and the numbers of the descriptors that this process inherited."""

    profile: Profile
    parent: int
    listener: int
    facts: int
    door: int
    box: int
    faults: int
    where: int
    beat: int
    payload_limit: int
    gates: list[dict[str, Any]]
    injections: list[dict[str, Any]]
    lines: str
    """Where the line debugger is installed; "" while no line has a breakpoint."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Plan:
        """Read the message that `hosts.py` wrote."""
        return cls(**{**data, "profile": Profile.from_json(data["profile"])})


def main(fd: int) -> int:
    """Run the plan that comes through the descriptor; returns the exit code."""
    sock = socket.socket(fileno=fd)
    reader = FrameReader()
    plan = Plan.from_json(receive_first(sock, reader))
    _settle(plan)
    return Host(plan, Control(sock, reader)).run()


def _settle(plan: Plan) -> None:
    """Make this process one that is easy to mind: dies with the supervisor, tells where it crashed, prints by lines."""
    die_with_parent(plan.parent)
    faults = os.fdopen(out_of_the_way(plan.faults), "wb", buffering=0, closefd=False)
    faulthandler.enable(faults)
    with contextlib.suppress(OSError, AttributeError):
        where = os.fdopen(out_of_the_way(plan.where), "wb", buffering=0, closefd=False)
        faulthandler.register(WHERE, where, all_threads=True)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(line_buffering=True)  # type: ignore[union-attr] # TextIO hides it
    if plan.profile.kind == "server":
        _mind_children()


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends."""
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _mind_children() -> None:
    """Children that its main thread forks die with this process. Those of other threads would die with the thread."""
    by_main: list[bool] = []
    host = os.getpid()

    def before() -> None:
        by_main[:] = [threading.get_native_id() == os.getpid() == host]

    def in_child() -> None:
        if by_main == [True]:
            with contextlib.suppress(OSError, AttributeError):
                ctypes.CDLL(None).prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)

    os.register_at_fork(before=before, after_in_child=in_child)


class Host:
    """One run of one profile in this process."""

    def __init__(self, plan: Plan, control: Control) -> None:
        self._plan = plan
        self._profile = plan.profile
        self._control = control
        self._sender = Sender(plan.facts)
        box = BlackBox(plan.box)
        self._recorder = Recorder(
            self._sender.send, describe, box, payload_limit=plan.payload_limit, drain=self._sender.flush
        )
        self._holding = Holding(control)
        self._sampling = Sampling()
        self._reloading = Reloading(plan.profile, control)
        self._answering = Answering(plan.profile, control)
        self._stepping = Stepping(control, out_of_the_way(plan.door))
        self._joining = Joining(control, self._sender, box, out_of_the_way(plan.box), plan.payload_limit)
        self._lookout = Lookout(self._tell_slow, plan.profile.slow_after, plan.profile.slow_accepting)
        self._server: Any = None
        self._stopping = False

    def run(self) -> int:
        """Load and serve; returns the exit code."""
        self._control.tell({"event": "cost", "ns": cost_of_a_fact()})
        install(self._recorder)
        alias.install()
        atexit.register(self._flush)
        self._control.on("stop", self._stop)
        self._control.on("stacks", self._tell_stacks)
        self._control.on("sample", self._sample)
        self._control.on("live", self._tell_live)
        self._control.on("close_request", self._close_request)
        self._holding.set(self._plan.gates)
        self._holding.inject(self._plan.injections)
        self._control.start(self._plan.beat, self._beat)
        self._stepping.begin(self._plan.lines)
        try:
            if self._profile.kind == "script":
                return self._run_program()
            if self._profile.rules:
                return self._serve(None, self._answering.handler(self._profile.rules))
            return self._serve(*load_code(self._profile))
        except LoadingError as error:
            self._control.tell(error.event)
            return 1

    def _serve(self, module: ModuleType | None, handler: Any) -> int:
        """Without a `module` there are rules."""
        self._control.tell({"event": "loaded"})
        listener = socket.socket(fileno=self._plan.listener)
        try:
            server = self._server = build_server(self._profile, handler, listener)
        except Exception as error:
            raise failure(error, self._profile.name, "start_failed") from error
        if module is not None:
            self._reloading.begin(module, server)
        else:
            self._answering.begin(server)
        self._control.tell({"event": "listening", "pid": os.getpid()})
        try:
            server.serve_forever(self._profile.attributes.get("poll_interval") or POLL_INTERVAL)
        except BaseException as error:
            self._control.tell(failure(error, self._profile.name, "serve_ended").event)
            if not isinstance(error, Exception):
                server.server_close()
            raise
        server.server_close()
        return 0

    def _run_program(self) -> int:
        self._joining.begin()
        self._control.tell({"event": "loaded"})
        try:
            run_program(self._profile)
        except SystemExit:
            raise
        except KeyboardInterrupt:
            return 130
        except BaseException as error:
            event = failure(error, self._profile.script or self._profile.module, "script_failed").event
            sys.stderr.write(str(event["traceback"]))
            self._control.tell(event)
            return 1
        return 0

    def _beat(self) -> None:
        # A queue that was full once would else stay until the next fact comes, on a quiet server for ever.
        self._sender.flush()
        self._holding.look()
        self._reloading.look()
        self._lookout.look(list(live.requests.values()), now())

    def _tell_slow(self, slow: SlowStage) -> None:
        data = json.dumps(slow.about).encode("utf-8", "backslashreplace")
        request, thread = slow.request, slow.request.by(slow.stage).thread
        self._recorder.journal(pack(Kind.SLOW, request.id, slow.stage, thread, slow.since, slow.at, slow.limit, data))
        self._recorder.wake()

    def _stop(self, order: dict[str, Any]) -> None:
        """Stop accepting; the main thread then closes the server. In its own thread: a hung handler makes it wait."""
        self._holding.close()
        self._answering.end()
        if self._server is not None and not self._stopping:
            self._stopping = True
            threading.Thread(target=self._server.shutdown, name="socketscope-stop", daemon=True).start()

    def _tell_stacks(self, order: dict[str, Any]) -> None:
        found = whereabouts(order.get("threads"), int(order.get("depth") or FRAME_LIMIT))
        self._control.tell({"event": "stacks", "ticket": order.get("ticket"), "stacks": found})

    def _sample(self, order: dict[str, Any]) -> None:
        if order.get("on") is True:
            self._sampling.start()
        elif order.get("on") is False:
            self._sampling.stop()
        self._control.tell({"event": "sampled", "ticket": order.get("ticket"), **self._sampling.told()})

    def _tell_live(self, order: dict[str, Any]) -> None:
        """What is served now, and how many facts have been told until then."""
        numbers = [request.id for request in list(live.requests.values())]
        self._recorder.flush()
        if len(numbers) <= LIVE_LIMIT:
            self._control.tell({"event": "live", "requests": numbers, "emitted": self._sender.emitted})

    def _close_request(self, order: dict[str, Any]) -> None:
        done = close_request(int(order["request"]), reset=order.get("how") == "reset")
        self._control.tell({"event": "closed_request", "ticket": order.get("ticket"), "done": done})

    def _flush(self) -> None:
        self._recorder.close()
        self._sender.flush(FLUSH_TIMEOUT)
