"""What there is to say about the code that a server serves with: which version, since when, and what did not load."""

from __future__ import annotations

from app.link.tick import CodeVersion, ServerStatus
from app.text import clock, safe_text, tr

FRESH = 30_000_000_000
"""So long, ns, a server's card tells that its code was reloaded."""


def time_of_day(at: int, wall_offset: int) -> str:
    """To the second."""
    return clock(at, wall_offset)[:8]


def is_fresh(code: CodeVersion, now: int) -> bool:
    """Whether the code was reloaded a moment ago."""
    return code.reloaded and code.error is None and 0 <= now - code.at < FRESH


def reloaded_text(code: CodeVersion, wall_offset: int) -> str:
    """reloaded 14:07:31 ✓"""
    return tr("reloaded {time} ✓").format(time=time_of_day(code.at, wall_offset))


def code_text(status: ServerStatus | None, wall_offset: int) -> tuple[str, str]:
    """One sentence for the head of the code, and the role of its label."""
    if status is None or not status.state.up or not status.code.number:
        return "", "small"
    code = status.code
    if code.error is not None:
        at = code.error.extras.get("at")
        time = time_of_day(at, wall_offset) if isinstance(at, int) else ""
        sentence = tr("{time} reload failed: {reason} The old code is kept.")
        return sentence.format(time=time, reason=safe_text(code.error.sentence)), "error-small"
    version = tr("version {n}").format(n=code.number)
    if code.reloaded:
        return f"{version} · {reloaded_text(code, wall_offset)}", "ok"
    return f"{version} · " + tr("loaded {time}").format(time=time_of_day(code.at, wall_offset)), "small"
