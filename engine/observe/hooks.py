"""Who is told what about one server: a slot a hook, rebuilt when an observer comes or goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import acting
from .logs import Log
from .observer import Observer, Recording

if TYPE_CHECKING:
    from .acting import Actor
    from .facts import Means
    from .request import Request, Worker
    from .stages import Stage

HOOKS = (
    "server_started",
    "server_stopped",
    "request_opened",
    "request_closed",
    "stage_started",
    "stage_finished",
    "received",
    "sent",
    "worker_started",
    "worker_ended",
    "failed",
    "interfered",
)

log = Log("socketscope.observe")


class Hooks:
    """The observers of one server. A slot is None when nobody overrides that hook, so an unused hook costs one test.

    The slots change in place: requests in flight see observers come and go.
    """

    __slots__ = ("__weakref__", "_lock", "actor", "lost", "number", "observers", "recorder", "server", *HOOKS)

    server_started: Callable[[Any], None] | None
    server_stopped: Callable[[Any], None] | None
    request_opened: Callable[[Request], None] | None
    request_closed: Callable[[Request], None] | None
    stage_started: Callable[[Request, Stage, int], None] | None
    stage_finished: Callable[[Request, Stage, int, int, BaseException | None], None] | None
    received: Callable[[Request, bytes, int], None] | None
    sent: Callable[[Request, bytes, int], None] | None
    worker_started: Callable[[Worker], None] | None
    worker_ended: Callable[[Worker], None] | None
    failed: Callable[[Request, Stage, BaseException], None] | None
    interfered: Callable[[Request, Means, int, str, int], None] | None

    def __init__(self, server: Any, number: int = 0) -> None:
        self.server = server
        self.number = number
        """Among the host's servers."""
        self.recorder: Recording | None = None
        """The one observer, if there is no other, it takes rows, and nobody acts."""
        self.actor: Actor | None = None
        """Who acts on this server's requests, if anybody does."""
        self.observers: tuple[Observer, ...] = ()
        self.lost = 0
        """How many observers were removed because they raised."""
        self._lock = threading.RLock()
        self._rebuild()
        acting.join(self)

    def add(self, observer: Observer) -> None:
        """Tell `observer` from now on. Adding it twice is the same as once."""
        with self._lock:
            if observer not in self.observers:
                self.observers = (*self.observers, observer)
                self._rebuild()

    def remove(self, observer: Observer) -> bool:
        """Tell `observer` no more. Returns whether it had been told until now."""
        with self._lock:
            known = observer in self.observers
            self.observers = tuple(o for o in self.observers if o is not observer)
            self._rebuild()
            return known

    def act(self, actor: Actor | None) -> None:
        """From now on `actor` acts on this server's requests; None: nobody does."""
        with self._lock:
            self.actor = actor
            self._rebuild()

    def _rebuild(self) -> None:
        for hook in HOOKS:
            setattr(self, hook, self._slot([o for o in self.observers if _overrides(o, hook)], hook))
        alone = self.observers[0] if len(self.observers) == 1 else None
        before, self.recorder = self.recorder, alone if isinstance(alone, Recording) and self.actor is None else None
        if before is not None and before is not self.recorder:
            before.all_go_on(self)

    def _slot(self, observers: list[Observer], hook: str) -> Callable[..., None] | None:
        if not observers:
            return None
        if len(observers) == 1 and observers[0].trusted:
            call: Callable[..., None] = getattr(observers[0], hook)
            return call
        return self._guarded([(observer, getattr(observer, hook)) for observer in observers])

    def _guarded(self, calls: list[tuple[Observer, Callable[..., None]]]) -> Callable[..., None]:
        def tell(*facts: Any) -> None:
            for observer, call in calls:
                try:
                    call(*facts)
                except Exception:  # whatever it is, the server must not feel it
                    self._dismiss(observer)

        return tell

    def _dismiss(self, observer: Observer) -> None:
        if self.remove(observer):
            self.lost += 1
            log.exception("An observer raised and has been removed: %s", type(observer).__qualname__)


def _overrides(observer: Observer, hook: str) -> bool:
    return getattr(type(observer), hook, None) is not getattr(Observer, hook) or hook in getattr(
        observer, "__dict__", ()
    )
