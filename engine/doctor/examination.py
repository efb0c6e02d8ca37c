"""The parent's side: one child a check, bounded in time, and killed with everything that descends from it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..hosting.processes import MARK, become_subreaper, kill_run, reap_orphans, signal_group
from .cures import HARDENED
from .records import Cure, Diagnosis, Traits, Verdict, Weakness

BOOT = str(Path(__file__).parent.parent / "hosting" / "boot.py")
ANSWER_LIMIT = 1 << 16


class Refused(ValueError):  # noqa: N818 - named after what happened
    """The target cannot be examined; the text is one sentence."""


@dataclass(frozen=True)
class Target:
    """Where the class is: in a file, or in a module that can be imported from here."""

    file: str
    module: str
    name: str


class Examination:
    """Examines one class. `timeout` is for each check, seconds.

    `hardened`: examine it as `harden` makes it, and with whatever limit or call a weakness is cured by besides.
    `tls`: have it speak TLS. Raises Refused.
    """

    def __init__(self, target: Target, timeout: float, *, hardened: bool = False, tls: bool = False) -> None:
        self._target = target
        self._timeout = timeout
        self._tls = tls
        self._base = (HARDENED,) if hardened else ()
        become_subreaper()
        answer = self._ask("", None)
        if "traits" not in answer:
            raise Refused(answer.get("refused") or answer.get("unknown", "The class gives no answer."))
        given = answer["traits"]
        self.traits = Traits(**{**given, "cures": tuple(given["cures"])})
        if hardened and HARDENED.name not in self.traits.cures:
            why = (
                "is hardened already" if self.traits.cures else "is no class of this engine, and harden() is for those"
            )
            raise Refused(f"{self.traits.name} {why}: leave out --hardened.")

    def run(self, weaknesses: Sequence[Weakness]) -> Iterator[Diagnosis]:
        """Check for each weakness in turn."""
        return map(self.check, weaknesses)

    def check(self, weakness: Weakness) -> Diagnosis:
        """Check for one weakness; where the class has it and knows a cure, check whether that helps."""
        if why := weakness.why_not(self.traits):
            return Diagnosis(weakness, Verdict.NOT_APPLICABLE, why)
        found = self._diagnose(weakness, self._base)
        if found.verdict is not Verdict.HAS:
            return found
        known = [cure for cure in weakness.cures if cure.name in self.traits.cures and cure not in self._base]
        for cure in 2 * known:  # a busy machine may spoil a trial
            cured = self._diagnose(weakness, (*self._base, cure))
            if cured.verdict is Verdict.HAS_NOT:
                better, verdict = (cured, Verdict.HAS_NOT) if self._base else (found, Verdict.OPT_IN)
                return Diagnosis(weakness, verdict, better.figure, better.numbers, cure.told)
        return found

    def _diagnose(self, weakness: Weakness, cures: Sequence[Cure]) -> Diagnosis:
        answer = self._ask(weakness.name, self.traits, cures)
        if "weak" not in answer:
            return Diagnosis(weakness, Verdict.UNKNOWN, answer.get("unknown", "The class gives no answer."))
        verdict = Verdict.HAS if answer["weak"] else Verdict.HAS_NOT
        return Diagnosis(weakness, verdict, answer["figure"], answer["numbers"])

    def _ask(self, check: str, traits: Traits | None, cures: Sequence[Cure] = ()) -> dict[str, Any]:
        target = self._target
        job = {
            "file": target.file, "module": target.module, "class": target.name, "check": check,
            "cures": [cure.name for cure in cures], "traits": asdict(traits) if traits else None,
            "timeout": self._timeout, "tls": self._tls,
        }  # fmt: skip
        directory = tempfile.mkdtemp(prefix="doctor-")
        try:
            return _in_child(job, directory, self._timeout)
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _in_child(job: dict[str, Any], directory: str, timeout: float) -> dict[str, Any]:
    run = uuid.uuid4().hex
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = subprocess.Popen(
            [sys.executable, BOOT, "doctor.trial", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            env={**os.environ, MARK: run, "TMPDIR": directory},
        )
        theirs.close()
        try:
            ours.sendall(json.dumps(job).encode() + b"\n")
            return _read(ours, time.monotonic() + timeout, timeout)
        except BrokenPipeError:
            return {"unknown": "The process ended before it was asked."}
        finally:
            _end(child, run)


def _end(child: subprocess.Popen[bytes], run: str) -> None:
    """Kill the child and all that it started, also what left its session or outlived it."""
    signal_group(child.pid, signal.SIGKILL)
    child.kill()
    child.wait()
    kill_run(run)
    reap_orphans(())


def _read(sock: socket.socket, deadline: float, timeout: float) -> dict[str, Any]:
    """The answer. It comes from a process that runs the user's code: it may be anything."""
    data = b""
    while not data.endswith(b"\n") and len(data) < ANSWER_LIMIT:
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            piece = sock.recv(4096)
        except TimeoutError:
            return {"unknown": f"no answer within {timeout:g} s"}
        except ConnectionResetError:
            piece = b""
        if not piece:
            return {"unknown": "the process ended without an answer"}
        data += piece
    try:
        answer = json.loads(data)
    except ValueError:
        answer = None
    return answer if isinstance(answer, dict) else {"unknown": "the process gave an answer that is none"}
