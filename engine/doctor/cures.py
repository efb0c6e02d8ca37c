"""What our classes offer against weaknesses that they keep for compatibility; other people's classes offer nothing."""

from __future__ import annotations

from collections.abc import Collection
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
IMPATIENT = Cure("impatient", "worker_timeout = ...")
CURES = {cure.name: cure for cure in (HARDENED, DRAIN, BOUNDED, TOTAL, IMPATIENT)}
_LIMITS = {BOUNDED: Limits(max_connections=8), TOTAL: Limits(total_timeout=SHORT)}


def known_to(kind: type) -> tuple[str, ...]:
    """The names of the cures that a class knows and has not taken already."""
    if not issubclass(kind, BaseServer):
        return ()
    strange = {HARDENED} if issubclass(kind, HardenedMixIn) else set()
    if not hasattr(kind, "worker_timeout"):
        strange.add(IMPATIENT)
    return tuple(name for name, cure in CURES.items() if cure not in strange)


def cured(kind: Any, taken: Collection[Cure]) -> type:
    """The class with these cures; itself where they are not of the class's own making."""
    return harden(kind) if HARDENED in taken else kind


def members_of(taken: Collection[Cure]) -> dict[str, Any]:
    """What a subclass has to set for these cures."""
    limits = [_LIMITS[cure] for cure in taken if cure in _LIMITS]
    members: dict[str, Any] = {"default_limits": limits[-1]} if limits else {}
    return {**members, "worker_timeout": SHORT} if IMPATIENT in taken else members
