"""Where ours is meant to differ from the standard library's socketserver, and why: bugs that nobody can rely on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .scripts import Script


@dataclass(frozen=True)
class Difference:
    """`applies` says for which scripts the two stories may differ."""

    name: str
    reason: str
    applies: Callable[[Script], bool]


def _raises(script: Script, stage: str) -> bool:
    override = script.overrides.get(stage)
    return override is not None and bool(override.error)


DIFFERENCES = (
    Difference(
        "verify_request raises",
        "stdlib lets go of the accepted socket without closing it; ours calls shutdown_request",
        lambda script: _raises(script, "verify_request"),
    ),
    Difference(
        "handle_error raises in the accepting thread",
        "stdlib lets go of the request without shutdown_request; ours calls it",
        lambda script: _raises(script, "handle_error"),
    ),
    Difference(
        "shutdown_request or close_request raises",
        "stdlib leaves the connection open until the garbage is collected; ours closes it",
        lambda script: _raises(script, "shutdown_request") or _raises(script, "close_request"),
    ),
    Difference(
        "a stage raises through serve_forever",
        "stdlib's loop ends, silently if in a thread; ours logs and goes on, unless on_error is 'stop'",
        lambda script: (
            script.forever
            and any(_raises(script, stage) for stage in ("verify_request", "handle_error", "shutdown_request"))
        ),
    ),
)
BEYOND_SCRIPTS = {
    "no descriptors left": "stdlib's loop spins; ours pauses, tells and goes on",
    "server_close while serving": "stdlib's loop spins on a dead descriptor; ours ends",
    "shutdown before serve_forever, or twice": "stdlib waits for ever, or poisons the next loop; ours does neither",
    "shutdown from the serving thread": "stdlib waits for itself for ever; ours returns, and the loop ends",
    "a thread that cannot be started": "stdlib's server_close raises; ours forgets the thread",
    "other children of the process": "stdlib's ForkingMixIn may take their exit status; ours waits for its own only",
    "a datagram that has gone by the time it is read": "stdlib waits for the next one; ours looks at its selector",
}
"""Differences that no script can show; tests of the server room prove them."""
