"""Rows inserted by thirties are the rows that were given."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from engine.capture.bulk import ROWS_AT_ONCE, BulkInsert


@pytest.mark.parametrize("count", [0, 1, ROWS_AT_ONCE - 1, ROWS_AT_ONCE, ROWS_AT_ONCE + 1, ROWS_AT_ONCE * 3 + 7])
def test_every_row_once_and_in_order(count: int) -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE pair (number INTEGER, data BLOB)")
        rows = [(number, bytes([number % 256])) for number in range(count)]
        BulkInsert("INSERT INTO pair (number, data)", 2)(connection, [item for row in rows for item in row])
        assert connection.execute("SELECT * FROM pair ORDER BY rowid").fetchall() == rows
