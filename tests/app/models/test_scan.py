"""A filter is followed in slices, however slow it is."""

from __future__ import annotations

import pytest

from app.models import scan as scans
from app.models.scan import Scan
from engine.capture.filters import parse
from tests.app.models.captures import CaptureFile


def test_a_slow_filter_goes_on_in_slices(capture: CaptureFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scans, "BUDGET", 1)
    monkeypatch.setattr(scans, "FIRST_SLICE", 64)
    capture.requests(300)
    scan = Scan(capture.reader(), parse("text:nothing"))
    looks = 0
    while not scan.at_end:
        assert list(scan.go_on().new) == []
        looks += 1
    assert looks >= 4


def test_all_is_found_once(capture: CaptureFile) -> None:
    capture.requests(10)
    scan = Scan(capture.reader(), None)
    assert list(scan.go_on().new) == list(range(1, 11))
    assert list(scan.go_on().new) == []
    capture.requests(2)
    assert list(scan.go_on().new) == [11, 12]


def test_evictions_are_told_once(capture: CaptureFile) -> None:
    capture.requests(500)
    scan = Scan(capture.reader(), None)
    assert scan.evicted(0) is not None
    assert scan.evicted(0) is None
    capture.evict([n for n in range(1, 201) if n % 2])
    told = scan.evicted(100)
    assert told is not None
    floor, left = told
    assert floor > 200
    assert set(left) >= set(range(2, 201, 2))
