"""First start on a bare Python: makes `.venv`, installs into it, starts again there. Standard library only.

Everything that is wrong with the machine is told in one sentence that holds the remedy, before Qt could abort.
This file must be readable by Pythons that are too old to run the rest.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, NoReturn, Optional  # noqa: UP035  (older Pythons read this file too)

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "socketscope.json"
OPT_OUT = "SOCKETSCOPE_NO_BOOTSTRAP"
AGAIN = "SOCKETSCOPE_BOOTSTRAPPED"

MODULES = {"": ("PySide6", "pyqtgraph", "psutil", "pygments"), "test": ("pytest", "pytestqt", "hypothesis", "mypy")}
"""What must be importable, by extra: the sign that some other tool has installed us already."""

LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
}
X11_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}


def ensure(extras: tuple[str, ...] = (), *, qt: bool = True, window: bool = False) -> None:
    """Return only where everything is installed; else install, and start this command again there.

    `qt`: the system libraries that Qt needs offscreen must be there too; `window`: those of a screen, and the screen.
    """
    again = os.environ.pop(AGAIN, "")
    if os.environ.get(OPT_OUT):
        return
    if sys.version_info < (3, 11):  # noqa: UP036  (this is where it is told)
        _fail("Socketscope needs Python 3.11 or later, and this is Python {}.{}.".format(*sys.version_info[:2]))
    installed = not (ROOT / "pyproject.toml").is_file() or _is_complete(extras)
    _check_machine(venv=not installed and not VENV.exists(), qt=qt, window=window)
    if installed:
        return
    if again:
        _fail(f"The installation in {VENV} is incomplete; remove that folder and start again.")
    with _alone():
        if not _is_stamped(extras):
            _install(extras)
    _start_again()


def _is_complete(extras: tuple[str, ...]) -> bool:
    """Whether this interpreter has all we need: our own `.venv` by its stamp, any other by what it can import."""
    if Path(sys.prefix).resolve() == VENV.resolve() and STAMP.exists():
        return _is_stamped(extras)
    names = [name for extra in ("", *extras) for name in MODULES.get(extra, ())]
    return all(importlib.util.find_spec(name) is not None for name in names)


def _is_stamped(extras: tuple[str, ...]) -> bool:
    stamp = _stamp()
    return stamp.get("made_from") == _made_from() and set(extras) <= set(stamp.get("extras", ()))


def _stamp() -> dict:  # type: ignore[type-arg]  # older Pythons read this file too
    try:
        stamp = json.loads(STAMP.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _made_from() -> str:
    """Changes when the dependencies may have changed, or the Python."""
    content = (ROOT / "pyproject.toml").read_bytes() + sys.version.encode()
    return hashlib.sha256(content).hexdigest()


def _python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _install(extras: tuple[str, ...]) -> None:
    if not _works(_python()):
        _say(f"making {VENV}")
        _run([sys.executable, "-m", "venv", "--clear", str(VENV)], f"The environment {VENV} could not be made.")
    wanted = sorted(set(extras) | set(_stamp().get("extras", ())))
    target = ".[{}]".format(",".join(wanted)) if wanted else "."
    _say("installing Qt and the other dependencies into it; this takes a minute, once")
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    pip = [str(_python()), "-m", "pip", "install", *quiet, "--editable", target]
    _run(pip, "The dependencies could not be installed; is there a way to the package index?")
    STAMP.write_text(json.dumps({"made_from": _made_from(), "extras": wanted}), "utf-8")
    _say("ready")


def _works(python: Path) -> bool:
    """Whether an environment's Python runs, and is of our version."""
    same = "import sys, pip; sys.exit(sys.version != sys.argv[1])"
    try:
        command = [str(python), "-c", same, sys.version]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0
    except OSError:
        return False


def _run(command: list[str], sentence: str) -> None:
    if subprocess.run(command, cwd=ROOT, stdout=sys.stderr, check=False).returncode:
        _fail(sentence)


def _start_again() -> NoReturn:
    os.environ[AGAIN] = "1"
    command = [str(_python()), *sys.orig_argv[1:]]
    sys.stderr.flush()
    if os.name == "nt":
        sys.exit(subprocess.run(command, check=False).returncode)
    os.execv(command[0], command)


@contextmanager
def _alone() -> Iterator[None]:
    """Two first starts at once take turns."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _check_machine(*, venv: bool, qt: bool, window: bool) -> None:
    """End with one sentence when something is missing that pip cannot bring."""
    packages = ["python3-venv"] if venv and not _has_venv() else []
    if sys.platform.startswith("linux") and qt:
        wanted = {**LIBRARIES, **(_screen_libraries() if window else {})}
        packages += [package for library, package in wanted.items() if not _loads(library)]
    if packages:
        _fail("System packages are missing; install them with: apt install {}".format(" ".join(packages)))
    if sys.platform.startswith("linux") and window and _needs_screen() and not (_x11_answers() or _wayland_answers()):
        _fail(
            "No display answers; start Socketscope in a desktop session, or on a virtual screen with: "
            "apt install xvfb xauth && xvfb-run -a python3 -m app"
        )


def _has_venv() -> bool:
    return all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))


def _needs_screen() -> bool:
    return os.environ.get("QT_QPA_PLATFORM", "xcb").split(":")[0] in ("xcb", "wayland", "wayland-egl")


def _screen_libraries() -> dict[str, str]:
    if not _needs_screen():
        return {}
    only_wayland = os.environ.get("WAYLAND_DISPLAY") and not os.environ.get("DISPLAY")
    return WAYLAND_LIBRARIES if only_wayland else X11_LIBRARIES


def _loads(library: str) -> bool:
    return _load(library) is not None


def _load(library: str) -> Optional[ctypes.CDLL]:  # noqa: UP045  (older Pythons read this file too)
    try:
        return ctypes.CDLL(library)
    except OSError:
        return None


def _x11_answers() -> bool:
    """Whether DISPLAY's server lets us in; Qt would abort if it did not."""
    xcb = _load("libxcb.so.1")
    if xcb is None or not os.environ.get("DISPLAY"):
        return False
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return not refused


def _wayland_answers() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY")
    if not name:
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/"), name)) == 0


def _say(text: str) -> None:
    print(f"socketscope: {text}", file=sys.stderr, flush=True)


def _fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr, flush=True)
    sys.exit(2)
