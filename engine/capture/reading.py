"""One read-only connection to a capture, and what all reading of it shares."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from time import monotonic_ns
from typing import Self, TypeVar

from . import rows
from .records import StageRecord
from .store import BadCapture, bad_capture, open_readonly

Record = TypeVar("Record")
Servers = int | Collection[int] | None
"""One server's number, several, or None for all."""

AT_ONCE = 500


class Reading:
    """For one thread at a time. Transactions are short, so the writer is never held up."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._db = open_readonly(path)
        self._db.create_function("now_ns", 0, monotonic_ns)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """Several queries that see the same moment; whatever SQLite or the disk says becomes BadCapture."""
        outermost = not self._db.in_transaction
        try:
            if outermost:
                self._db.execute("BEGIN")
            yield self._db
        except (sqlite3.Error, OSError, OverflowError, UnicodeError) as error:
            raise bad_capture(str(self.path), error) from error
        finally:
            if outermost and self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[rows.Values]:
        with self._reading() as db:
            return db.execute(sql, values).fetchall()

    def _records(self, make: Callable[[rows.Values], Record], sql: str, values: Sequence[object] = ()) -> list[Record]:
        found = self._all(sql, values)
        with self._sensible():
            return [make(row) for row in found]

    @contextlib.contextmanager
    def _sensible(self) -> Iterator[None]:
        """Around the making of records: in a damaged file anything can stand anywhere."""
        try:
            yield
        except (TypeError, ValueError) as error:
            raise BadCapture(f"{self.path} is damaged: there are values in it that make no sense.") from error

    def _number(self, sql: str, values: Sequence[object] = ()) -> int:
        found = self._all(sql, values)
        return found[0][0] if found and isinstance(found[0][0], int) else 0

    def _meta(self) -> dict[str, int]:
        with self._sensible():
            return {key: rows.integers(value)[0] for key, value in self._all("SELECT key, value FROM meta")}

    def _stages(self, requests: Sequence[int]) -> dict[int, tuple[StageRecord, ...]]:
        found: list[rows.Values] = []
        for some in slices(requests):
            found += self._all(
                f"SELECT request, stage, started, ended, cpu FROM stage WHERE request IN ({marks(some)})"
                " ORDER BY request, started, ended DESC",
                some,
            )
        with self._sensible():
            return rows.stages_by_request(found)


def slices(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    """Runs short enough for the parameters of one query."""
    for start in range(0, len(numbers), AT_ONCE):
        yield numbers[start : start + AT_ONCE]


def marks(values: Collection[object]) -> str:
    """One `?` for each value."""
    return ", ".join("?" * len(values))


def of_servers(servers: Servers, *, column: str = "server") -> tuple[str, tuple[int, ...]]:
    """A condition on the column `server`. Written `+server`, SQLite does not go by the index of that column."""
    if servers is None:
        return "1", ()
    numbers = (servers,) if isinstance(servers, int) else tuple(servers)
    return f"{column} IN ({marks(numbers)})", numbers
