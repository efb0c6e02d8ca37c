"""Starts the supervisor before the window's many modules are imported: both then get ready at the same time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from app.settings import state_dir
from engine.hosting.client import SupervisorClient

KEPT_CAPTURES = 3


def begin() -> SupervisorClient:
    """A supervisor, still on its way, with a new capture. The last few captures stay, for a look after a crash."""
    QCoreApplication.setApplicationName("socketscope")
    try:
        return SupervisorClient.begin(_new_capture(state_dir() / "captures"))
    except OSError:  # no home to write to: the supervisor finds a temporary place
        return SupervisorClient.begin(keep=False)


def _new_capture(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.socketscope"))[:-KEPT_CAPTURES]:
        for part in folder.glob(f"{old.name}*"):
            part.unlink(missing_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(folder)
    return folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.socketscope"


def spawner(first: SupervisorClient) -> Callable[[], SupervisorClient]:
    """What the link calls for a supervisor: the one that was begun, and later, if it is lost, others."""
    waiting = [first]
    return lambda: (waiting.pop() if waiting else begin()).opened()
