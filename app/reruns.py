"""Requests run again: orders it, hears what came of it, and knows which two answers are to be compared."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.link.link import Link
from app.link.tick import Trouble
from app.models.selection import Selection
from app.text import number, tr
from engine.capture.reader import BadCapture


@dataclass(frozen=True, slots=True)
class Pair:
    """Two requests whose answers are compared."""

    old: int
    new: int


@dataclass(slots=True)
class Bench:
    """What has come of one order so far. Durations are ns, from connecting to the last byte of the answer."""

    request: int
    expected: int = 1
    """How many playbacks were ordered."""
    equal: int = 0
    different: int = 0
    failed: int = 0
    shortest: int = 0
    longest: int = 0
    total: int = 0
    odd: int | None = None
    """The first request whose answer differs."""
    last: int | None = None
    sentence: str = ""
    """Why the last one failed."""
    running: bool = True

    @property
    def played(self) -> int:
        """How many were answered, or not answered, by a server that could be talked to."""
        return self.equal + self.different

    def take(self, event: Mapping[str, Any]) -> None:
        """Count an event of the clients."""
        if event.get("what") == "failed":
            self.failed += 1
            self.sentence = str(event.get("sentence", ""))
        elif event.get("what") == "ended" and event.get("client") is None:
            self.running = False
        elif event.get("what") == "played":
            self._count(event)

    def _count(self, event: Mapping[str, Any]) -> None:
        took, request = int(event.get("took", 0)), event.get("request")
        self.shortest = min(took, self.shortest) if self.played else took
        self.longest, self.total = max(took, self.longest), self.total + took
        if event.get("equal"):
            self.equal += 1
        else:
            self.different += 1
            self.odd = self.odd or request
        self.last = request or self.last


class Reruns(QObject):
    """One for a window."""

    pair_changed = Signal()
    """Another pair is to be compared."""
    benched = Signal()
    """Something has come of the newest order; see `bench`."""
    answered = Signal(object)
    """Pair: a request that was run again once, by a key or a button, has its row."""
    refused = Signal(str)
    """Why a request cannot be run again."""

    def __init__(self, link: Link, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self._selection = selection
        self._chosen: Pair | None = None
        self.bench: Bench | None = None
        """What came of the newest order."""
        self._run: int | None = None
        self._early: list[Mapping[str, Any]] = []
        """Events may overtake the reply that names their run."""
        self._shows = False
        link.event_received.connect(self._on_event)
        link.lost.connect(lambda _sentence: self._end())
        link.respawned.connect(self._forget)

    def run_again(self, request: int) -> None:
        """Send a request's bytes once more, at once, and show the new answer beside the old one when it is there."""
        self.order(request, shows=True)

    def order(
        self,
        request: int,
        *,
        payloads: Sequence[bytes] | None = None,
        repeat: int = 1,
        clients: int = 1,
        at_once: bool = True,
        shows: bool = False,
    ) -> None:
        """Let `clients` send it `repeat` times each, `payloads` in the place of its chunks if they are given."""
        self.bench = Bench(request, repeat * clients)
        self._run, self._shows = None, shows
        self._early.clear()
        how: dict[str, Any] = {"repeat": repeat, "clients": clients, "at_once": at_once}
        if payloads is not None:
            how["payloads"] = [base64.b64encode(payload).decode("ascii") for payload in payloads]
        self._link.order("run_again", self._on_started, self._on_refused, request=request, **how)
        self.benched.emit()

    def stop(self) -> None:
        """Let the clients of the newest order stop."""
        if self._run is not None and self.bench is not None and self.bench.running:
            self._link.stop_clients(self._run)

    def show(self, request: int) -> None:
        """Show a request's answer beside the one that it is compared with."""
        self._chosen = None
        self._selection.select_request(request)
        self.pair_changed.emit()

    # What is compared

    def compare(self, one: int, other: int) -> None:
        """Compare the answers of any two requests; the older one is the old one."""
        self._chosen = Pair(min(one, other), max(one, other))
        self.pair_changed.emit()

    def pair_of(self, request: int | None) -> Pair | None:
        """What a request's answer is compared with: what was chosen, else what it repeats, else its newest rerun."""
        if request is None:
            return None
        chosen = self._chosen
        if chosen is not None and request in (chosen.old, chosen.new):
            return chosen
        try:
            old = self._link.reader.rerun_of(request)
            new = None if old is not None else self._link.reader.last_rerun(request)
        except BadCapture:
            return None
        return Pair(old, request) if old is not None else Pair(request, new) if new is not None else None

    # What is heard

    def _on_started(self, reply: Mapping[str, Any]) -> None:
        self._run = int(reply["clients"])
        early, self._early = self._early, []
        for event in early:
            self._on_event(event)

    def _on_refused(self, trouble: Trouble) -> None:
        self._end(trouble.sentence)
        self.refused.emit(trouble.sentence)

    def _on_event(self, event: Mapping[str, Any]) -> None:
        if event.get("event") != "clients" or "of" not in event or self.bench is None or not self.bench.running:
            return
        if self._run is None:
            self._early.append(event)
        elif event.get("clients") == self._run:
            self.bench.take(event)
            self._tell(event)
            self.benched.emit()

    def _tell(self, event: Mapping[str, Any]) -> None:
        if event.get("what") == "failed":
            self.refused.emit(str(event.get("sentence", "")))
        request = event.get("request")
        if self._shows and event.get("what") == "played" and isinstance(request, int):
            self._chosen = None
            self.answered.emit(Pair(int(event["of"]), request))

    def _end(self, sentence: str = "") -> None:
        if self.bench is not None and self.bench.running:
            self.bench.running, self.bench.sentence = False, sentence
            self.benched.emit()

    def _forget(self) -> None:
        self._chosen = self.bench = None
        self.benched.emit()


def in_words(bench: Bench) -> str:
    """What has come of an order, in one sentence."""
    if not bench.played and bench.sentence:
        return bench.sentence
    if bench.running and not bench.played:
        return tr("Running #{n} again …").format(n=bench.request)
    answers = tr("{n} of {all} answered").format(n=number(bench.played), all=number(bench.expected))
    if bench.different:
        same = tr("{n} differ from #{old}").format(n=number(bench.different), old=bench.request)
    else:
        same = tr("all equal to #{old}").format(old=bench.request)
    failed = tr("{n} failed").format(n=number(bench.failed)) if bench.failed else ""
    return "  ·  ".join(part for part in (answers, same, failed) if part)
