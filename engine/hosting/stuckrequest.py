"""A request that is stuck: why, who holds what it waits for, whether they wait in a circle, and a sentence about it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from ..capture.live import Serving
from ..debug.deaths import first_own, place_members
from ..debug.whereabouts import Doing
from .finding import places_of
from .hosts import OURS

CODES = {Doing.INTERPRETER: "hung", Doing.RUNNING: "busy", Doing.LOCK: "lock", Doing.QUEUE: "queue"}
"""The codes of warnings about what is stuck, the worst first."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """One request that does not get on; `about` are the members that tell why, as debug/whereabouts.py names them."""

    serving: Serving
    about: dict[str, Any]

    @property
    def doing(self) -> Doing:
        """Why."""
        return Doing(self.about["doing"])

    def line(self, key: str) -> dict[str, Any]:
        """For the tick."""
        one = self.serving
        return {"key": key, "request": one.request, "pid": one.pid, "thread": one.thread, "since": one.since} | {
            name: value for name, value in self.about.items() if name not in ("frames", "pid", "thread", "name")
        }


def mark_deadlocks(found: dict[int, Stuck]) -> None:
    """Requests that wait for each other's locks, in a circle, never get on: each knows the circle from now on."""
    holds = {number: [one.get("request") for one in stuck.about.get("holders", ())] for number, stuck in found.items()}
    for number, stuck in found.items():
        circle, waiting = [number], holds[number][:1]
        while waiting and waiting[0] in found and waiting[0] not in circle:
            circle.append(waiting[0])
            waiting = holds[waiting[0]][:1]
        stuck.about["deadlock"] = sorted(circle) if waiting[:1] == [number] and len(circle) > 1 else []


def described(about: dict[str, Any], owners: dict[tuple[int, int], int]) -> dict[str, Any]:
    """An entry with the innermost line of the user's code, and the requests of those who hold what it waits for."""
    place = first_own(places_of(about), OURS)
    holders = [
        {**holder, "request": owners.get((about["pid"], int(holder.get("thread") or 0)), 0)}
        for holder in about["holders"]
    ]
    return {**about, "holders": holders, **place_members(place)}


def sentence_of(stuck: Stuck) -> str:
    """One sentence for people."""
    one, about = stuck.serving, stuck.about
    seconds = max(1, round((time.monotonic_ns() - one.since) / 1e9))
    where = _where(about)
    if stuck.doing is Doing.QUEUE:
        return f"Request #{one.request} has waited {seconds} s for a worker: all of them are busy."
    if stuck.doing is Doing.RUNNING:
        return f"Request #{one.request} has kept a processor busy for {seconds} s{where}."
    lock = about["call"].removeprefix("with ") or "a lock"
    if about.get("deadlock"):
        others = " and ".join(f"#{number}" for number in about["deadlock"])
        return f"Deadlock: requests {others} wait for each other's locks; #{one.request} for {lock}{where}."
    return f"Request #{one.request} has waited {seconds} s for {lock}{where}{_held_by(about, one.thread)}."


def _where(about: dict[str, Any]) -> str:
    file = str(about.get("file", "")).rpartition("/")[2]
    return f" in {about['function']}, line {about['line']} of {file}" if file else ""


def _held_by(about: dict[str, Any], waiting: int) -> str:
    holders = about["holders"]
    if not holders:
        return "; nobody's stack shows who holds it" if about["kind"] else ""
    first = holders[0]
    if first.get("thread") == waiting:
        return f", which it holds itself since line {first.get('line', '?')}"
    who = f"request #{first['request']}" if first.get("request") else str(first.get("name") or "another thread")
    return f", held by {who}" + (f" since line {first['line']}" if first.get("line") else "")
