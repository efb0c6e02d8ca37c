"""The program that runs a request again: it counts what is equal, stops when told to, and says why it cannot."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.replay.again import MOST_CLIENTS, Order, run
from tests.app.models.captures import CaptureFile
from tests.engine.serving import Echo, serving


@pytest.fixture
def order(tmp_path: Path) -> Iterator[dict[str, Any]]:
    with CaptureFile(tmp_path / "c") as capture:
        capture.server()
        number = capture.request()
        capture.chunk(number, b"hello\n")
        capture.chunk(number, b"hello\n", sent=True)
        with serving(engine.ThreadingTCPServer(("127.0.0.1", 0), Echo)) as server:
            yield {
                "capture": str(tmp_path / "c"), "request": number, "transport": "tcp",
                "address": list(server.server_address),
            }  # fmt: skip


def played(order: dict[str, Any], stop: threading.Event | None = None) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []

    def report(what: str, **members: Any) -> None:
        told.append({"what": what, **members})

    run(Order.from_json(order), report, stop or threading.Event())  # type: ignore[arg-type]  # stands in for a Report
    return told


def test_often_and_from_many(order: dict[str, Any]) -> None:
    told = played({**order, "repeat": 3, "clients": 2})
    assert [event["what"] for event in told] == ["played"] * 6
    assert all(event["equal"] and event["first"] is None and event["size"] == 6 for event in told)
    assert len({event["local"] for event in told}) == 6
    assert {event["client"] for event in told} == {0, 1}


def test_other_bytes(order: dict[str, Any]) -> None:
    (event,) = played({**order, "payloads": [base64.b64encode(b"help!\n").decode()]})
    assert (event["equal"], event["first"]) == (False, 3)


def test_it_stops_when_told_to(order: dict[str, Any]) -> None:
    stop = threading.Event()
    stop.set()
    assert played({**order, "repeat": 1000}, stop) == []


def test_why_not(order: dict[str, Any]) -> None:
    assert played({**order, "request": 99})[0]["sentence"] == "Request #99 is no longer in the capture."
    assert "is not a capture" in played({**order, "capture": __file__})[0]["sentence"]
    (event,) = played({**order, "address": ["127.0.0.1", 1]})
    assert event["what"] == "failed"
    assert "Nothing listens" in event["sentence"]


def test_an_order_has_limits(order: dict[str, Any]) -> None:
    made = Order.from_json({**order, "clients": 10_000, "repeat": -3})
    assert (made.clients, made.repeat) == (MOST_CLIENTS, 1)
    with pytest.raises(KeyError):
        Order.from_json({"capture": "x"})
