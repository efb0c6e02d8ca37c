"""What our classes offer against weaknesses that they keep for compatibility; other people's classes offer nothing."""

from __future__ import annotations

from typing import Any

from ..servers.base import BaseServer
from ..servers.hardened import HardenedMixIn, harden
from ..servers.limits import Limits
from .records import Cure

SHORT = 0.3
"""Seconds that a connection may last in a check: a person gives more."""
HARDENED = Cure("hardened", "harden(CLASS)")
DRAIN = Cure("drain", "drain() before server_close()")
BOUNDED = Cure("bounded", "limits = Limits(max_connections=...)")
TOTAL = Cure("total", "limits = Limits(total_timeout=...)")
CURES = {cure.name: cure for cure in (HARDENED, DRAIN, BOUNDED, TOTAL)}
_LIMITS = {BOUNDED: Limits(max_connections=8), TOTAL: Limits(total_timeout=SHORT)}


def known_to(kind: type) -> tuple[str, ...]:
    """The names of the cures that a class knows and has not taken already."""
    if not issubclass(kind, BaseServer):
        return ()
    return tuple(name for name, cure in CURES.items() if cure is not HARDENED or not issubclass(kind, HardenedMixIn))


def cured(kind: Any, cure: Cure | None) -> type:
    """The class with this cure; itself where the cure is not one of the class's own making."""
    return harden(kind) if cure is HARDENED else kind


def members_of(cure: Cure | None) -> dict[str, Any]:
    """What a subclass has to set for this cure."""
    return {"default_limits": _LIMITS[cure]} if cure in _LIMITS else {}
