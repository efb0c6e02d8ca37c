"""`socketscope run`: an unmodified program, with every socketserver-based server that it makes being watched."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from typing import Any

from ..hosting.profile import Profile
from .dicing import make_faults
from .serve import announcer
from .session import OnServer, Session, run_session
from .terminal import BAD_INPUT, complain, safe

WITH_VALUE = ("--record", "--python", "--fault", "--seed")


def split_program(words: list[str]) -> tuple[list[str], list[str]]:
    """Our own options up to the program, and the program with its arguments, which are its own affair."""
    place = 1
    while place < len(words):
        word = words[place]
        if word == "--":
            return words[:place], words[place + 1 :]
        if word == "-m" or not word.startswith("-"):
            break
        place += 2 if word in WITH_VALUE else 1
    return words[:place], words[place:]


def run(options: argparse.Namespace) -> int:
    """Run the program to its end, or until SIGINT or SIGTERM."""
    program: list[str] = options.program
    if program[:1] == ["-m"]:
        target, arguments = program[1:2], program[2:]
    else:
        target, arguments = program[:1], program[1:]
    if not target:
        return complain("Name a program: SCRIPT ARGS ..., or -m MODULE ARGS ...", BAD_INPUT)
    try:
        faults = make_faults(options.fault, options.seed, "")
    except ValueError as error:
        return complain(str(error), BAD_INPUT)
    is_module = program[0] == "-m"
    profile = Profile(
        name=target[0] if is_module else os.path.basename(target[0]),
        kind="script",
        module=target[0] if is_module else "",
        script="" if is_module else target[0],
        arguments=tuple(arguments),
        interpreter=options.python,
    )
    output = sys.stderr if options.json else sys.stdout
    return run_session(profile, options.record, output, partial(_announcer, as_json=options.json), faults)


def _announcer(session: Session, *, as_json: bool) -> OnServer:
    """Standard output belongs to the program, unless JSON is wanted there."""
    if as_json:
        return announcer(session, as_json=True)

    def announce(server: dict[str, Any]) -> None:
        sys.stderr.write(f"socketscope: listening on {safe(server['address'])}\n")
        sys.stderr.flush()

    return announce
