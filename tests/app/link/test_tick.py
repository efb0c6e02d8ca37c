"""Ticks: members that are missing or new do no harm."""

from __future__ import annotations

import pytest

from app.link.tick import Queue, ServerState, ServerStatus, Tick, TickTotals, Trouble


def test_missing_members_keep_their_defaults() -> None:
    assert Tick.from_json({"tick": 3}) == Tick(number=3)
    assert ServerStatus.from_json({"key": "a"}) == ServerStatus("a")


def test_everything_is_read() -> None:
    tick = Tick.from_json(
        {
            "tick": 1,
            "at": 5,
            "totals": {"requests": 2, "cost_ns": 3.4, "unknown": 1},
            "servers": [
                {"key": "a", "id": 4, "ids": [3, 4], "class": "UDPServer", "state": "failed", "later": 1,
                 "error": {"code": "port_in_use", "sentence": "Used.", "offer": 9}, "children": None},
            ],
        }
    )  # fmt: skip
    assert tick.totals == TickTotals(requests=2, cost_ns=3)
    server = tick.server("a")
    assert server is not None
    assert (server.ids, server.state, server.children) == ((3, 4), ServerState.FAILED, 0)
    assert server.error == Trouble("port_in_use", "Used.", {"offer": 9})
    assert tick.server("b") is tick.server(None) is None


def test_overflows_that_nobody_counts_are_no_zero() -> None:
    for told, counted in ((None, None), (0, 0), (7, 7)):
        status = ServerStatus.from_json({"key": "a", "queue": {"depth": 3, "limit": 5, "overflows": told}})
        assert status.queue == Queue(3, 5, counted)
    assert ServerStatus.from_json({"key": "a", "queue": None}).queue is None


@pytest.mark.parametrize("state", list(ServerState))
def test_what_is_up(state: ServerState) -> None:
    assert state.up == (state in ("starting", "listening", "draining"))
