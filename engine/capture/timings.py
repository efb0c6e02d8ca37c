"""How long stages took, as histograms that grow with each commit: reading them costs the same always."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import sub
from typing import Any

from ..observe.histogram import buckets_of

WHOLE = 0
"""In the place of a stage: the request from accept to close."""
MOST = (1 << 63) - 1
WIDTH = 5
"""Of a stage's row: request, stage, started, ended, cpu."""

FEW = 5000
"""In a commit of so many stages the longest of each is looked for."""
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

    The longest time is looked for where it is: in the highest bucket that a stage has had yet. In a flood that is done
    only when the bucket is new, so that it may be told up to 6 % too short.
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
        lasted = [duration for _, duration in whole]
        stage_buckets, whole_buckets = buckets_of(ran), buckets_of(lasted)

        def keys() -> Iterator[Key]:
            wholes = [(server, WHOLE, bucket) for (server, _), bucket in zip(whole, whole_buckets, strict=True)]
            return chain(_keys(stages, servers, stage_buckets), wholes)

        found = Counter(keys())
        longest = self._longest(found, keys, ran + lasted)
        return [(*key, count, min(longest.get(key, 0), MOST)) for key, count in found.items()]

    def clear(self) -> None:
        """All histograms are empty again."""
        self._highest.clear()

    def _longest(self, found: Counter[Key], keys: Callable[[], Iterator[Key]], ran: list[int]) -> dict[Key, int]:
        fresh = self._note_highest(found)
        looked = self._highest if len(ran) <= FEW else fresh
        tops = {key: 0 for stage in looked if (key := (*stage, self._highest[stage])) in found}
        if tops:
            for key, duration in zip(keys(), ran, strict=True):
                if key in tops and duration > tops[key]:
                    tops[key] = duration
        return tops

    def _note_highest(self, found: Counter[Key]) -> set[tuple[int, int]]:
        """The stages, by server, that have a bucket higher than any before."""
        fresh = set()
        for server, stage, bucket in found:
            if bucket > self._highest.get((server, stage), -1):
                self._highest[server, stage] = bucket
                fresh.add((server, stage))
        return fresh


def _keys(stages: Sequence[Any], servers: Mapping[int, int], buckets: Sequence[int]) -> Iterator[Key]:
    """Server, stage and bucket of each row; nothing here is a step of Python for each."""
    ids = set(servers.values())
    of: Iterator[int] = repeat(*ids) if len(ids) == 1 else map(servers.__getitem__, stages[0::WIDTH])
    return zip(of, stages[1::WIDTH], buckets, strict=False)


def _subtract(ran: list[Any], stages: Sequence[Any], held: Mapping[int, Sequence[Span]]) -> None:
    for row, request in enumerate(stages[0::WIDTH]):
        if request in held:
            ran[row] -= overlap(stages[row * WIDTH + 2], stages[row * WIDTH + 3], held[request])


def overlap(started: int, ended: int, spans: Iterable[Span]) -> int:
    """How much of the time from `started` to `ended` lies in the spans, ns."""
    return sum(max(0, min(ended, until) - max(started, since)) for since, until in spans)
