"""Interference: the one who acts on requests where gates are set."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from ..observe.acting import Actor
from ..observe.place import Place
from ..observe.request import Request
from ..observe.stages import Stage
from . import endings
from .faulting import Faulting
from .faults import Fault
from .gates import AFTER, BEFORE, RAISED, RECEIVED, SENT, STAGES, Gate, Subject, first_holding
from .handled import Handled
from .interposed import interpose
from .pauses import ANSWER, DROP, ENDING, REJECT, RESET, STEP, Decision, Pause
from .waiting import WaitingRoom

_SPARED = frozenset({Stage.PROCESS_REQUEST, Stage.FINISH_REQUEST, Stage.SETUP, Stage.HANDLE})
"""What an ended request is spared; `finish` and `shutdown_request` clear up."""
_WORKER_MIXINS = frozenset({"ThreadingMixIn", "ForkingMixIn", "ThreadPoolMixIn"})


class Interference(Actor):
    """Holds requests at gates, does with them what is decided, and what the faults that are switched on do."""

    def __init__(self, room: WaitingRoom, gates: Sequence[Gate] = (), faults: Sequence[Fault] = ()) -> None:
        self.room = room
        self.gates = tuple(gates)
        self.halted: frozenset[int] = frozenset()
        """Numbers of the servers of requests that are to be held whatever the gates."""
        self.faults = Faulting(faults) if faults else None
        self._handled: WeakKeyDictionary[Request, Handled] = WeakKeyDictionary()

    def of(self, request: Request) -> Handled:
        """What is kept about a request."""
        handled = self._handled.get(request)
        if handled is None:
            handled = self._handled[request] = Handled()
        return handled

    def acts_on(self, server: int) -> bool:
        faults = self.faults  # which may be others at any time
        suffers = faults is not None and faults.are_for(server)
        return suffers or server in self.halted or any(gate.is_for(server) for gate in self.gates)

    @property
    def gates(self) -> tuple[Gate, ...]:
        """Where requests are held."""
        return self._gates_set

    @gates.setter
    def gates(self, gates: Sequence[Gate]) -> None:
        stages = {stage.method: stage for stage in STAGES}
        self._gates_set = tuple(gates)
        self._stops: frozenset[tuple[Stage | str, str]] = frozenset(
            (stages.get(gate.point, gate.point), gate.when) for gate in gates
        )

    # In the accepting thread

    def accept(self, place: Place, accept: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any]:
        """Accept, if no fault is in the way."""
        faults = self.faults
        return faults.accept(place, accept) if faults else accept()

    def admitted(self, request: Request) -> None:
        """Its bytes pass through our hands from now on."""
        interpose(request, self)
        handled = self.of(request)
        if isinstance(request.given, tuple):
            handled.hear(request.given[0])
        faults = self.faults
        data = faults.admitted(request, handled) if faults else None
        if data is not None and data != request.given[0]:
            handled.replace(request, None, request.given[0], data)

    def parks(self, request: Request, stage: Stage, go_on: Callable[[], object]) -> bool:
        """Have it wait without its thread, if that accepts for others."""
        faults = self.faults
        if stage is Stage.VERIFY_REQUEST and faults and faults.holds_back(request, go_on):
            return True
        if not _accepts_for_others(request) or self.of(request).ended:
            return False
        pause = self._due(request, stage.method, BEFORE)
        if pause is None:
            return False

        def decided(decision: Decision) -> None:
            self.room.leave(pause)
            request.server._ss_do_in_loop(lambda: self._unpark(pause, stage, go_on))

        pause.then = decided
        self.room.enter(pause)
        return True

    def _unpark(self, pause: Pause, stage: Stage, go_on: Callable[[], object]) -> None:
        self.of(pause.request).passed = stage.method
        self._obey(pause)
        go_on()

    # Around a stage

    def run(self, request: Request, stage: Stage, call: Callable[..., Any], *arguments: Any) -> Any:
        """The call of a stage, with a wait before and after it where a gate says so."""
        if not request.id or stage not in STAGES:
            return call(*arguments)
        handled = self.of(request)
        faults = self.faults
        if faults and not self._suffer(faults, request, stage):
            return False
        if stage is Stage.SHUTDOWN_REQUEST:
            self._settle(request)
        self._wait(request, stage, BEFORE, call)
        if handled.ended and (stage in _SPARED or (stage is Stage.FINISH and not handled.set_up)):
            return None
        if stage is Stage.VERIFY_REQUEST and handled.ended:
            return False
        # A datagram that has been changed is another object.
        result = self._call(request, stage, call, [request.given if _is_given(one) else one for one in arguments])
        handled.set_up |= stage is Stage.SETUP
        self._wait(request, stage, AFTER, call)
        return result and not handled.ended if stage is Stage.VERIFY_REQUEST else result

    def _settle(self, request: Request) -> None:
        """In a child that was forked while faults acted, which have ended since: let go what they have kept back."""
        faults = self.faults
        if faults is not None and not faults:
            faults.send_left(request)

    def _suffer(self, faults: Faulting, request: Request, stage: Stage) -> bool:
        """What faults do before a stage. False: there is nothing to verify, the datagram has been lost."""
        if stage is Stage.VERIFY_REQUEST:
            return not faults.loses(request)
        if stage is Stage.FINISH_REQUEST:
            faults.begin(request, self.of(request))
        elif stage is Stage.SHUTDOWN_REQUEST:
            faults.finish(request)
        return True

    def _call(self, request: Request, stage: Stage, call: Callable[..., Any], arguments: list[Any]) -> Any:
        try:
            return call(*arguments)
        except Exception as error:
            if error is not request.error:  # the innermost stage
                request.fail(stage, error)
                self._hold_raised(request, error)
            raise

    def _wait(self, request: Request, stage: Stage, when: str, call: Callable[..., Any]) -> None:
        """Wait if a gate says so, and obey what is decided."""
        handled = self.of(request)
        if self._passes(handled, stage, when) and not handled.passed:
            return
        if handled.passed == stage.method and when == BEFORE:
            handled.passed = ""
        elif not handled.ended and not _accepts_for_others(request):
            pause = self._due(request, stage.method, when)
            if pause is not None:
                pause.decision = self.room.hold(pause)
                self._obey(pause, getattr(call, "__self__", None) if stage in (Stage.HANDLE, Stage.FINISH) else None)

    def _passes(self, handled: Handled, point: Stage | str, when: str) -> bool:
        """Whether nothing can hold it here: that is to be found out quickly."""
        return (point, when) not in self._stops and not handled.halting and not handled.stepping

    def _due(self, request: Request, point: str, when: str) -> Pause | None:
        handled = self.of(request)
        gate = first_holding(self._gates(request), point, when, lambda: Subject(request, handled.heard(request)))
        if gate is None and not handled.halting and not (handled.stepping and when == BEFORE):
            return None
        handled.stepping = handled.halting = False
        data = handled.at_stake(request) if when == BEFORE and point != Stage.SHUTDOWN_REQUEST.method else None
        pause = self._pause(request, point, when, gate, data)
        if data is not None and not isinstance(request.given, tuple):
            pause.peek = lambda: handled.at_stake(request)
        return pause

    def _pause(self, request: Request, point: str, when: str, gate: Gate | None, data: bytes | None) -> Pause:
        number, patience = (gate.number, gate.patience) if gate is not None else (0, None)
        return Pause(request, point, when, number, patience, data, _others_wait(request))

    def _gates(self, request: Request) -> list[Gate]:
        return [gate for gate in self.gates if gate.is_for(request.place.number)]

    def _hold_raised(self, request: Request, error: BaseException) -> None:
        """An exception leaves a stage: the request may be looked at before the server clears up."""
        handled = self.of(request)
        about = Subject(request, handled.heard(request), error)
        gate = first_holding(self._gates(request), RAISED, BEFORE, lambda: about)
        if gate is not None and not _accepts_for_others(request):
            pause = self._pause(request, RAISED, BEFORE, gate, None)
            pause.error = error
            pause.decision = self.room.hold(pause)
            self._obey(pause)

    # Bytes

    def read(self, request: Request, size: int, receive: Callable[[int], bytes]) -> bytes:
        """Bytes for the handler: those that were put in place of others, or the next ones."""
        handled = self.of(request)
        self._settle(request)
        faults = self.faults
        if faults:
            receive = faults.receiving(request, receive, handled)
        elif handled.unread:
            receive = handled.source(receive)
        while not handled.pending and not handled.ended:
            data = handled.receive(size, receive)
            if not data:
                break
            handled.pending = self._pass(request, RECEIVED, data)
        return handled.take(size)

    def write(self, request: Request, data: bytes, send: Callable[[bytes], Any]) -> None:
        """The handler writes: wait if a gate says so, and send what the bytes have become."""
        passed = self._pass(request, SENT, data)
        if not passed and data:
            return
        self._settle(request)
        faults = self.faults
        if faults:
            faults.sending(request, passed, send, self.of(request))
        else:
            send(passed)

    def takes(self, request: Request, size: int) -> int:
        """How much one `send` takes."""
        faults = self.faults
        return faults.room(request, size) if faults else size

    def _pass(self, request: Request, point: str, data: bytes) -> bytes:
        """What becomes of these bytes, after a wait if a gate says so. Nothing, if the request has been ended."""
        handled = self.of(request)
        if handled.ended:
            return b""
        if self._passes(handled, point, BEFORE):
            return data
        about = Subject(request, handled.heard(request) if point == RECEIVED else data)
        gate = first_holding(self._gates(request), point, BEFORE, lambda: about)
        if gate is None and not handled.halting:
            return data
        handled.halting = False
        pause = self._pause(request, point, BEFORE, gate, data)
        pause.decision = decision = self.room.hold(pause)
        self._end_or_step(pause)
        if decision.deed == RESET:
            raise ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
        return b"" if decision.deed in ENDING else pause.changed()

    # Decisions

    def _obey(self, pause: Pause, handler: Any = None) -> None:
        self._end_or_step(pause)
        decision, request = pause.decision, pause.request
        if decision.data is not None and pause.data is not None and decision.deed != ANSWER:
            self.of(request).replace(request, handler, pause.data, pause.changed())

    def _end_or_step(self, pause: Pause) -> None:
        decision, request = pause.decision, pause.request
        pause.tell()
        handled = self.of(request)
        handled.stepping = decision.deed == STEP
        handled.ended = decision.deed in ENDING
        if decision.deed in (DROP, REJECT):
            endings.drop(request)
        elif decision.deed == RESET:
            endings.reset(request)
        elif decision.deed == ANSWER:
            endings.answer(request, decision.data or b"")


def _is_given(argument: Any) -> bool:
    return isinstance(argument, tuple) and len(argument) == 2 and isinstance(argument[0], bytes)


def _has_workers(request: Request) -> bool:
    return any(base.__name__ in _WORKER_MIXINS for base in type(request.server).__mro__)


def _accepts_for_others(request: Request) -> bool:
    """Whether this thread must not wait, because it accepts for other workers and their requests."""
    loops = getattr(request.server, "_ss_serving", None) is not None
    return loops and request.worker is None and _has_workers(request)


def _others_wait(request: Request) -> bool:
    """Whether nobody else is served while this request is held."""
    return not _has_workers(request) and not hasattr(request.server, "workers")
