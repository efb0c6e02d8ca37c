"""The command `socketscope`, also `python3 -m app`: headless commands go to the engine, all else opens the window."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence

from app import __version__
from app._bootstrap import ensure

HEADLESS = ("serve", "run", "show", "replay", "doctor")

_EPILOG = """\
without a window:
  socketscope serve TARGET   serve a handler class (file.py:Handler, package.module:Handler)
  socketscope run SCRIPT     run an unmodified program and watch its servers
  socketscope show CAPTURE   list what a capture holds
  socketscope doctor TARGET  examine a server class for known weaknesses
Each explains itself with --help.
"""


def parser() -> argparse.ArgumentParser:
    """The arguments of the window."""
    made = argparse.ArgumentParser(
        prog="socketscope",
        description="A desktop monitor and visual debugger for Python socket servers.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=f"Socketscope {__version__}")
    made.add_argument("--demo", action="store_true", help="start with the echo example running")
    made.add_argument("--theme", choices=("system", "dark", "light"), help="colours, for this and later starts")
    made.add_argument("files", nargs="*", metavar="FILE", help="handler files (.py) to set up as servers")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status of the command."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and arguments[0] in HEADLESS:
        return _headless(arguments)
    options = parser().parse_args(arguments)
    ensure(window=True)
    # Nothing of Qt before the machine was checked; the supervisor starts while the rest is imported.
    from app.launch import begin

    supervisor = begin()
    from app.main import open_window

    return open_window(options, supervisor)


def _headless(arguments: list[str]) -> int:
    if importlib.util.find_spec("psutil") is None:
        ensure(qt=False)
    from engine.cli import main as headless

    return headless(arguments)


if __name__ == "__main__":
    sys.exit(main())
