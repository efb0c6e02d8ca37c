"""Who acts on requests instead of only looking on: one slot a server, empty until a gate or a fault is set there."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .hooks import Hooks
    from .place import Place
    from .request import Request
    from .stages import Stage


class Renewable(Protocol):
    """Workers that live long, in processes of their own: they know who acted when they were forked."""

    def renew(self) -> None:
        """Replace every worker as soon as it has finished what it serves. Any thread may call this."""


class Actor:
    """May hold a request, change its bytes, or end it. Every method is called by the thread that has the request.

    A server that has an actor takes the long way through the pipeline; the others do not notice.
    """

    def acts_on(self, server: int) -> bool:
        """Whether there is anything to do on the host's server with this number; the others do not notice."""
        return True

    def accept(self, place: Place, accept: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any]:
        """Make the call that accepts a request of a server, or raise OSError in its stead."""
        return accept()

    def admitted(self, request: Request) -> None:
        """The request has just been accepted; its socket may be changed now."""

    def parks(self, request: Request, stage: Stage, go_on: Callable[[], object]) -> bool:
        """Whether `request` shall wait before `stage` without its thread, which accepts for others.

        If so, `go_on` is called once, in the serving loop's thread, when the request may go on.
        """
        return False

    def run(self, request: Request, stage: Stage, call: Callable[..., Any], *arguments: Any) -> Any:
        """Make the call of a stage, or not; returns what the stage is to return."""
        return call(*arguments)


hooked: weakref.WeakSet[Hooks] = weakref.WeakSet()
"""The hooks of every watched server of this process."""
renewable: weakref.WeakSet[Renewable] = weakref.WeakSet()
"""All workforces of this process."""
actor: Actor | None = None
"""Who acts in this process; None while nobody does."""


def join(hooks: Hooks) -> None:
    """A server is watched from now on."""
    hooked.add(hooks)
    if actor is not None and actor.acts_on(hooks.number):
        hooks.act(actor)


def choose(chosen: Actor | None) -> None:
    """From now on `chosen` acts where it has something to do, on servers that serve already and on those to come; None:
    nobody does.

    To be called again when `chosen` has changed its mind about what to do: workers forked before have their own copy.
    """
    global actor
    actor = chosen
    for hooks in list(hooked):
        hooks.act(chosen if chosen is not None and chosen.acts_on(hooks.number) else None)
    for workforce in list(renewable):
        workforce.renew()
