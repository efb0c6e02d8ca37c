"""Threads: dead ones kept, the price of finding them, and one that cannot be started."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..ears import Tally
from ..patient import Patient
from ..records import Finding, NotMeasured
from ..waiting import start, until

CLIENTS = 40
CROWD = 60


def _busy(patient: Patient, many: int) -> Callable[[], None]:
    """Keep so many threads of a server busy, if it has so many; returns what lets them go."""
    if patient.traits.stream:
        server = patient.server(patient.echo(), request_queue_size=256)
        patient.serve(server)
        clients = [patient.ask(server) for _ in range(many)]

        def leave() -> None:
            for client in clients:
                client.close()

        return leave
    over, begun = threading.Event(), Tally()

    def handle(handler: Any) -> None:
        begun.add()
        over.wait()

    server = patient.server(patient.handler(handle))
    start(server.serve_forever)
    for _ in range(many):
        with suppress(OSError):  # a pool takes no more
            patient.client(server, 0.1).send(b"x")
    until(lambda: begun.count >= many, 1)
    return over.set


def kept_threads(patient: Patient) -> Finding:
    """How many dead threads a server keeps after its clients have gone."""
    before = set(map(id, _threads()))
    release = _busy(patient, CLIENTS)
    new = [thread for thread in _threads() if id(thread) not in before]
    release()

    def dead() -> list[threading.Thread]:
        return [thread for thread in _threads() if id(thread) not in before and not thread.is_alive()]

    until(lambda: sum(thread.is_alive() for thread in new) < 3, 1)  # a pool keeps its threads, alive
    new.clear()
    gc.collect()
    kept = len(dead())
    return Finding(kept > CLIENTS // 2, f"{kept} of {CLIENTS} are kept", {"kept": kept})


def _threads() -> list[threading.Thread]:
    return [thread for thread in gc.get_objects() if isinstance(thread, threading.Thread)]


def costly_reaping(patient: Patient) -> Finding:
    """How many threads are looked at for each request while many live."""
    looks = [0]
    plain = threading.Thread.is_alive

    def is_alive(thread: threading.Thread) -> bool:
        looks[0] += 1
        return plain(thread)

    threading.Thread.is_alive = is_alive  # type: ignore[method-assign,assignment]  # this process ends with the check
    try:
        _busy(patient, CROWD)
    finally:
        threading.Thread.is_alive = plain  # type: ignore[method-assign]
    each = looks[0] / CROWD
    return Finding(each > 10, f"{each:.1f} threads looked at for each of {CROWD} requests", {"looks": each})


def unstartable_thread(patient: Patient) -> Finding:
    """What happens when the system refuses a thread."""
    server = patient.server(patient.echo(), handle_error=lambda *arguments: None)
    loop = patient.serve(server)
    refused = _refuse_threads(loop)
    try:
        patient.knock(server)
        if not until(lambda: refused() or not loop.is_alive(), 1):
            return Finding(False, "it needed no new thread", {"wrong": 0})
    finally:
        _allow_threads()
    patient.dismiss()
    wrong = [] if loop.is_alive() else ["serve_forever() died"]
    wrong += _closing(server)
    return Finding(bool(wrong), ", ".join(wrong) or "the server goes on, and closes", {"wrong": len(wrong)})


_plain_start = threading.Thread.start


def _refuse_threads(loop: threading.Thread) -> Callable[[], int]:
    calls: list[bool] = []

    def refused(thread: threading.Thread) -> None:
        if threading.current_thread() is not loop:
            return _plain_start(thread)
        calls.append(True)
        raise RuntimeError("can't start new thread")

    threading.Thread.start = refused  # type: ignore[method-assign,assignment]  # this process ends with the check
    return lambda: len(calls)


def _allow_threads() -> None:
    threading.Thread.start = _plain_start  # type: ignore[method-assign]


def _closing(server: Any) -> list[str]:
    """What is wrong with `server_close`."""
    errors: list[str] = []

    def close() -> None:
        try:
            server.shutdown()
            server.server_close()
        except RuntimeError as error:
            errors.append(f"server_close() raises: {error}")

    closing = threading.Thread(target=close, daemon=True)
    closing.start()
    closing.join(2)
    return ["server_close() hangs"] if closing.is_alive() else errors


def silent_clients(patient: Patient) -> Finding:
    """Whether a limit keeps clients that say nothing from each holding a thread."""
    held: list[bool] = []

    def handle(handler: Any) -> None:
        held.append(True)
        handler.request.recv(1)

    server = patient.server(patient.handler(handle), request_queue_size=128)
    start(server.serve_forever)
    for _ in range(CLIENTS):
        patient.knock(server, b"")
    if not until(lambda: held):
        raise NotMeasured("No client is served.")
    until(lambda: len(held) >= CLIENTS, 1)
    return Finding(len(held) >= CLIENTS, f"{CLIENTS} silent clients hold {len(held)} threads", {"threads": len(held)})
