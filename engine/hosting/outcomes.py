"""What is told of a server that has stopped, could not be started, or whose host has died."""

from __future__ import annotations

from typing import Any

from ..debug.deaths import Death, place_members
from .entries import Entry
from .hosts import is_too_old
from .profile import Profile


def final_answer(entry: Entry) -> dict[str, Any]:
    """For who waits for a server to start or to stop."""
    if entry.state == "failed":
        return {"ok": False, "error": entry.error}
    return {"ok": True, "key": entry.key, "state": entry.state}


def failed_start(event: dict[str, Any]) -> dict[str, Any]:
    """The error that a host told before it served."""
    error = {"code": "failed", "sentence": "The server could not be started.", **event}
    return {**error, "code": str(error["code"]), "sentence": str(error["sentence"])}


def crash(profile: Profile, code: int, death: Death, identity: int) -> dict[str, Any]:
    """The error of a server whose host has died."""
    if is_too_old(code):
        sentence = f"{profile.interpreter} is older than Python 3.11; choose a newer interpreter."
        return {"code": "no_interpreter", "sentence": sentence}
    what = "The program" if profile.kind == "script" else "The server"
    about: dict[str, Any] = {"cause": death.cause, "exit": code, "server": identity, **place_members(death.place)}
    return {"code": "crashed", "sentence": f"{what} ended: {death.cause}.", **about}
