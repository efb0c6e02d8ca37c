"""A chance to speak before a process ends: by itself, or by `os._exit`, which calls no `atexit` functions."""

from __future__ import annotations

import atexit
import os
import weakref
from functools import wraps
from typing import NoReturn, Protocol


class Speaker(Protocol):
    """Somebody with facts that nobody has yet."""

    def flush(self) -> None:
        """The interpreter ends."""

    def last_words(self) -> None:
        """This process ends now. Takes a moment at most, also in a signal handler."""


_speakers: weakref.WeakSet[Speaker] = weakref.WeakSet()
_plain = os._exit


@wraps(_plain)
def _exit(status: int) -> NoReturn:
    try:
        for speaker in list(_speakers):
            speaker.last_words()
    finally:
        _plain(status)


def hear_before_exit(speaker: Speaker) -> None:
    """From now on, whoever calls `os._exit` in this process or its forked children lets `speaker` speak first."""
    _speakers.add(speaker)
    os._exit = _exit


@atexit.register
def _flush() -> None:
    for speaker in list(_speakers):
        speaker.flush()
