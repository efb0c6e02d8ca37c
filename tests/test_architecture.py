"""The rooms: who may import whom, and what no room may use."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

ENGINE = ["observe", "servers", "debug", "channel", "capture", "hosting", "replay", "doctor", "cli"]
APP = ["text", "settings", "theme", "icons", "errors", "link", "models", "widgets", "panels", "dialogs", "actions"]
APP += ["window", "main"]
APP_BASE = {"examples", "context", "strings"}
"""Rooms of records only, which the rooms of the application may share."""

HOST_ROOMS = ["observe", "servers", "debug", "channel"]
HOST_FILES = ["hosting/boot.py", "hosting/host.py", "hosting/profile.py"]


def sources(folder: str) -> list[Path]:
    """Every Python file below `folder`."""
    return sorted((ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> list[str]:
    """`engine/observe/tap.py` as ["engine", "observe", "tap"]."""
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path: Path) -> Iterator[list[str]]:
    """Every module that `path` imports, as absolute dotted parts."""
    package = list(path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = base + (node.module.split(".") if node.module else [])
            yield from ([*stem, alias.name] for alias in node.names)


def backward(path: Path, rooms: list[str], top: str) -> list[str]:
    """The imports of `path` that go up the road."""
    own = module_of(path)
    if len(own) < 2 or own[1] not in rooms:
        return []
    here = rooms.index(own[1])
    return [
        ".".join(target)
        for target in imports(path)
        if target[0] == top and len(target) > 1 and target[1] in rooms and rooms.index(target[1]) > here
    ]


@pytest.mark.parametrize(("top", "rooms"), [("engine", ENGINE), ("app", APP)])
def test_rooms_import_only_rooms_before_them(top: str, rooms: list[str]) -> None:
    wrong = {str(path.relative_to(ROOT)): back for path in sources(top) if (back := backward(path, rooms, top))}
    assert wrong == {}


def test_engine_knows_neither_app_nor_qt() -> None:
    forbidden = {"app", "PySide6", "pyqtgraph", "numpy"}
    wrong = {path.name: t for path in sources("engine") for t in imports(path) if t[0] in forbidden}
    assert wrong == {}


def test_what_runs_in_a_host_is_standard_library_only() -> None:
    files = [p for room in HOST_ROOMS for p in sources(f"engine/{room}")] + [ROOT / "engine" / f for f in HOST_FILES]
    allowed = set(sys.stdlib_module_names) | {"engine", "_typeshed"}  # the last one only for the type checker
    wrong = {path.name: t for path in files for t in imports(path) if t[0] not in allowed}
    assert wrong == {}


def test_engine_imports_itself_relatively() -> None:
    """A host loads the package under a private name, where `import engine` would find the user's."""
    wrong = [
        f"{path.name}: {node.lineno}"
        for path in sources("engine")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "engine"
    ]
    assert wrong == []


def test_no_loader_that_runs_code() -> None:
    dangerous = {"pickle", "marshal", "shelve", "yaml", "dill"}
    wrong = [
        f"{p.name}: {t}" for top in ("engine", "app") for p in sources(top) for t in imports(p) if t[0] in dangerous
    ]
    assert wrong == []


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Name and line of every call by plain name."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id, node.lineno


def test_nothing_is_evaluated() -> None:
    wrong = [
        f"{p.name}:{line}" for top in ("engine", "app") for p in sources(top) for n, line in calls(p) if n == "eval"
    ]
    assert wrong == []


def test_every_file_says_what_it_is() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for top in ("engine", "app", "tests")
        for path in sources(top)
        if path.read_text("utf-8").strip() and not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []


RICH = re.compile(r"\b(QLabel\(|setToolTip\(|QMessageBox\.(information|warning|critical|question)\()")


def test_text_reaches_widgets_through_one_door() -> None:
    """Qt takes labels and tooltips for HTML when they look like it; only app/text.py may make them."""
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources("app")
        if path.name != "text.py"
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if RICH.search(line)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    "words", [["--version"], ["serve", "--help"], ["run", "--help"], ["show", "--help"], ["doctor", "--help"]]
)
def test_headless_commands_do_not_load_qt(words: list[str]) -> None:
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['socketscope', *{words!r}]\n"
        "try:\n    runpy.run_module('app', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "assert not [m for m in sys.modules if m.startswith(('PySide6', 'pyqtgraph'))]\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=30)
