"""The summary's order and words."""

from __future__ import annotations

import pytest

from engine.capture.records import CountersRecord, ServerRecord
from engine.cli.summary import ordered, summary_json
from engine.observe.histogram import Histogram
from engine.observe.stages import Stage

SERVER = ServerRecord(3, "echo", "TCPServer", "tcp", "127.0.0.1:9", "Echo", 1, 2, None, {})


def test_stages_come_in_the_pipelines_order() -> None:
    stages = [Stage.SHUTDOWN_REQUEST, Stage.HANDSHAKE, None, Stage.SETUP, Stage.FINISH_REQUEST, Stage.QUEUE]
    assert [stage for stage, _ in ordered(dict.fromkeys(stages, Histogram()))] == [
        None, Stage.QUEUE, Stage.FINISH_REQUEST, Stage.HANDSHAKE, Stage.SETUP, Stage.SHUTDOWN_REQUEST,
    ]  # fmt: skip


def test_json_has_all_counters_and_percentiles() -> None:
    took = Histogram()
    took.add_all([1000, 2000, 3_000_000])
    item = summary_json(SERVER, CountersRecord(5, 1, 1, 1, 0, 0, 0, 0, 7, 8), {None: took})
    assert item["counters"]["live"] == 2
    assert item["stages"]["request"]["count"] == 3
    assert item["stages"]["request"]["max"] == 3_000_000
    assert item["stages"]["request"]["p99"] == pytest.approx(3_000_000, rel=0.033)
