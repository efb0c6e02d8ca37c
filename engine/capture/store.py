"""Opening capture files: creating, checking, and the settings of SQLite that writer and reader rely on."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from .schema import APPLICATION_ID, INDEXES, TABLES, VERSION

HEADER_BYTES = 16
MAGIC = b"SQLite format 3\x00"
VALUE_LIMIT = 64 << 20
"""No value of a capture comes near this; a hostile file may not make the reader allocate more."""
FIRST_META = {"emitted": 0, "recorded": 0, "dropped": 0, "evicted": 0, "requests": 0, "dense_from": 1}
COLUMNS = "SELECT m.name, p.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS p WHERE m.type = 'table'"


class BadCapture(Exception):  # noqa: N818 - a fact about a file
    """This file cannot be used as a capture; the text is one sentence for people."""


def open_writable(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """Create a capture, or open one to go on with it. New files are for their owner's eyes only."""
    name = os.fspath(path)
    try:
        fresh = _make_file(name)
        connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise BadCapture(f"{name} cannot be written: {_reason(error)}.") from error
    try:
        if fresh:
            _create(connection)
        else:
            check(connection, name)
        _tune(connection)
    except (BadCapture, sqlite3.Error) as error:
        connection.close()
        raise bad_capture(name, error) from error
    return connection


def open_readonly(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """Open a capture for reading; nothing that is written in it can run or change anything."""
    name = os.fspath(path)
    _look_at_head(name)
    connection = _connect_readonly(name)
    try:
        connection.execute("PRAGMA query_only = 1")
        connection.execute("PRAGMA trusted_schema = 0")
        connection.execute("PRAGMA cell_size_check = 1")
        connection.execute("PRAGMA busy_timeout = 2000")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_LIMIT)
        check(connection, name)
    except (BadCapture, sqlite3.Error, UnicodeError) as error:
        connection.close()
        raise bad_capture(name, error) from error
    return connection


def bad_capture(name: str, error: Exception) -> BadCapture:
    """What SQLite says about a file, as a sentence for people."""
    if isinstance(error, BadCapture):
        return error
    return BadCapture(f"{name} cannot be read as a capture: {_reason(error)}.")


def stored_size(path: Path) -> int:
    """Bytes on disk: until the capture is closed, most of a young one is in SQLite's log beside it."""
    size = 0
    for name in (path, f"{path}-wal"):
        with contextlib.suppress(FileNotFoundError):
            size += os.stat(name).st_size
    return size


def check(connection: sqlite3.Connection, name: str) -> None:
    """Raise BadCapture unless this is a capture of a version that we know."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != APPLICATION_ID:
        raise BadCapture(f"{name} is a database of another program, not a capture of Socketscope.")
    if version > VERSION:
        raise BadCapture(f"{name} was made by a newer Socketscope (form {version}; this one reads {VERSION}).")
    if 0 < version < VERSION:
        raise BadCapture(f"{name} was made by an older Socketscope (form {version}; this one reads {VERSION}).")
    if version < VERSION or not _expected_columns() <= _columns(connection):
        raise BadCapture(f"{name} is damaged: its tables are not those of a capture.")


def _expected_columns() -> set[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(":memory:")) as model:
        model.executescript(TABLES)
        return _columns(model)


def _columns(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(connection.execute(COLUMNS).fetchall())


def _make_file(name: str) -> bool:
    """Whether there is nothing in the file yet."""
    os.close(os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    return Path(name).stat().st_size == 0


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA page_size = 8192")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(
        f"BEGIN; {TABLES} {INDEXES} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
    )
    meta = {"wall_offset": time.time_ns() - time.monotonic_ns(), **FIRST_META}
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())


def _tune(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA cache_size = -32768")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("PRAGMA secure_delete = FAST")
    connection.execute("PRAGMA wal_autocheckpoint = 2000")
    connection.execute("PRAGMA journal_size_limit = 33554432")


def _look_at_head(name: str) -> None:
    try:
        with Path(name).open("rb") as file:
            head = file.read(HEADER_BYTES)
    except OSError as error:
        raise BadCapture(f"{name} cannot be read: {_reason(error)}.") from error
    if head != MAGIC:
        raise BadCapture(f"{name} is not a capture of Socketscope.")


def _connect_readonly(name: str) -> sqlite3.Connection:
    # Where nothing may be written SQLite cannot make its index of the log; but then the file does not change either.
    for options in ("mode=ro", "mode=ro&immutable=1"):
        uri = f"file:{quote(str(Path(name).absolute()))}?{options}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        except sqlite3.OperationalError as error:
            connection.close()
            failure: sqlite3.Error = error
        except (sqlite3.DatabaseError, UnicodeError) as error:
            connection.close()
            raise bad_capture(name, error) from error
        else:
            return connection
    raise bad_capture(name, failure)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).rstrip(".").lower()
    if isinstance(error, UnicodeError):
        return "it holds text that is none"
    return str(error).rstrip(".")
