"""User code that raises: which override takes the whole server down, and which leaves a client hanging."""

from __future__ import annotations

from typing import Any

from ..ears import Tally
from ..patient import Patient
from ..records import Finding, NotMeasured
from ..waiting import start, until

GRACE = 0.15
"""Seconds in which a loop that is going to die has died."""


class DeliberateError(ValueError):
    """What the overrides of these checks raise."""


def _raise(*arguments: Any) -> Any:
    raise DeliberateError("for the doctor")


def dying_loop(patient: Patient) -> Finding:
    """Which overrides end `serve_forever` when they raise once."""
    fatal = [name for name in _overrides(patient) if _dies(patient, name)]
    said = f"it dies of {', '.join(fatal)}" if fatal else "it survives every one"
    return Finding(bool(fatal), said, {"fatal": len(fatal)})


def _overrides(patient: Patient) -> list[str]:
    names = ["verify_request", "get_request", "service_actions"]
    if patient.traits.workers == "loop":
        names += ["handle_error", "SystemExit in a handler"]
        names += ["shutdown_request"] if patient.traits.stream else []
    return names


def _dies(patient: Patient, name: str) -> bool:
    called = Tally()

    def fail(*arguments: Any) -> Any:
        called.add()
        _raise()

    def leave(handler: Any) -> None:
        called.add()
        raise SystemExit("for the doctor")

    def override(server: Any, *arguments: Any) -> Any:
        return getattr(patient.kind, name)(server, *arguments) if called.count else fail()

    members: dict[str, Any] = {name: override}
    handler = patient.handler(lambda handler: None)
    if name == "handle_error":
        handler, members = patient.handler(_raise), {name: fail}
    elif name not in dir(patient.kind):
        handler, members = patient.handler(leave), {}
    server = patient.server(handler, **members)
    thread = start(lambda: server.serve_forever(0.02))
    patient.knock(server)
    if not until(lambda: called.count):
        raise NotMeasured(f"The server does not come to {name}.")
    thread.join(3 * GRACE)
    return not thread.is_alive()


def leaking_socket(patient: Patient) -> Finding:
    """Whether the accepted socket stays open when an override raises."""
    overrides = ["verify_request", "shutdown_request"]
    leaking = [name for name in overrides if _leaks(patient, name)]
    said = f"it stays open after {', '.join(leaking)}" if leaking else "it is closed"
    return Finding(bool(leaking), said, {"leaking": len(leaking)})


def _leaks(patient: Patient, name: str) -> bool:
    kept: list[Any] = []

    def override(server: Any, request: Any, *arguments: Any) -> Any:
        kept.append(request)  # else the collector closes it, sooner or later
        _raise()

    server = patient.server(patient.handler(lambda handler: None), **{name: override, "handle_error": _hush})
    start(lambda: server.serve_forever(0.02))
    try:
        with patient.client(server, 3 * GRACE) as client:
            return client.recv(1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def _hush(*arguments: Any) -> None:
    """Instead of printing."""
