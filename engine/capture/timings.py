"""How long stages took, as histograms that grow with each commit: reading them costs the same always."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from operator import sub
from typing import Any

from ..observe.histogram import buckets_of

WHOLE = 0
"""In the place of a stage: the request from accept to close."""
MOST = (1 << 63) - 1
WIDTH = 5
"""Of a stage's row: request, stage, started, ended, cpu."""

Span = tuple[int, int]
"""From when to when."""
TimingRow = tuple[int, int, int, int, int]
"""Server, stage, bucket, how many more, the longest of them."""

ADD_TIMING = (
    "INSERT INTO timing (server, stage, bucket, count, longest) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
    " SET count = count + excluded.count, longest = max(longest, excluded.longest)"
)

Key = tuple[int, int, int]


class TimingBook:
    """Turns rows of stages into additions to the histograms, without a step of Python for each row.

    Exact is only the longest time of all: it is looked for in the highest bucket that a stage has had yet.
    """

    def __init__(self) -> None:
        self._highest: dict[tuple[int, int], int] = {}

    def rows(
        self,
        stages: Sequence[int | None],
        servers: Mapping[int, int],
        whole: Sequence[tuple[int, int]],
        held: Mapping[int, Sequence[Span]],
    ) -> list[TimingRow]:
        """`stages` flat, with `servers` by request; `whole` requests as server and duration.

        What was `held` at gates, by request, counts for no stage.
        """
        ran: list[Any] = list(map(sub, stages[3::WIDTH], stages[2::WIDTH]))
        if held:
            _subtract(ran, stages, held)
        keys: list[Any] = list(
            zip(map(servers.__getitem__, stages[0::WIDTH]), stages[1::WIDTH], buckets_of(ran), strict=True)  # type: ignore[arg-type]
        )
        lasted = [duration for _, duration in whole]
        keys += [(server, WHOLE, bucket) for (server, _), bucket in zip(whole, buckets_of(lasted), strict=True)]
        found = Counter(keys)
        longest = self._longest(found, keys, ran + lasted)
        return [(*key, count, min(longest.get(key, 0), MOST)) for key, count in found.items()]

    def clear(self) -> None:
        """All histograms are empty again."""
        self._highest.clear()

    def _longest(self, found: Counter[Key], keys: list[Key], ran: list[int]) -> dict[Key, int]:
        tops: dict[Key, int] = {}
        for server, stage, bucket in found:
            if bucket >= self._highest.get((server, stage), 0):
                self._highest[server, stage] = bucket
        for (server, stage), bucket in self._highest.items():
            if (server, stage, bucket) in found:
                tops[server, stage, bucket] = 0
        if tops:
            for key, duration in zip(keys, ran, strict=True):
                if duration > tops.get(key, duration):
                    tops[key] = duration
        return tops


def _subtract(ran: list[Any], stages: Sequence[Any], held: Mapping[int, Sequence[Span]]) -> None:
    for row, request in enumerate(stages[0::WIDTH]):
        if request in held:
            ran[row] -= overlap(stages[row * WIDTH + 2], stages[row * WIDTH + 3], held[request])


def overlap(started: int, ended: int, spans: Iterable[Span]) -> int:
    """How much of the time from `started` to `ended` lies in the spans, ns."""
    return sum(max(0, min(ended, until) - max(started, since)) for since, until in spans)
