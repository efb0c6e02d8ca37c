"""Where every thread of this process is right now."""

from __future__ import annotations

import sys
import threading
from types import FrameType
from typing import Any

FRAME_LIMIT = 40
THREAD_LIMIT = 100
"""The newest; all of a thousand would not fit into a message."""


def stacks() -> list[dict[str, Any]]:
    """One entry a thread: {thread, name, frames: [{file, line, function}]}, the innermost frame last."""
    threads = {thread.ident: thread for thread in threading.enumerate()}
    entries = []
    for ident, frame in list(sys._current_frames().items())[-THREAD_LIMIT:]:
        thread = threads.get(ident)
        native = thread.native_id if thread is not None else None
        name = thread.name if thread is not None else "unknown"
        entries.append({"thread": native or 0, "name": name, "frames": _frames(frame)})
    return entries


def _frames(frame: FrameType | None) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = []
    while frame is not None and len(frames) < FRAME_LIMIT:
        code = frame.f_code
        frames.append({"file": code.co_filename, "line": frame.f_lineno, "function": code.co_qualname})
        frame = frame.f_back
    return frames[::-1]
