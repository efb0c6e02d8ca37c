"""The host's share of reloading: watches the handler's files, swaps the code or asks for a restart, and tells."""

from __future__ import annotations

import os
import time
from types import ModuleType
from typing import Any

from ..debug.reload import Exited, GivenUp, Loaded, Reloader, Sources, swap
from .control import Control
from .loading import LoadingError, failure, load_code
from .profile import Profile


class Reloading:
    """Of the one server of this host."""

    def __init__(self, profile: Profile, control: Control) -> None:
        self._profile = profile
        self._control = control
        self._how = profile.on_save
        self._server: Any = None
        self._main = ""
        self._reloader: Reloader | None = None
        control.on("on_save", self._set_how)

    def begin(self, module: ModuleType, server: Any) -> None:
        """Watch the files of `module`, whose handler `server` serves with."""
        if not getattr(module, "__file__", None):
            return
        sources = Sources(module)
        self._server, self._main = server, module.__name__
        self._control.tell({"event": "code", "digest": sources.digest(), "at": time.monotonic_ns()})
        reloader = Reloader(sources, self._load, self._take, self._fail)
        reloader.on = self._how != "nothing"
        self._reloader = reloader

    def look(self) -> None:
        """At each beat."""
        if self._reloader is not None:
            self._reloader.look()

    def _set_how(self, order: dict[str, Any]) -> None:
        self._how = str(order.get("how"))
        if self._reloader is not None:
            self._reloader.on = self._how != "nothing"

    def _load(self) -> Any:
        return load_code(self._profile, self._main if self._profile.handler_file else "")[1]

    def _take(self, loaded: Loaded) -> None:
        if self._how == "restart":  # now that we know that the code can be loaded
            self._control.tell({"event": "saved", "files": loaded.files})
            return
        swap(self._server, loaded.handler)
        members = {"digest": loaded.digest, "at": time.monotonic_ns(), "took": loaded.took, "files": loaded.files}
        self._control.tell({"event": "reloaded", **members})

    def _fail(self, error: BaseException) -> None:
        if not isinstance(error, LoadingError):
            name = self._profile.handler_file or self._profile.handler_module
            error = failure(error, name, "import_failed")
        cause = error.__cause__
        event = {**error.event, "event": "reload_failed", "at": time.monotonic_ns()}
        if isinstance(cause, Exited | GivenUp):
            event["sentence"] = f"{os.path.basename(self._profile.handler_file)}: {cause}."
        self._control.tell(event)
