"""`python3 -m tests`: style, types, the tests offscreen, and one pass of the window's tests in a real X server.

Arguments go to pytest and leave out the rest: `python3 -m tests tests/engine -k recorder`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app._bootstrap import ensure  # noqa: E402  (the path must be set before)

PYTEST = [sys.executable, "-m", "pytest"]
CHECKS = [
    [sys.executable, "-m", "ruff", "check", "."],
    [sys.executable, "-m", "ruff", "format", "--check", "."],
    [sys.executable, "-m", "mypy"],
    PYTEST,
]


def run(command: list[str], **environment: str) -> int:
    """Run one command in the project's folder and show it."""
    print("+", " ".join(Path(command[0]).name if i == 0 else part for i, part in enumerate(command)), flush=True)
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode


def window_pass() -> int:
    """The window's tests again, in a real X server."""
    if shutil.which("xvfb-run") is None:
        print("The pass in a real X server was left out: install it with `apt install xvfb xauth`.", flush=True)
        return 0
    server = ["xvfb-run", "--auto-servernum", "--server-args", "-screen 0 1600x1000x24"]
    return run([*server, *PYTEST, "-m", "window"], QT_QPA_PLATFORM="xcb", LIBGL_ALWAYS_SOFTWARE="1")


def main(arguments: list[str]) -> int:
    """Exit status: 0 when everything that was asked for passed."""
    ensure(("test",))
    if arguments:
        return run([*PYTEST, *arguments], QT_QPA_PLATFORM=os.environ.get("QT_QPA_PLATFORM", "offscreen"))
    failed = [check for check in CHECKS if run(check, QT_QPA_PLATFORM="offscreen")]
    return int(bool(failed) | bool(window_pass()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
