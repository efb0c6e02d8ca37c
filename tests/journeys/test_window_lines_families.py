"""Lines of handlers of datagrams and of Unix streams, stepped through to the end in a real window."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.panels.code_tab import CodeTab
from app.panels.inspector import CODE
from engine.hosting.profile import SERVER_CLASSES, Profile
from tests.journeys.headless import port_of
from tests.journeys.test_headless_lines import ANSWER, SIZE, WRITE
from tests.journeys.test_headless_lines_families import handler_of, speak
from tests.journeys.test_window_lines import click_gutter
from tests.scenes.theatre import Theatre, theatre

pytest.importorskip("debugpy")
pytestmark = pytest.mark.window
KINDS = [(family, concurrency) for family in ("udp", "unix") for concurrency in ("single", "threading", "forking")]


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


def clients(family: str, address: str, folder: Path) -> Callable[[bytes], socket.socket]:
    """What makes clients of a server."""
    where = address if family == "unix" else port_of(address)
    numbers = itertools.count()
    return lambda text: speak(family, where, text, folder / f"c{next(numbers)}")


@pytest.mark.parametrize(("family", "concurrency"), KINDS)
def test_a_handler_is_stepped_to_its_end(here: Theatre, tmp_path: Path, family: str, concurrency: str) -> None:
    path = tmp_path / "lines.py"
    path.write_text(handler_of(family))
    lines, window = here.window.context.lines, here.window
    socket_file = str(tmp_path / "s") if family == "unix" else ""
    how = SERVER_CLASSES[family, concurrency]
    key = here.serve(
        Profile("lines", server_class=how, handler_file=str(path), handler_class="Lines", path=socket_file)
    )
    say = clients(family, here.wait_listening(key).address, tmp_path)
    here.look_at(CODE)
    tab = here.find(CodeTab)
    here.wait("the code is shown", lambda: tab.path == str(path))
    click_gutter(tab, SIZE)
    here.wait("the debugger is there", lambda: (state := lines.state(key)) is not None and state.attached)
    with say(b"stop\n") as client:
        here.wait("it stops", lambda: lines.stopped and lines.stopped[0].id)
        window.run("perspective.debug")
        here.wait("its values are there", lambda: "word" in lines.frames.values())
        window.run("line.over")
        here.wait("the next line", lambda: tab.view._arrow == ANSWER and lines.frames.values().get("size") == "4")
        window.run("line.over")
        here.wait("the last line", lambda: tab.view._arrow == WRITE)
        window.run("line.over")
        assert client.recv(100) == b"STOP 4\n"
        here.wait("nothing is stopped", lambda: not lines.stopped and tab.view._arrow is None)
    (row,) = here.wait_requests(1, "state:done")
    assert (row.bytes_in, row.bytes_out, row.transport) == (5, 7, family)
