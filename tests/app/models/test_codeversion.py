"""What is said about a server's code: the version, when it was reloaded, and why the newest is not there."""

from __future__ import annotations

import time

from app.link.tick import CodeVersion, ServerState, ServerStatus, Tick, Trouble
from app.models.codeversion import code_text, is_fresh
from app.models.servers import ServerRole, ServersModel
from engine.hosting.profile import Profile

NOON = time.mktime((2026, 1, 1, 14, 7, 31, 0, 0, -1))
AT = 5_000_000_000
OFFSET = round(NOON * 1e9) - AT


def server(**code: object) -> ServerStatus:
    return ServerStatus.from_json({"key": "k", "state": "listening", "concurrency": "threading", "code": code})


def test_in_words() -> None:
    assert code_text(None, OFFSET) == ("", "small")
    assert code_text(server(), OFFSET) == ("", "small")
    assert code_text(server(version=1, at=AT), OFFSET) == ("version 1 · loaded 14:07:31", "small")
    assert code_text(server(version=2, at=AT, reloaded=True), OFFSET) == ("version 2 · reloaded 14:07:31 ✓", "ok")
    error = {"code": "syntax_error", "sentence": "h.py, line 12: invalid syntax.", "line": 12, "at": AT}
    assert code_text(server(version=2, at=0, error=error), OFFSET) == (
        "14:07:31 reload failed: h.py, line 12: invalid syntax. The old code is kept.",
        "error-small",
    )


def test_a_card_tells_of_it_for_a_while() -> None:
    model = ServersModel()
    model.wall_offset = OFFSET
    model.set_profiles([("k", Profile("h"))])
    status = server(version=2, at=AT, reloaded=True)
    model.refresh(Tick(1, AT + 1, servers=(status,)))
    assert model.data(model.index(0), ServerRole.MODE) == "Threading · reloaded 14:07:31 ✓"
    model.refresh(Tick(2, AT + 60_000_000_000, servers=(status,)))
    assert model.data(model.index(0), ServerRole.MODE) == "Threading · listening"


def test_a_version_that_did_not_load_is_not_fresh() -> None:
    assert is_fresh(CodeVersion(2, AT, True), AT)
    assert not is_fresh(CodeVersion(2, AT, True, Trouble("x", "y")), AT)
    assert ServerState.LISTENING.up
