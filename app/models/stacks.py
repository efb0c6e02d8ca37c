"""Stacks of threads as text, as they go to the clipboard."""

from __future__ import annotations

from collections.abc import Sequence

from app.models.failures import Frame
from app.models.whereabouts import Whereabouts
from app.text import safe_text


def stack_text(where: Whereabouts, frames: Sequence[Frame]) -> str:
    """The stack as Python prints one, made safe for the clipboard."""
    who = f"Request #{where.request}" if where.request else where.name or "Thread"
    lines = [safe_text(f"{who} (process {where.pid}, thread {where.thread}): {where.sentence}", 400)]
    for frame in frames:
        lines.append(f'  File "{safe_text(frame.file)}", line {frame.line}, in {safe_text(frame.function)}')
        lines += [f"    {safe_text(text.strip(), 400)}" for number, text in frame.source if number == frame.line]
    return "\n".join(lines)
