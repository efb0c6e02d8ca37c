"""The switch interval grows with the number of threads, and comes back."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from engine.servers import crowd as room


@pytest.fixture
def usual() -> Iterator[float]:
    before = sys.getswitchinterval()
    yield before
    sys.setswitchinterval(before)


def test_grows_and_shrinks(usual: float, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = room.Crowd()
    monkeypatch.setattr(room, "alive", range(1000))
    crowd.grow()
    assert crowd.raised
    assert crowd.limit == 2000
    assert sys.getswitchinterval() == pytest.approx(0.04)
    monkeypatch.setattr(room, "alive", range(501))
    crowd.shrink()
    assert crowd.limit == 2000
    monkeypatch.setattr(room, "alive", range(10))
    crowd.shrink()
    assert crowd.limit == 256
    assert sys.getswitchinterval() == pytest.approx(usual)


def test_what_somebody_else_has_set_stays(usual: float, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = room.Crowd()
    monkeypatch.setattr(room, "alive", range(1000))
    crowd.grow()
    sys.setswitchinterval(0.5)
    monkeypatch.setattr(room, "alive", range(10))
    crowd.shrink()
    assert sys.getswitchinterval() == pytest.approx(0.5)
    assert usual < 0.5
