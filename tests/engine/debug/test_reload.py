"""Which files a server's code is made of, when they were saved, and what happens to loading that goes wrong."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from engine.debug import reload
from engine.debug.reload import Exited, Loaded, Reloader, Sources
from tests.journeys.headless import until

SECONDS = 20.0


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    return module


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "reloaded_main.py").write_text("import reloaded_part\nvalue = reloaded_part.value\n")
    (tmp_path / "reloaded_part.py").write_text("value = 1\n")
    yield tmp_path
    for name in ("reloaded_main", "reloaded_part"):
        sys.modules.pop(name, None)


class Watched:
    """A reloader of the folder's code, and what it tells."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "reloaded_main.py"
        self.sources = Sources(load(self.path))
        self.told: list[Any] = []
        self._heard = threading.Event()
        self.reloader = Reloader(self.sources, lambda: vars(load(self.path))["value"], self._hear, self._hear)

    def _hear(self, what: Loaded | BaseException) -> None:
        self.told.append(what.handler if isinstance(what, Loaded) else what)
        self._heard.set()

    def look(self) -> Any:
        """Look, and wait for what is told of it."""
        self._heard.clear()
        self.reloader.look()
        assert self._heard.wait(SECONDS)
        return self.told[-1]


def test_the_files_are_those_of_the_folder(folder: Path) -> None:
    watched = Watched(folder)
    assert set(watched.sources.modules) == {"reloaded_main", "reloaded_part"}
    assert watched.sources.look() == set()


def test_only_what_has_to_be_is_loaded_again(folder: Path) -> None:
    watched = Watched(folder)
    part = sys.modules["reloaded_part"]
    vars(part)["value"] = 5  # what a program has remembered
    watched.path.write_text("import reloaded_part\nvalue = reloaded_part.value + 10\n")
    assert watched.look() == 15
    assert sys.modules["reloaded_part"] is part
    (folder / "reloaded_part.py").write_text("value = 2\n")
    assert watched.look() == 12


def test_a_digest_tells_versions_apart(folder: Path) -> None:
    watched = Watched(folder)
    before = watched.sources.digest()
    (folder / "reloaded_part.py").write_text("value = 3\n")
    assert watched.sources.digest() != before
    (folder / "reloaded_part.py").write_text("value = 1\n")
    assert watched.sources.digest() == before


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1 / 0\n", ZeroDivisionError), ("class (\n", SyntaxError), ("import os\nos._exit(1)\n", Exited)],
)
def test_after_a_failure_the_old_modules_are_there(folder: Path, text: str, kind: type[BaseException]) -> None:
    watched = Watched(folder)
    old = sys.modules["reloaded_main"]
    exit_ = os._exit
    watched.path.write_text(text)
    assert isinstance(watched.look(), kind)
    assert sys.modules["reloaded_main"] is old
    assert os._exit is exit_


def test_loading_without_end_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(folder)
    old = sys.modules["reloaded_main"]
    monkeypatch.setenv("HAS_BEGUN", "")
    watched.path.write_text("import os\nos.environ['HAS_BEGUN'] = 'yes'\nwhile True: pass\n")
    monkeypatch.setattr(reload, "PATIENCE", 0.0)
    watched.reloader.look()
    thread = watched.reloader._thread
    assert thread is not None
    until(lambda: os.environ["HAS_BEGUN"] == "yes")
    assert isinstance(watched.look(), TimeoutError)
    thread.join(SECONDS)
    assert not thread.is_alive()
    assert sys.modules["reloaded_main"] is old
    assert len(watched.told) == 1
