"""A capture as one file of its own, made while another process goes on writing it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

from .store import BadCapture, open_readonly


def save_copy(source: Path, target: Path) -> int:
    """Copy what a capture holds at this moment; returns the size in bytes. What `target` was before is replaced whole.

    Raises BadCapture or OSError; then `target` is as it was.
    """
    if target.exists() and target.samefile(source):
        raise BadCapture(f"{target} is the capture itself; choose another name.")
    made = target.with_name(f"{target.name}.{os.getpid()}.part")
    connection = open_readonly(source)
    try:
        connection.execute("PRAGMA query_only = 0")  # of the source, which is open for reading only
        connection.execute("VACUUM INTO ?", (os.fspath(made),))
        os.chmod(made, 0o600)
        os.replace(made, target)
    except sqlite3.Error as error:
        raise BadCapture(f"{target} cannot be written: {error}.") from error
    finally:
        connection.close()
        with contextlib.suppress(FileNotFoundError):
            made.unlink()
    return target.stat().st_size
