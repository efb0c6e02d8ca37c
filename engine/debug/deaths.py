"""Reads what faulthandler wrote when a process died or was asked where it is, and puts an exit status into words."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass

_THREAD = re.compile(r"^(?:Current thread|Thread) 0x[0-9a-f]+.*\(most recent call first\):$")
_FRAME = re.compile(r'^  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.*)$')
_FATAL = re.compile(r"^Fatal Python error: (?P<cause>.*)$")

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


@dataclass(frozen=True, slots=True)
class Place:
    """A line of code that was being executed."""

    file: str
    line: int
    function: str


def places(dump: str) -> list[Place]:
    """The frames of the current thread of the last dump in the text, innermost first."""
    found: list[Place] = []
    current = False
    for line in dump.splitlines():
        if _THREAD.match(line):
            current = line.startswith("Current thread")
            found = [] if current else found
        elif current and (match := _FRAME.match(line)):
            found.append(Place(match["file"], int(match["line"]), match["function"]))
    return found


def fatal_cause(dump: str) -> str | None:
    """The words of the last fatal error in the text: "Segmentation fault"."""
    causes = [match["cause"] for line in dump.splitlines() if (match := _FATAL.match(line))]
    return causes[-1] if causes else None


def first_own(frames: list[Place], ours: str) -> Place | None:
    """The innermost frame of the user's own code: not of ours, not of Python's library if there is another."""
    theirs = [place for place in frames if not place.file.startswith(ours) and not place.file.startswith("<")]
    own = [place for place in theirs if "/lib/python" not in place.file]
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


def cause_of_death(code: int, dump: str, ours: str) -> str:
    """One phrase: "segmentation fault in handle, line 12 of crash.py"."""
    words = status_in_words(code)
    place = first_own(places(dump), ours) if fatal_cause(dump) is not None else None
    if place is None:
        return words
    name = place.file.rpartition("/")[2]
    return f"{words} in {place.function}, line {place.line} of {name}"
