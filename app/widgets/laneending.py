"""What lanes say of their blocks and ends: who served, how that ended, and what it used."""

from __future__ import annotations

import signal

from app.models.workers import Block, End
from app.text import duration, safe_text, size, tr


def told_block(block: Block, now: int, trouble: str) -> str:
    """One request; `trouble`: why it does not get on."""
    lasted = (now if block.ended is None else block.ended) - block.started
    parts = [f"#{block.request}", safe_text(block.worker), duration(lasted)]
    if block.status is not None:
        parts.append(_ending(block.status))
    return " · ".join((*parts, *_usage(block), *([trouble] if trouble else [])))


def told_end(end: End) -> str:
    """A process that served many."""
    return " · ".join((safe_text(end.worker), _ending(end.status), *_usage(end)))


def how_ended(end: End) -> str:
    """exit 0, SIGKILL: as a shell's user knows them."""
    if end.status >= 0:
        return f"exit {end.status}"
    try:
        return signal.Signals(-end.status).name
    except ValueError:
        return f"signal {-end.status}"


def _ending(status: int) -> str:
    ended = tr("exit status {code}") if status >= 0 else tr("killed by signal {code}")
    return ended.format(code=abs(status))


def _usage(used: Block | End) -> list[str]:
    """What a child process has used in its life."""
    parts = [] if used.cpu is None else [tr("CPU {time} in all").format(time=duration(used.cpu))]
    if used.memory is not None:
        parts.append(tr("{size} of memory at most").format(size=size(used.memory)))
    return parts
