"""How a request ended, in words, where there is no traceback to show."""

from __future__ import annotations

from collections.abc import Sequence

from app.text import duration, number, safe_text, tr
from engine.capture.records import FailureRecord, RequestRecord, State
from engine.observe.causes import Cause


def calm_sentence(request: RequestRecord | None, now: int) -> str:
    """What the tab says when there is no failure."""
    if request is None:
        return tr("Select a request.")
    if request.state.live:
        lasted = duration(now - request.opened)
        return tr("Still being served, for {time}; nothing was raised so far.").format(time=lasted)
    if request.state is State.REJECTED:
        return tr("verify_request returned False: the handler was never called.")
    lasted = duration((request.closed or now) - request.opened)
    if request.error:
        return tr("{error} after {time}; no traceback was recorded.").format(
            error=safe_text(request.error), time=lasted
        )
    return tr("Handler returned normally in {time}.").format(time=lasted)


def cause_word(cause: Cause) -> str:
    """Whose doing an exception is."""
    words = {Cause.BUG: tr("error"), Cause.PEER: tr("closed by peer"), Cause.TIMEOUT: tr("timed out")}
    return words[cause]


def further_sentence(failures: Sequence[FailureRecord]) -> str:
    """What a request raised after its first failure, "" if nothing."""
    words = tr("then in {stage}: {what}")
    return "; ".join(
        words.format(
            stage=one.stage.method, what=safe_text(f"{one.type}: {one.message}" if one.message else one.type, 120)
        )
        for one in failures
    )


def sent_sentence(request: RequestRecord, count: int) -> str:
    """How much was sent, and why nothing was."""
    if count:
        return tr("→ out {n} B").format(n=number(count))
    if request.state is State.KILLED:
        return tr("→ out 0 B — died before its first write")
    return tr("→ out 0 B — raised before its first write")
