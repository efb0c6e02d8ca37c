"""Latency and bandwidth, with real servers and clients."""

from __future__ import annotations

import time

import pytest

from engine.observe.facts import Means
from tests.engine.debug.suffering import fault, suffering, told
from tests.engine.serving import ask


def test_latency_on_what_is_read() -> None:
    began = time.monotonic()
    with suffering(fault("latency", time=0.1, jitter=0.02)) as (server, notes):
        assert ask(server.server_address, b"hello") == b"hello"
    assert time.monotonic() - began > 0.08
    ((means, amount, detail),) = told(notes)
    assert (means, detail) == (Means.LATENCY, "received")
    assert 80e6 <= amount <= 120e6


def test_what_arrived_together_is_late_together() -> None:
    with suffering(fault("latency", time=0.01, jitter=0), fault("split", size=3, way="in")) as (server, notes):
        assert ask(server.server_address, b"abcdefgh") == b"abc|def|gh"
    assert [means for means, _, _ in told(notes)].count(Means.LATENCY) == 1


@pytest.mark.parametrize(("at", "where"), [("start", "start"), ("sent", "sent")])
def test_latency_elsewhere(at: str, where: str) -> None:
    with suffering(fault("latency", time=0.01, jitter=0, at=at)) as (server, notes):
        assert ask(server.server_address, b"hello") == b"hello"
    assert told(notes) == [(Means.LATENCY, 10_000_000, where)]


def test_bandwidth() -> None:
    began = time.monotonic()
    with suffering(fault("bandwidth", rate=100_000, way="out")) as (server, notes):
        assert len(ask(server.server_address, b"x" * 20_000)) > 20_000
    assert time.monotonic() - began > 0.2
    assert told(notes)[0][0] == Means.BANDWIDTH
