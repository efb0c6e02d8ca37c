"""User code that raises: which override takes the whole server down, and which leaves a client hanging."""

from __future__ import annotations

from typing import Any

from ..patient import Patient, start
from ..records import Finding

GRACE = 0.15
"""Seconds in which a loop that is going to die has died."""


class DeliberateError(ValueError):
    """What the overrides of these checks raise."""


def _raise(*arguments: Any) -> Any:
    raise DeliberateError("for the doctor")


def _leave(*arguments: Any) -> Any:
    raise SystemExit("for the doctor")


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
    handler, members = patient.echo(), {name: _once(patient.kind, name)}
    if name == "handle_error":
        handler, members = patient.handler(_raise), {name: _raise}
    elif name not in dir(patient.kind):
        handler, members = patient.handler(_leave), {}
    server = patient.server(handler, **members)
    thread = start(lambda: server.serve_forever(0.02))
    with patient.client(server) as client:
        client.send(b"hello")
    thread.join(3 * GRACE)
    return not thread.is_alive()


def _once(kind: type, name: str) -> Any:
    """An override that raises once, and then does what the class does."""
    raised: list[bool] = []

    def override(server: Any, *arguments: Any) -> Any:
        if not raised:
            raised.append(True)
            _raise()
        return getattr(kind, name)(server, *arguments)

    return override


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
    with patient.client(server) as client:
        client.settimeout(3 * GRACE)
        try:
            return client.recv(1) != b""
        except TimeoutError:
            return True
        except OSError:
            return False


def _hush(*arguments: Any) -> None:
    """Instead of printing."""
