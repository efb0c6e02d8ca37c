"""A window with three forking servers, to be killed: prints their ports and its capture, and goes on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtWidgets import QApplication

from app.examples import FOLDER
from engine.hosting.profile import Profile
from tests.scenes.theatre import CAPTURE, theatre


def main(folder: Path) -> None:
    """Serve until killed."""
    with theatre(folder, folder) as here:
        echo = str(FOLDER / "echo.py")
        profile = {"server_class": "ForkingTCPServer", "handler_file": echo, "handler_class": "EchoHandler"}
        keys = [here.serve(Profile(f"fork-{n}", **profile)) for n in range(3)]  # type: ignore[arg-type]
        ports = [int(here.wait_listening(key).address.rpartition(":")[2]) for key in keys]
        print(json.dumps({"ports": ports, "capture": str(folder / CAPTURE)}), flush=True)
        QApplication.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
