"""A real window names what is stuck by itself, with its line, and leads there; equal failures are counted."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.models.requestcolumns import BY_KEY
from app.panels.exception_tab import ExceptionTab
from app.panels.inspector import EXCEPTION, STAGES
from app.panels.now import NowView
from app.panels.requests import RequestsPanel
from app.panels.servers import ServersPanel
from engine.hosting.profile import Profile
from tests.scenes import order_lines
from tests.scenes.theatre import Theatre, theatre

pytestmark = pytest.mark.window
SOON = 2.0
SLACK = 4.0
"""How much longer it may take while other programs want the processors, too."""


@pytest.fixture
def here(tmp_path: Path, qtbot: QtBot) -> Iterator[Theatre]:
    with theatre(tmp_path) as opened:
        yield opened


def say(here: Theatre, key: str, said: bytes) -> None:
    """A client that says something and stays."""
    host, _, port = here.wait_listening(key).address.rpartition(":")
    client = socket.create_connection((host, int(port)))
    here.stay_open([client])
    client.sendall(said)


def orders(here: Theatre, server_class: str = "ThreadingTCPServer") -> str:
    file = str(Path(order_lines.__file__))
    return here.serve(Profile("orders", server_class=server_class, handler_file=file, handler_class="OrderHandler"))


def badge(here: Theatre, request: int) -> str:
    """What the request's row says about its state."""
    model = here.find(RequestsPanel).model
    row = model.row_of(request)
    return str(model.index(row, BY_KEY["state"]).data()) if row >= 0 else ""


def test_a_lock_and_a_regex_are_named_by_themselves(here: Theatre) -> None:
    key = orders(here)
    say(here, key, b"count\n")
    here.wait_requests(1, "server:orders stage:handle")
    say(here, key, b"count\n")
    began = time.monotonic()
    here.wait("the row has its badge", lambda: badge(here, 2).startswith("⚠ lock"))
    took = time.monotonic() - began
    assert took < SOON + SLACK
    assert badge(here, 1).startswith("active")
    strip = here.find(ServersPanel)._strips[key]
    assert "Request #2 has waited" in strip.sentence.text()
    assert "held by request #1 since line" in strip.sentence.text()
    strip.fix_button.click()
    now = here.find(NowView)
    here.wait("it says where it is", lambda: now.sentence.text().startswith("Waits for the lock STOCK."))
    assert "with STOCK:" in now.source.toPlainText()
    say(here, key, b"buy " + b"1" * 40 + b"!\n")
    began = time.monotonic()
    here.wait("the row has its badge", lambda: badge(here, 3).startswith("⚠ hung"))
    assert time.monotonic() - began < SOON + SLACK
    assert "by request #3" in strip.sentence.text()
    here.look_at(STAGES)
    here.select(3)
    here.wait("it says where it is", lambda: "NUMBER.match" in now.source.toPlainText())
    assert now.sentence.text().startswith("Holds the interpreter lock")


def test_children_that_leave_alike_are_counted(here: Theatre) -> None:
    key = orders(here, "ForkingTCPServer")
    for _ in range(3):
        say(here, key, b"leave\n")
    failed = here.wait_requests(3, "server:orders state:killed")
    here.look_at(EXCEPTION)
    here.select(failed[0].id)
    strip = here.find(ExceptionTab).alike
    here.wait("they are counted", lambda: strip.sentence.text().startswith("1 of 3 alike"))
    strip.next_button.click()
    assert here.window.context.selection.request == failed[1].id
    strip.all_button.click()
    here.wait("only they are shown", lambda: here.find(RequestsPanel).model.shown == 3)
