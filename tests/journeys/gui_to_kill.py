"""A window to be killed: prints the ports of its servers and its capture, and at each sight it waits for a line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.examples import FOLDER
from engine.hosting.profile import Profile
from tests.journeys.test_headless_lines import HANDLER, SIZE
from tests.scenes.theatre import CAPTURE, Theatre, theatre


def tell(here: Theatre, *keys: str) -> None:
    """Print where the servers listen, and where the capture is."""
    ports = [int(here.wait_listening(key).address.rpartition(":")[2]) for key in keys]
    print(json.dumps({"ports": ports, "capture": str(here.folder / CAPTURE)}), flush=True)


def forks(here: Theatre) -> None:
    """Three forking servers."""
    echo = str(FOLDER / "echo.py")
    profiles = [
        Profile(f"fork-{n}", server_class="ForkingTCPServer", handler_file=echo, handler_class="EchoHandler")
        for n in range(3)
    ]
    tell(here, *map(here.serve, profiles))


def stopped(here: Theatre, server_class: str) -> None:
    """A server with a breakpoint on a line; the sight is that a thread has stopped there."""
    path = here.folder / "lines.py"
    path.write_text(HANDLER)
    lines = here.window.context.lines
    key = here.serve(Profile("lines", server_class=server_class, handler_file=str(path), handler_class="Lines"))
    lines.toggle(key, str(path), SIZE)
    here.wait("the debugger is there", lambda: (state := lines.state(key)) is not None and state.attached)
    tell(here, key)
    here.wait("it stops", lambda: lines.stopped and lines.stopped[0].id)
    print("stopped", flush=True)


def stuck(here: Theatre, server_class: str) -> None:
    """A server whose handler may get stuck; the sight is that it is named."""
    file = str(Path(__file__).with_name("handlers_headless.py"))
    key = here.serve(Profile("trouble", server_class=server_class, handler_file=file, handler_class="Trouble"))
    tell(here, key)
    here.wait("it is named", lambda: here.window.context.link.tick.stuck)
    print("stuck", flush=True)


PLAYS: dict[str, Callable[..., None]] = {"forks": forks, "stopped": stopped, "stuck": stuck}


def main(folder: Path, play: str, *words: str) -> None:
    """Serve until killed."""
    with theatre(folder, folder) as here:
        PLAYS[play](here, *words)
        QApplication.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
