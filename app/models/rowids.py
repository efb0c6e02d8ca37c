"""Which request stands in which row: the ids of a view in order, and how they change as runs of rows."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

Run = tuple[int, int]
"""First and last row of a run."""


class RowIds:
    """Ids of the shown rows. Eight bytes each: the one part of a view that grows with the capture's ring.

    Ids are kept ascending and shown in that order or backwards, except in a snapshot: an order that SQL made, which
    only a new query changes.
    """

    def __init__(self) -> None:
        self._ids = array("q")
        self._rows: dict[int, int] | None = None
        self.descending = False

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def snapshot(self) -> bool:
        """Whether the order is SQL's."""
        return self._rows is not None

    def clear(self, *, descending: bool = False) -> None:
        """Begin an order by id."""
        self._ids, self._rows, self.descending = array("q"), None, descending

    def take(self, ids: Iterable[int]) -> None:
        """Show a snapshot."""
        self._ids = array("q", ids)
        self._rows = {request: row for row, request in enumerate(self._ids)}
        self.descending = False

    def at(self, row: int) -> int:
        """The id in a row."""
        return self._ids[len(self._ids) - 1 - row] if self.descending else self._ids[row]

    def slice(self, first: int, last: int) -> list[int]:
        """The ids of rows `first` to `last`, both included, as far as there are such rows."""
        return [self.at(row) for row in range(max(0, first), min(len(self._ids), last + 1))]

    def row_of(self, request: int) -> int:
        """The row of an id, -1 when it is not shown."""
        if self._rows is not None:
            return self._rows.get(request, -1)
        place = self._place(request)
        if place == len(self._ids) or self._ids[place] != request:
            return -1
        return self._row(place)

    @property
    def first(self) -> int | None:
        """The smallest id, of an order by id."""
        return self._ids[0] if self._ids else None

    def _place(self, request: int) -> int:
        return bisect_left(self._ids, request)

    def _row(self, place: int) -> int:
        return len(self._ids) - 1 - place if self.descending else place

    # Changes of an order by id

    def insertion(self, count: int) -> Run:
        """The rows that `append` is about to make."""
        return (0, count - 1) if self.descending else (len(self._ids), len(self._ids) + count - 1)

    def append(self, ids: Iterable[int]) -> None:
        """Add ids larger than all that are here."""
        self._ids.extend(ids)

    def place_for(self, request: int) -> int:
        """The row that `insert` is about to make."""
        place = self._place(request)
        return len(self._ids) - place if self.descending else place

    def insert(self, request: int) -> None:
        """Add one id anywhere."""
        self._ids.insert(self._place(request), request)

    def below(self, floor: int, keep: Iterable[int]) -> list[Run]:
        """The rows of ids under `floor` that are not in `keep`, as runs; the run with the highest rows first."""
        kept = set(keep)
        gone = (self._row(place) for place in range(self._place(floor)) if self._ids[place] not in kept)
        return list(runs(sorted(gone)))[::-1]

    def remove(self, run: Run) -> None:
        """Take a run of rows away."""
        first, last = run
        if self.descending:
            first, last = len(self._ids) - 1 - last, len(self._ids) - 1 - first
        del self._ids[first : last + 1]


def runs(rows: Iterable[int]) -> Iterator[Run]:
    """Ascending rows as runs without gaps."""
    first = last = None
    for row in rows:
        if first is None or last is None:
            first = last = row
        elif row == last + 1:
            last = row
        else:
            yield first, last
            first = last = row
    if first is not None and last is not None:
        yield first, last
