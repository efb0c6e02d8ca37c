"""A supervisor that is killed: told in the window, what was captured stays, another one takes over."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from pytestqt.qtbot import QtBot

from app.launch import begin, spawner
from app.link.link import Link
from app.settings import Settings
from app.theme import theme_source
from app.window import Window
from app.workspace import Workspace

pytestmark = pytest.mark.window
PATIENCE = 20_000


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    """A window with a real supervisor."""
    link = Link(spawner(begin()))
    made = Window(link, Workspace(), Settings(tmp_path / "settings.ini"), theme_source())
    qtbot.addWidget(made)
    yield made
    made.close()


def supervisors() -> list[psutil.Process]:
    """Our children; a window has no others."""
    return psutil.Process(os.getpid()).children()


def test_kill_the_supervisor_and_go_on(window: Window, qtbot: QtBot) -> None:
    window.show()
    window.run("view.welcome")
    link, desk = window.context.link, window.context.desk
    key = desk.run_example("echo-threads")
    qtbot.waitUntil(lambda: link.reader.count() > 2, timeout=PATIENCE)
    (supervisor,) = supervisors()
    family = supervisor.children(recursive=True)
    with qtbot.waitSignal(link.lost, timeout=PATIENCE):
        supervisor.send_signal(signal.SIGKILL)
    assert "ended" in window.bar._told.accessibleDescription()
    assert link.reader.count() > 2
    assert not desk.is_up(key)
    _gone, left = psutil.wait_procs(family, timeout=5)
    assert left == []
    window.run("supervisor.respawn")
    assert link.reader.count() == 0
    desk.start(key)
    qtbot.waitUntil(lambda: link.reader.count() > 2, timeout=PATIENCE)
