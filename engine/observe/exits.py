"""A chance to speak before a process ends, or becomes another program: `os._exit` and `os.exec*` call no `atexit`."""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, Protocol


class Speaker(Protocol):
    """Somebody with facts that nobody has yet."""

    def flush(self) -> None:
        """The interpreter ends."""

    def last_words(self) -> None:
        """This process ends now. Takes a moment at most, also in a signal handler."""


_speakers: weakref.WeakSet[Speaker] = weakref.WeakSet()


def _after_last_words(plain: Callable[..., NoReturn]) -> Callable[..., NoReturn]:
    @wraps(plain)
    def end(*arguments: Any, **keywords: Any) -> NoReturn:
        try:
            for speaker in list(_speakers):
                speaker.last_words()
        finally:
            plain(*arguments, **keywords)

    return end


_ENDS = {name: _after_last_words(getattr(os, name)) for name in ("_exit", "execv", "execve") if hasattr(os, name)}
"""All others of their kind come to these."""


def hear_before_exit(speaker: Speaker) -> None:
    """From now on, whoever ends this process or its forked children by one of these lets `speaker` speak first."""
    _speakers.add(speaker)
    vars(os).update(_ENDS)


@atexit.register
def _flush() -> None:
    for speaker in list(_speakers):
        speaker.flush()
