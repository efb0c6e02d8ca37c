"""Reads requests, their bytes and their failures, by windows."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from ..observe.facts import Means, Piece
from ..observe.stages import Stage
from . import rows
from .conditions import TOOK
from .connections import ConnectionReader
from .filters import Filter
from .reading import Servers, marks, of_servers, slices
from .records import ChunkRecord, FailureRecord, InterferenceRecord, PauseRecord, RequestRecord, SlowRecord

ORDERS = {
    "id": "request.id",
    "opened": "request.opened",
    "closed": "request.closed",
    "duration": TOOK,
    "server": "(SELECT name FROM server WHERE server.id = request.server) COLLATE NOCASE",
    "transport": "(SELECT transport FROM server WHERE server.id = request.server)",
    "peer": "request.peer",
    "local": "request.local",
    "worker": "request.worker",
    "state": "request.state",
    "stage": "request.stage",
    "bytes_in": "request.bytes_in",
    "bytes_out": "request.bytes_out",
    "error": "request.error",
}

CONTINUES = int(Piece.CONTINUES)
_PAUSED = Means.PAUSED.bit
_WITH_CODE = (Stage.FINISH_REQUEST, Stage.SETUP, Stage.HANDLE)
"""The stages from which on a request has its handler, in their order."""
_MEANS = ", ".join(str(int(means)) for means in Means)


class RequestReader(ConnectionReader):
    """What the requests' table and the inspector show."""

    @property
    def first_id(self) -> int:
        """Number of the oldest request that is left, 0 if there is none."""
        return self._number("SELECT min(id) FROM request")

    @property
    def last_id(self) -> int:
        """Number of the newest request, 0 if there is none."""
        return self._number("SELECT max(id) FROM request")

    def count(self, where: Filter | None = None) -> int:
        """How many requests the filter lets through; without one it costs nothing."""
        if where is None or not where.sql:
            return self._meta().get("requests", 0)
        return self._number(f"SELECT count(*) FROM request WHERE {where.sql}", where.parameters)

    def ids(
        self,
        where: Filter | None = None,
        *,
        order: str = "id",
        descending: bool = False,
        after: int = 0,
        limit: int = -1,
    ) -> array[int]:
        """Numbers of the requests that the filter lets through, of those beyond `after`."""
        sql = f"SELECT id FROM request WHERE request.id > ? {_and(where)} {_order(order, descending)} LIMIT ?"
        return array("q", (row[0] for row in self._all(sql, (after, *_parameters(where), limit))))

    def requests(
        self,
        where: Filter | None = None,
        *,
        order: str = "id",
        descending: bool = False,
        offset: int = 0,
        limit: int = 200,
    ) -> list[RequestRecord]:
        """A window of the table."""
        with self._reading():
            if (where is None or not where.sql) and order == "id":
                return self._by_place(offset, limit, descending)
            sql = f"WHERE 1 {_and(where)} {_order(order, descending)} LIMIT ? OFFSET ?"
            return self._requests(sql, (*_parameters(where), limit, offset))

    def requests_by_id(self, ids: Sequence[int]) -> list[RequestRecord]:
        """These requests, in this order; those that are gone are left out."""
        found: dict[int, RequestRecord] = {}
        with self._reading():
            for some in slices(ids):
                records = self._requests(f"WHERE request.id IN ({marks(some)})", some)
                found.update((record.id, record) for record in records)
        return [found[number] for number in ids if number in found]

    def request(self, number: int) -> RequestRecord | None:
        """One request, or None if it is gone."""
        return next(iter(self.requests_by_id([number])), None)

    def chunks(self, request: int, limit_bytes: int = 65536 * 4) -> list[ChunkRecord]:
        """What was received and sent, in order, up to about `limit_bytes`; pieces of one recv or send put together."""
        pieces: list[Any] = []
        size = 0
        sql = "SELECT id, direction, at, size, flags, data FROM chunk WHERE request = ? AND id > ? ORDER BY id LIMIT 64"
        last = 0
        with self._sensible(), self._reading() as db:
            while size < limit_bytes and (some := db.execute(sql, (request, last)).fetchall()):
                pieces += some
                size += sum(len(row[5]) for row in some)
                last = some[-1][0]
        with self._sensible():
            return rows.chunk_records(_upto(pieces, limit_bytes))

    def failure(self, request: int) -> FailureRecord | None:
        """The exception that ended a request: the first that its handler did not catch."""
        sql = f"SELECT {rows.FAILURE_COLUMNS} FROM failure WHERE request = ? ORDER BY id LIMIT 1"
        return next(iter(self._records(rows.failure_record, sql, (request,))), None)

    def interferences(self, request: int, limit: int = 1000) -> list[InterferenceRecord]:
        """What gates and faults did to a request, in order."""
        sql = (
            f"SELECT {rows.INTERFERENCE_COLUMNS} FROM interference WHERE request = ? AND means IN ({_MEANS})"
            " ORDER BY at, id LIMIT ?"
        )
        return self._records(rows.interference_record, sql, (request, limit))

    def slow_stages(self, request: int) -> list[SlowRecord]:
        """The stages of a request that lasted too long, in the order in which that was noticed."""
        sql = f"SELECT {rows.SLOW_COLUMNS} FROM slow WHERE request = ? ORDER BY id LIMIT 100"
        return self._records(rows.slow_record, sql, (request,))

    def rerun_of(self, request: int) -> int | None:
        """The request that this one is run again of; None: it came by itself."""
        return self._number("SELECT max(of) FROM rerun WHERE request = ?", (request,)) or None

    def version_of(self, request: RequestRecord) -> int | None:
        """The version of the code that served a request: that of the moment when its handler was made, or for a
        forked child, that it was forked with. None: unknown."""
        worker = request.worker
        if worker is not None and worker.child:
            at: int | None = worker.started
        else:
            at = next((stage.started for stage in request.stages if stage.stage in _WITH_CODE), None)
        sql = "SELECT number FROM version WHERE server = ? AND at <= ? AND error = '' ORDER BY at DESC LIMIT 1"
        return self._number(sql, (request.server, at)) or None if at is not None else None

    def last_rerun(self, of: int) -> int | None:
        """The newest request that is this one run again."""
        return self._number("SELECT max(request) FROM rerun WHERE of = ?", (of,)) or None

    def failures(self, server: Servers = None, *, limit: int = 200) -> list[FailureRecord]:
        """The newest exceptions, those outside any request included; the newest last."""
        condition, values = of_servers(server)
        sql = f"SELECT {rows.FAILURE_COLUMNS} FROM failure WHERE {condition} ORDER BY id DESC LIMIT ?"
        return self._records(rows.failure_record, sql, (*values, limit))[::-1]

    def _by_place(self, offset: int, limit: int, descending: bool) -> list[RequestRecord]:
        """The window without a filter: a place is turned into a number, nothing is counted off."""
        meta = self._meta()
        count, dense_from = meta.get("requests", 0), meta.get("dense_from", 1)
        if descending:
            end = count - offset
            return self._by_place(max(end - limit, 0), min(limit, max(end, 0)), False)[::-1]
        early = count - (self.last_id - dense_from + 1)
        if early > 0 and offset < early:
            return self._requests("WHERE 1 ORDER BY request.id LIMIT ? OFFSET ?", (limit, offset))
        first = dense_from + offset - max(early, 0)
        return self._requests("WHERE request.id >= ? ORDER BY request.id LIMIT ?", (first, limit))

    def _requests(self, condition: str, values: Sequence[object]) -> list[RequestRecord]:
        """Two queries, whatever the number of requests; one more where some live, and one where some were held."""
        found = self._all(f"SELECT {rows.REQUEST_COLUMNS} FROM {rows.REQUEST_TABLES} {condition}", values)
        stages = self._stages([row[0] for row in found])
        live = self._connections([row[0] for row in found if row[rows.CLOSED] is None])
        with self._sensible():
            pauses = self._pauses([row[0] for row in found if row[rows.TOUCHED] and row[rows.TOUCHED] & _PAUSED])
            return [
                rows.request_record(row, stages.get(row[0], ()), pauses.get(row[0], ()), live.get(row[0]))
                for row in found
            ]

    def _pauses(self, requests: Sequence[int]) -> dict[int, tuple[PauseRecord, ...]]:
        found: list[rows.Values] = []
        for some in slices(requests):
            found += self._all(
                f"SELECT request, at, amount, detail FROM interference WHERE request IN ({marks(some)})"
                f" AND means = {int(Means.PAUSED)} ORDER BY request, at, id",
                some,
            )
        return rows.pauses_by_request(found)


def _and(where: Filter | None) -> str:
    return f"AND {where.sql}" if where and where.sql else ""


def _parameters(where: Filter | None) -> tuple[object, ...]:
    return where.parameters if where else ()


def _order(order: str, descending: bool) -> str:
    direction = "DESC" if descending else "ASC"
    last = "" if order == "id" else f", request.id {direction}"
    return f"ORDER BY {ORDERS[order]} {direction}{last}"


def _upto(pieces: list[Any], limit: int) -> list[Any]:
    """The pieces until `limit` bytes are passed, and then to the end of the chunk that passes it."""
    size = 0
    for place, piece in enumerate(pieces):
        size += len(piece[5])
        if size >= limit and not piece[4] & CONTINUES:
            return pieces[: place + 1]
    return pieces
