"""How long from the command to a window that can be used: exposed, painted, and its event loop idle."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RUNS = 7
CHILD = """
import sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

run = QApplication.exec
def look():
    shown = [w.windowHandle() for w in QApplication.topLevelWidgets() if w.windowHandle() is not None]
    if any(handle.isExposed() for handle in shown):
        print(time.monotonic_ns(), flush=True)
        QApplication.closeAllWindows()
    else:
        QTimer.singleShot(0, look)
def timed(*_):
    QTimer.singleShot(0, look)
    return run()
QApplication.exec = timed
sys.argv = ["socketscope"]
from app.__main__ import main
sys.exit(main())
"""


def once(home: str) -> float:
    """Seconds of one start."""
    environment = os.environ | {"SOCKETSCOPE_NO_BOOTSTRAP": "1", "SOCKETSCOPE_CONFIG_DIR": home, "HOME": home}
    began = time.monotonic_ns()
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return (int(done.stdout.split()[0]) - began) / 1e9


def report() -> None:
    """Print the median and the worst of a few warm starts."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        once(home)
        times = [once(home) for _ in range(RUNS)]
    print(f"start to usable window: median {statistics.median(times):.2f} s, worst {max(times):.2f} s of {RUNS}")


if __name__ == "__main__":
    report()
