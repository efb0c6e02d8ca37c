"""Where a request is held, in words: before or after which stage, or where bytes pass."""

from __future__ import annotations

from app.text import tr
from engine.debug.gates import BEFORE, RAISED, RECEIVED, SENT

SHORT = {"verify_request": "verify", "process_request": "process", "shutdown_request": "shutdown"}
"""What stages are called where there is little room."""
LINE = "line"
"""How the place of a thread begins that is stopped at one."""


def point_text(point: str, when: str) -> str:
    """As `socketserver` names the stage: "before verify_request", "bytes received", "exception"."""
    words = {RECEIVED: tr("bytes received"), SENT: tr("bytes about to be sent"), RAISED: tr("exception")}
    if point in words:
        return words[point]
    return (tr("before {stage}") if when == BEFORE else tr("after {stage}")).format(stage=point)


def place_text(place: str) -> str:
    """A capture's place in few words: "before verify", "bytes received", "" for none."""
    when, _, stage = place.partition(" ")
    if when == LINE:
        return tr("line {n}").format(n=stage)
    if not stage:
        return {RECEIVED: tr("bytes received"), SENT: tr("before sending"), RAISED: tr("exception")}.get(place, "")
    return point_text(SHORT.get(stage, stage), when)
