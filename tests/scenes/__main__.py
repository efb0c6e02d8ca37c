"""`python3 -m tests.scenes OUT`: play every scene in the real window, and write its photographs to OUT."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from app._bootstrap import ensure  # noqa: E402  (the path must be set before)


def main() -> int:
    """Exit status: 0 when every scene was seen."""
    parser = argparse.ArgumentParser(prog="python3 -m tests.scenes", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the PNG files")
    parser.add_argument("--only", type=int, metavar="NUMBER", help="play this scene alone")
    options = parser.parse_args()
    ensure(("test",))
    options.out.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return play(options.only, options.out) if options.only else play_all(options.out)


def play_all(out: Path) -> int:
    """Every scene, each in a process of its own."""
    from tests.scenes.plays import SCENES, play_in_own_process

    failed = [scene.name for scene in SCENES if play_in_own_process(scene.number, str(out))]
    print(f"{len(SCENES) - len(failed)} scenes seen, {len(failed)} not" + (f": {', '.join(failed)}" if failed else ""))
    return int(bool(failed))


def play(number: int, out: Path) -> int:
    """One scene."""
    from tests.scenes.plays import SCENES
    from tests.scenes.theatre import theatre

    scene = next(scene for scene in SCENES if scene.number == number)
    with theatre(out) as here:
        scene.play(here)
        for path in here.photograph(f"{scene.number:02}-{scene.name}"):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
