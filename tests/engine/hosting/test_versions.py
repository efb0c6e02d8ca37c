"""Versions of a server's code are counted over reloads and restarts; code that does not load is none."""

from __future__ import annotations

from pathlib import Path

from engine.capture.reader import CaptureReader
from engine.capture.writer import CaptureWriter
from engine.hosting.versions import Version


def test_versions_are_counted(tmp_path: Path) -> None:
    writer = CaptureWriter(tmp_path / "c")
    server = writer.add_server("h", "TCPServer", "tcp", "", "H", 1, 0, {})
    version = Version()
    assert version.hear("code", {"digest": "aa", "at": 10}, server, writer) == ""
    told = version.hear("reloaded", {"digest": "bb", "at": 20, "took": 4_000_000, "files": ["/x/h.py"]}, server, writer)
    assert told == "reloaded h.py (version 2, loaded in 4 ms)"
    failed = {"sentence": "h.py, line 3: no.", "line": 3, "file": "/x/h.py", "code": "syntax_error", "at": 30}
    assert version.hear("reload_failed", failed, server, writer) == (
        "reload failed: h.py, line 3: no. The old code is kept."
    )
    assert version.to_json()["error"] == {**failed}
    assert version.number == 2
    version.hear("code", {"digest": "bb", "at": 40}, server, writer)  # restarted with the same code
    assert (version.number, version.error, version.reloaded) == (2, None, False)
    version.hear("code", {"digest": "cc", "at": 50}, server, writer)
    assert version.number == 3
    writer.close()
    with CaptureReader(tmp_path / "c") as reader:
        assert reader.servers()
