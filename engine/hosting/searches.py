"""Answers "where is it now?": about one request, and about everything that a server and its children are at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..capture.live import Serving
from ..capture.writer import CaptureWriter
from ..debug.deaths import Place, source_of
from ..debug.whereabouts import Doing
from .finding import NO_BEAT, Finder, places_of
from .hosts import OURS, HostProcess
from .stuckrequest import described

CHILDREN_LIMIT = 40
FRAMES_LIMIT = 20
"""Frames of which the source is told."""


class Searches:
    """Searches for live requests."""

    def __init__(self, writer: CaptureWriter, finder: Finder) -> None:
        self._writer = writer
        self._finder = finder

    def one(self, host: HostProcess, request: int, found: Callable[[dict[str, Any]], None]) -> None:
        """Where the worker of a request is. Its frames are the user's, each with the source around its line."""
        serving = next((one for one in self._writer.live(host.number) if one.request == request), None)
        if serving is None or not serving.pid:
            found({"request": request, "doing": Doing.QUEUE, "frames": [], "holders": []})
            return

        def tell(entries: list[dict[str, Any]]) -> None:
            about = next((entry for entry in entries if entry["thread"] == serving.thread), None)
            found(self._one(host, serving, about))

        self._finder.ask(host, serving.pid, [serving.thread], tell)

    def _one(self, host: HostProcess, serving: Serving, about: dict[str, Any] | None) -> dict[str, Any]:
        if about is None:
            return {"request": serving.request, "doing": Doing.WAITING, "frames": [], "holders": []}
        if host.silent > NO_BEAT and serving.pid == host.pid:
            about = {**about, "doing": Doing.INTERPRETER}
        elif about["doing"] == Doing.RUNNING and serving.waiting:
            about = {**about, "doing": Doing.WAITING}
        whole = described(about, self._owners(host))
        frames = [_with_source(place) for place in own_calls(places_of(about))[-FRAMES_LIMIT:]]
        return {**whole, "request": serving.request, "since": serving.since, "frames": frames}

    def everything(self, host: HostProcess, found: Callable[[list[dict[str, Any]]], None]) -> None:
        """Where all threads of a host are, and those of its children that serve requests."""
        owners = self._owners(host)
        children = sorted({pid: thread for pid, thread in owners if pid != host.pid}.items())[:CHILDREN_LIMIT]
        asked: list[tuple[int, list[int] | None]] = [(host.pid, None), *((pid, [thread]) for pid, thread in children)]
        answers: list[list[dict[str, Any]]] = []

        def tell(entries: list[dict[str, Any]]) -> None:
            answers.append([{**described(one, owners), "request": _request(one, owners)} for one in entries])
            if len(answers) == len(asked):
                found([one for some in answers for one in some])

        for pid, threads in asked:
            self._finder.ask(host, pid, threads, tell)

    def _owners(self, host: HostProcess) -> dict[tuple[int, int], int]:
        return {(one.pid, one.thread): one.request for one in self._writer.live(host.number) if one.pid}


def _request(entry: dict[str, Any], owners: dict[tuple[int, int], int]) -> int:
    return owners.get((entry["pid"], entry["thread"]), 0)


def own_calls(inwards: list[Place]) -> list[Place]:
    """The calls from the user's first one on, outermost first, without ours that called it or that it called.

    Of a handler that is Python's own, as those of http.server, those behind the last of ours.
    """
    calls = inwards[::-1]
    while calls and calls[-1].file.startswith(OURS):
        calls.pop()
    own = next((index for index, place in enumerate(calls) if not _is_librarys(place)), None)
    ours = [index for index, place in enumerate(calls) if place.file.startswith(OURS)]
    return calls[own if own is not None else ours[-1] + 1 if ours else 0 :]


def _is_librarys(place: Place) -> bool:
    in_python = "/lib/python" in place.file and "/site-packages/" not in place.file
    return place.file.startswith((OURS, "<")) or in_python


def _with_source(place: Place) -> dict[str, Any]:
    return {
        "file": place.file,
        "line": place.line,
        "function": place.function,
        "source": source_of(place),
        "locals": [],
    }
