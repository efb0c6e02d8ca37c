"""A stage whose capture the test fills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.link.tick import Tick
from tests.app.models.captures import CaptureFile
from tests.app.stage import Stage


@pytest.fixture
def capture(stage: Stage) -> Iterator[CaptureFile]:
    """The capture that the stage's link reads."""
    with CaptureFile(stage.client.capture_path) as made:
        yield made


def listening(key: str, *, run: int = 1, **members: Any) -> dict[str, Any]:
    """A server as a tick tells it."""
    told = {"key": key, "name": "echo", "id": run, "ids": [run], "state": "listening", "transport": "tcp"}
    return told | {"address": "127.0.0.1:9009", "class": "ThreadingTCPServer", "concurrency": "threading"} | members


def tell(stage: Stage, *servers: dict[str, Any], at: int = 10_000_000_000) -> None:
    """Let the link have told a tick, without waiting for a socket."""
    tick = {"tick": stage.link.tick.number + 1, "at": at, "totals": {}, "servers": list(servers)}
    stage.link._take(tick)
    assert stage.link.tick == Tick.from_json(tick)
