"""What a host tells about its threads is the user's code's to forge: only what has the right form counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.debug.deaths import Place
from engine.hosting.finding import places_of, with_pid
from engine.hosting.hosts import HostProcess
from engine.hosting.profile import Profile

ENTRY: dict[str, Any] = {
    "thread": 7, "name": "T", "doing": "lock", "call": "", "kind": "", "holders": [],
    "frames": [{"file": "/x.py", "line": 3, "function": "f"}, {"file": "/y.py", "line": 4, "function": "g"}],
}  # fmt: skip


def test_a_host_that_ends_while_it_is_asked_tells_nothing(tmp_path: Path) -> None:
    file = tmp_path / "h.py"
    file.write_text("import socketserver\nclass Handler(socketserver.BaseRequestHandler): pass\n")
    host = HostProcess(1, Profile("x", handler_file=str(file), handler_class="Handler"), None, 1000)
    host.kill()
    host.wait()
    assert not host.ask_where(host.pid, host.pid)
    host.close()
    assert host.where_text() == ""


def test_entries_carry_their_process() -> None:
    assert with_pid([ENTRY], 12) == [{**ENTRY, "pid": 12}]
    assert places_of(ENTRY) == [Place("/y.py", 4, "g"), Place("/x.py", 3, "f")]


def test_nonsense_is_left_out() -> None:
    forged: list[Any] = [
        None, 3, {}, {**ENTRY, "doing": "flying"}, {**ENTRY, "frames": None}, {**ENTRY, "frames": [1]},
        {**ENTRY, "holders": [1]}, {**ENTRY, "thread": "x"}, {**ENTRY, "frames": [{"file": "", "line": "x"}]},
    ]  # fmt: skip
    assert with_pid(forged, 12) == []
