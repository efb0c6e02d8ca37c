"""New code into a running server: looks whether its files were saved, loads them anew, and gives it the new handler.

Requests that are being served finish on the code they began with. Code that does not load changes nothing: the server
keeps what it has. Loading is done in a thread of its own, for code may take its time, or never end: then that thread is
given up. `os._exit`, which would end the server with it, only ends the loading.

Of the modules beside the handler's file only that file's own is loaded again when only it has changed, so that what
others keep in their globals stays; when one of them has changed, all are, because any may hold on to what was in it.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib
import importlib.util
import linecache
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ..observe import acting

PATIENCE = 5.0
"""How long code may take to load, seconds."""
_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

Stamp = tuple[int, int, int]
Stamps = dict[str, Stamp | None]


class GivenUp(BaseException):
    """Raised in a thread whose loading has taken too long."""


class Exited(Exception):  # noqa: N818 - named after what happened
    """The code that was being loaded has called `os._exit`."""


@dataclass(frozen=True)
class Loaded:
    """What has been loaded. `digest` tells versions of the code apart."""

    handler: Any
    digest: str
    files: tuple[str, ...]
    took: int
    """ns."""


def stamp(file: str) -> Stamp | None:
    """What changes when a file is saved, however its editor does that; None while there is none."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Sources:
    """The files that a server's code is made of: the handler's module, and those of its folder that it has imported."""

    def __init__(self, module: ModuleType) -> None:
        self.main = module.__name__
        self._main_file = os.path.abspath(str(module.__file__))
        self._folder = os.path.dirname(self._main_file) + os.sep
        self._known = 0
        self._files: dict[str, str] = {}
        self.seen: Stamps = {}
        self.look()

    @property
    def modules(self) -> dict[str, str]:
        """Names of the modules, and their files. Looked for anew when modules have come or gone."""
        if len(sys.modules) != self._known:
            self._known = len(sys.modules)
            self._files = {name: file for name, module in list(sys.modules.items()) if (file := self._own_file(module))}
            self._files[self.main] = self._main_file
        return self._files

    def look(self) -> set[str]:
        """The files that were saved since the last look."""
        now: Stamps = {file: stamp(file) for file in self.modules.values()}
        changed = {file for file in now if file in self.seen and now[file] != self.seen[file]}
        self.seen = now
        return changed

    def stale(self, changed: set[str]) -> list[str]:
        """The modules that are to be loaded again."""
        return [self.main] if changed == {self._main_file} else list(self.modules)

    def digest(self) -> str:
        """A short hash of all files as they are now."""
        total = hashlib.sha256()
        for file in sorted(set(self.modules.values())):
            with contextlib.suppress(OSError), open(file, "rb") as source:
                total.update(source.read())
        return total.hexdigest()[:12]

    def _own_file(self, module: object) -> str | None:
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or not file.startswith(self._folder) or file.startswith(_OURS):
            return None
        return None if "site-packages" in file[len(self._folder) :] or not file.endswith(".py") else file


class Reloader:
    """Of one server. `load` brings the code in and returns the handler class; `tell` hears what came of it."""

    def __init__(
        self,
        sources: Sources,
        load: Callable[[], Any],
        take: Callable[[Loaded], object],
        fail: Callable[[BaseException], object],
    ) -> None:
        self._sources = sources
        self._load = load
        self._take = take
        self._fail = fail
        self.on = True
        """Whether anybody wants to know of changes."""
        self._thread: threading.Thread | None = None
        self._deadline = 0.0
        self._lock = threading.Lock()
        self._away: dict[str, ModuleType] = {}
        """The old modules while the new ones are being loaded."""

    def look(self) -> None:
        """To be called several times a second: begin to load what was saved, give up what takes too long."""
        if self._thread is not None:
            if self._thread.is_alive() and time.monotonic() > self._deadline:
                self._give_up(self._thread)
            return
        changed = self._sources.look()
        if changed and self.on:
            self._begin(changed)

    def _begin(self, changed: set[str]) -> None:
        names = self._sources.stale(changed)
        self._deadline = time.monotonic() + PATIENCE
        self._thread = threading.Thread(target=self._run, args=(names, changed), name="socketscope-reload", daemon=True)
        self._thread.start()

    def _run(self, names: list[str], changed: set[str]) -> None:
        me = threading.current_thread()
        started = time.monotonic_ns()
        before = dict(self._sources.seen)
        try:
            self._put_away(names, changed)
            with _no_exit(me):
                handler = self._load()
            loaded = Loaded(handler, self._sources.digest(), tuple(sorted(changed)), time.monotonic_ns() - started)
        except BaseException as error:
            if self._finish(me, kept=False) and before == {file: stamp(file) for file in before}:
                self._fail(error)  # else it was read while it was being written: the next look finds it changed
        else:
            if self._finish(me, kept=True):
                self._take(loaded)

    def _put_away(self, names: list[str], changed: set[str]) -> None:
        """Make room for new modules. Bytecode is told apart by seconds, so that of a moment ago would be taken."""
        for file in changed:
            with contextlib.suppress(OSError, NotImplementedError):
                os.unlink(importlib.util.cache_from_source(file))
            linecache.checkcache(file)
        importlib.invalidate_caches()
        with self._lock:
            self._away = {name: sys.modules.pop(name) for name in names if name in sys.modules}

    def _finish(self, thread: threading.Thread, *, kept: bool) -> bool:
        """Put the old modules back unless the new ones are `kept`; False if this thread has been given up."""
        with self._lock:
            if self._thread is not thread:
                return False
            self._thread = None
            if not kept:
                sys.modules.update(self._away)
            self._away = {}
            return True

    def _give_up(self, thread: threading.Thread) -> None:
        if self._finish(thread, kept=False):
            set_error = ctypes.pythonapi.PyThreadState_SetAsyncExc
            set_error(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(GivenUp))
            self._fail(TimeoutError(f"it had not been loaded after {PATIENCE:.0f} s"))


def swap(server: Any, handler: Any) -> None:
    """From now on new requests get the new handler. Workers that were forked before are replaced."""
    server.RequestHandlerClass = handler
    for workforce in list(acting.renewable):
        workforce.renew()


@contextlib.contextmanager
def _no_exit(thread: threading.Thread) -> Iterator[None]:
    """Let `os._exit` end only what is loaded in this thread."""
    real = os._exit

    def exit_loading(status: int) -> Any:
        if threading.current_thread() is thread:
            raise Exited(f"os._exit({status!r}) was called")
        real(status)

    os._exit = exit_loading
    try:
        yield
    finally:
        os._exit = real
