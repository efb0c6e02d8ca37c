"""The child's main: loads the user's class, carries out one check, and answers. Everything here may hang or crash."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import sys
import threading
from dataclasses import asdict
from typing import Any, NoReturn

from ..hosting import alias
from ..hosting.loading import LoadingError, load_code
from ..hosting.profile import Profile
from . import cures, security
from .ears import silence_threads
from .patient import Patient, transport_of
from .records import NotMeasured, Traits
from .waiting import start
from .weaknesses import BY_NAME

MEMORY = 8 << 30
"""Address space, bytes: threads reserve much that they do not use."""
DESCRIPTORS = 1024
FILE_SIZE = 16 << 20
_DIE_WITH_PARENT = 1
_QUESTION = b"Where are you?\n"
"""Long enough for one who expects TLS to see that it is none."""


def main(channel: int) -> NoReturn:
    """Read the job, answer it, and end without tidying up: whatever the server left behind goes with the process."""
    with socket.socket(fileno=channel) as sock:
        job = json.loads(sock.makefile("rb").readline())
        _limit(job["timeout"])
        silence_threads()
        security.keep_from_forking_meanwhile()
        answer = _answer(job)
        sock.sendall(json.dumps(answer).encode() + b"\n")
    os._exit(0)


def _limit(timeout: float) -> None:
    """Bounds that hold even if the parent is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    seconds = int(timeout) + 2
    for limit, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_NOFILE, DESCRIPTORS),
        (resource.RLIMIT_FSIZE, FILE_SIZE),
    ):
        _, hard = resource.getrlimit(limit)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (most, most))
    signal.alarm(seconds)


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    try:
        kind = load(job)
        return _check(kind, job) if job["check"] else {"traits": asdict(look(kind, tls=job["tls"]))}
    except LoadingError as error:
        return {"refused": str(error)}
    except NotMeasured as error:
        return {"unknown": str(error)}
    except Exception as error:  # whatever a class does to a check, the answer is that it did
        return {"unknown": f"{type(error).__name__}: {error}"[:300]}


def load(job: dict[str, Any]) -> type:
    """The class. Raises LoadingError."""
    alias.install()
    profile = Profile(
        name="", handler_file=job["file"], handler_module=job["module"], handler_class=job["class"]
    )  # fmt: skip
    place = (job["file"] and os.path.basename(job["file"])) or job["module"]
    try:
        kind = load_code(profile)[1]
    except LoadingError as error:
        if error.event["code"] != "no_handler":
            raise
        raise LoadingError("no_class", f"There is no {job['class']} in {place}; name a server class.") from error
    if not isinstance(kind, type) or not hasattr(kind, "serve_forever"):
        raise LoadingError("no_class", f"{job['class']} in {place} is no server class: it has no serve_forever.")
    return kind


def look(kind: type, *, tls: bool) -> Traits:
    """Find out what kind of server this is, by making one and asking it; `tls`: it is to speak TLS.

    Raises LoadingError if that is impossible.
    """
    try:
        transport = transport_of(kind)
        own, workers = _asked_both_ways(kind)
        way = own
        if tls:
            way = _way_of_tls(kind, transport, own)
            workers = _workers(Patient(kind, tls=way))
    except LoadingError:
        raise
    except Exception as error:
        said = str(error) or type(error).__name__
        raise LoadingError("no_server", f"{kind.__name__} cannot be examined: {said}"[:300]) from error
    return Traits(kind.__name__, transport, workers, hasattr(kind, "max_children"), cures.known_to(kind), way)


def _asked_both_ways(kind: type) -> tuple[str, str]:
    """How it speaks TLS already, if it does, and where its handlers run."""
    try:
        return "", _workers(Patient(kind))
    except (OSError, ValueError) as error:  # no answer, or one in TLS
        try:
            return security.OWN, _workers(Patient(kind, tls=security.OWN))
        except (OSError, ValueError):
            if why := _refusal(Patient(kind, tls=security.OWN)):
                raise NotMeasured(why) from None
            raise error from None


def _refusal(patient: Patient) -> str:
    """What a server has against a client that shakes hands and waits; "" if nothing."""
    server = patient.server(patient.echo())
    start(server.serve_forever)
    try:
        with patient.client(server, 1) as client:
            client.recv(1)
    except OSError as error:
        return security.refusal(error)
    return ""


def _way_of_tls(kind: type, transport: str, own: str) -> str:
    if own:
        raise LoadingError("tls", f"{kind.__name__} speaks TLS already: leave out --tls.")
    if transport not in ("tcp", "unix"):
        raise LoadingError("tls", f"{kind.__name__} serves datagrams, and TLS needs connections: leave out --tls.")
    return security.way_for(kind)


def _workers(patient: Patient) -> str:
    """Where handlers run: they answer with their process and thread. Raises OSError or ValueError if they do not."""

    def handle(handler: Any) -> None:
        answer = f"{os.getpid()} {threading.get_ident()}".encode()
        if isinstance(handler.request, tuple):
            handler.request[1].sendto(answer, handler.client_address)
        else:
            handler.request.recv(len(_QUESTION))  # unread, it would destroy the answer
            handler.request.sendall(answer)

    server = patient.server(patient.handler(handle))
    loop = start(server.serve_forever)
    with patient.client(server) as client:
        client.send(_QUESTION)
        process, thread = map(int, client.recv(100).split())
    if process != os.getpid():
        return "process"
    return "loop" if thread == loop.ident else "thread"


def _check(kind: type, job: dict[str, Any]) -> dict[str, Any]:
    traits = Traits(**{**job["traits"], "cures": tuple(job["traits"]["cures"])})
    patient = Patient(kind, traits, [cures.CURES[name] for name in job["cures"]])
    finding = BY_NAME[job["check"]].check(patient)
    return {"weak": finding.weak, "figure": finding.figure, "numbers": finding.numbers}
