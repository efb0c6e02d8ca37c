"""Reads what faulthandler wrote when a process died or was asked where it is, and puts an exit status into words."""

from __future__ import annotations

import linecache
import os
import re
import signal
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .failures import FRAME_LIMIT, source_around

SOURCE_LIMIT = 4 << 20

_THREAD = re.compile(r"^(?:Current thread|Thread) 0x(?P<ident>[0-9a-f]+).*\(most recent call first\):$")
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)$')
_FATAL = re.compile(r"^Fatal Python error: ", re.MULTILINE)

SIGNAL_WORDS = {
    signal.SIGSEGV: "segmentation fault",
    signal.SIGBUS: "bus error",
    signal.SIGABRT: "aborted",
    signal.SIGFPE: "arithmetic fault",
    signal.SIGILL: "illegal instruction",
    signal.SIGKILL: "killed (SIGKILL)",
    signal.SIGTERM: "terminated (SIGTERM)",
    signal.SIGINT: "interrupted (SIGINT)",
}

WHERE = int(getattr(signal, "SIGRTMAX", signal.SIGUSR2 + 2)) - 2
"""The signal at which faulthandler tells where a process is: one that hardly any program has a use for."""

CRASHES = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)
"""Signals at which faulthandler tells where the process was."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line of code that was being executed."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended. Without a dump of a fatal error there is no place, no frame and no thread."""

    words: str
    place: Place | None = None
    """The innermost line of the user's own code."""
    frames: tuple[Place, ...] = ()
    """Of the thread that died, innermost first."""
    thread: int | None = None
    """That thread, as `threading.get_ident()` numbers it."""

    @property
    def cause(self) -> str:
        """One phrase: "segmentation fault in handle, line 12 of crash.py"."""
        return self.words + in_words(self.place)


def in_words(place: Place | None) -> str:
    """Where, to be put behind a phrase: " in handle, line 12 of crash.py"."""
    if place is None:
        return ""
    return f" in {place.function}, line {place.line} of {place.file.rpartition('/')[2]}"


def place_members(place: Place | None) -> dict[str, Any]:
    """For a message to whoever opens the place in an editor."""
    return {} if place is None else {"file": place.file, "line": place.line, "function": place.function}


@dataclass(frozen=True, slots=True)
class DumpedThread:
    """One thread of a dump: as `threading.get_ident()` numbers it, and its frames, innermost first."""

    ident: int
    current: bool
    """Whether it is the one that died, or that was asked."""
    frames: list[Place]


def threads_in(dump: str) -> list[DumpedThread]:
    """All threads that the dumps in a text tell of."""
    found: list[DumpedThread] = []
    for line in dump.splitlines():
        if match := _THREAD.match(line):
            found.append(DumpedThread(int(match["ident"], 16), line.startswith("Current thread"), []))
        elif found and (match := _FRAME.match(line)):
            found[-1].frames.append(Place(match["file"], int(match["line"]), match["function"]))
    return found


def places(dump: str) -> list[Place]:
    """The frames of the current thread of the last dump in the text, innermost first."""
    return _current(dump)[1]


def _current(dump: str) -> tuple[int | None, list[Place]]:
    """The last thread in the text that is called the current one."""
    current = [thread for thread in threads_in(dump) if thread.current]
    return (current[-1].ident, current[-1].frames) if current else (None, [])


def fatal_dumps(text: str) -> list[str]:
    """The dumps of fatal errors in the text; those that were only asked for are left out."""
    starts = [match.start() for match in _FATAL.finditer(text)]
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def is_library(file: str) -> bool:
    """Whether a file is one of Python's library, or of what was installed."""
    return "/lib/python" in file


def first_own(frames: list[Place], ours: str) -> Place | None:
    """The innermost frame of the user's own code: not of ours, not of Python's library if there is another."""
    theirs = [place for place in frames if not place.file.startswith(ours) and not place.file.startswith("<")]
    own = [place for place in theirs if not is_library(place.file)]
    return next(iter(own or theirs), None)


def status_in_words(code: int) -> str:
    """What an exit code, or minus a signal's number, means."""
    if code >= 0:
        return f"exit code {code}"
    try:
        number = signal.Signals(-code)
    except ValueError:
        return f"signal {-code}"
    return SIGNAL_WORDS.get(number, f"signal {number.name}")


def death_of(code: int, text: str, ours: str) -> Death:
    """How a process ended, from its exit code (or minus a signal's number) and what faulthandler wrote."""
    dumps = fatal_dumps(text)
    if not dumps or -code not in CRASHES:
        return Death(status_in_words(code))
    thread, frames = _current(dumps[-1])
    return Death(status_in_words(code), first_own(frames, ours), tuple(frames), thread)


def described_frames(frames: Sequence[Place], ours: str) -> list[dict[str, Any]]:
    """The frames as debug/failures.py describes them, from the user's first one on; what a dump tells has no locals."""
    calls = list(frames)[::-1]
    first_engine = next((i for i, place in enumerate(calls) if place.file.startswith(ours)), 0)
    first = next((i for i in range(first_engine, len(calls)) if not calls[i].file.startswith(ours)), len(calls))
    return [
        {"file": place.file, "line": place.line, "function": place.function, "source": source_of(place), "locals": []}
        for place in calls[first:][-FRAME_LIMIT:]
    ]


def source_of(place: Place) -> list[list[Any]]:
    """The lines around a place. The name comes from a dying process: only plain files of common size are read."""
    try:
        status = os.stat(place.file)
    except (OSError, ValueError):
        return []
    plain = stat.S_ISREG(status.st_mode) and status.st_size <= SOURCE_LIMIT
    if not plain:
        return []
    linecache.checkcache(place.file)
    return source_around(place.file, place.line)
