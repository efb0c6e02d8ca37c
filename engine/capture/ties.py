"""Ties requests to what they belong to: one that was run again to that which it repeats, a server to its code."""

from __future__ import annotations

import sqlite3

FIND = (
    "SELECT id FROM request WHERE server = ? AND id > ? AND peer = ?"
    " AND NOT EXISTS (SELECT 1 FROM rerun WHERE rerun.request = request.id) ORDER BY id LIMIT 1"
)


def tie(connection: sqlite3.Connection, server: int, peer: str, after: int, of: int) -> int | None:
    """Find the first request beyond `after` that this peer made and that is not tied yet; returns its number."""
    found = connection.execute(FIND, (server, after, peer)).fetchone()
    if found is None:
        return None
    connection.execute("INSERT INTO rerun (request, of) VALUES (?, ?)", (found[0], of))
    return int(found[0])


def add_version(connection: sqlite3.Connection, server: int, at: int, number: int, digest: str, error: str) -> None:
    """Note that a run of a server has loaded a version of its code, or why it could not."""
    values = (server, at, number, digest, error)
    connection.execute("INSERT INTO version (server, at, number, digest, error) VALUES (?, ?, ?, ?, ?)", values)


def server_of(connection: sqlite3.Connection, request: int) -> int | None:
    """The run of a server that accepted a request; None if the request is gone."""
    found = connection.execute("SELECT server FROM request WHERE id = ?", (request,)).fetchone()
    return int(found[0]) if found is not None else None
