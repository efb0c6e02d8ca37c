"""A supervisor at work for a headless command: starts one profile, passes on what it prints, ends it on a signal."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, TextIO

from ..capture.reader import CaptureReader
from ..capture.records import OutputRecord
from ..hosting.client import SupervisorClient, SupervisorGone
from ..hosting.errors import HostingError
from ..hosting.profile import Profile
from .terminal import FAILED, complain

KEY = "main"
STOP_TIMEOUT = 10.0
LINES_AT_ONCE = 1000
SAID_BY_COMMAND = ("listening on ", "the program runs", "stopped: ", "failed: ")
"""What the supervisor notes for the log and the command says itself, in its own way."""

OnServer = Callable[[dict[str, Any]], None]
Faults = Sequence[dict[str, Any]]


class Session:
    """One run of one profile. Its capture is a temporary file unless `record` names one."""

    def __init__(self, profile: Profile, record: str | None, *, output: TextIO, faults: Faults = ()) -> None:
        self._profile = profile
        self._faults = list(faults)
        self._output = output
        self._signalled, self._signal = os.pipe()
        os.set_blocking(self._signal, False)
        self._client = SupervisorClient.spawn(record, keep=record is not None)
        self.capture = str(self._client.capture_path)
        self._reader = CaptureReader(self.capture)
        self._last_line = 0
        self._seen: set[str] = set()
        self._stuck: set[tuple[int, str]] = set()
        self.on_stuck: Callable[[dict[str, Any]], None] = lambda event: None
        """Hears once of each request that does not get on, and once that it does again or is over."""
        self._before: list[tuple[int, Any]] = []

    def __enter__(self) -> Session:
        self._before = [(number, signal.signal(number, self._on_signal)) for number in (signal.SIGINT, signal.SIGTERM)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._client.close()
        self._reader.close()
        for number, handler in self._before:
            signal.signal(number, handler)
        os.close(self._signalled)
        os.close(self._signal)

    def run(self, on_server: OnServer) -> int:
        """Start, serve until a signal or the end, stop; returns the exit code. `on_server` hears of each listener."""
        ticket = self._client.order("start", key=KEY, profile=self._profile, faults=self._faults)
        for message in self._messages():
            if message.get("reply") == ticket and not message["ok"]:
                self._pass_on()
                return complain(message["error"]["sentence"], _code(message["error"]))
            for server in message.get("servers", ()):
                self._announce(server, on_server)
            if "tick" in message:
                self._pass_on()
                self._tell_stuck(message.get("stuck", ()))
                code = self._ended(message["servers"])
                if code is not None:
                    return code
        return self._stop()

    def _messages(self) -> Iterator[dict[str, Any]]:
        """What the supervisor says, until a signal comes."""
        poll = select.poll()
        poll.register(self._client.fileno(), select.POLLIN)
        poll.register(self._signalled, select.POLLIN)
        while True:
            yield from self._client.receive()
            ready = {fd for fd, _ in poll.poll()}
            if self._signalled in ready:
                return

    def _tell_stuck(self, lines: Sequence[dict[str, Any]]) -> None:
        now = {(int(line["request"]), str(line["doing"])) for line in lines}
        for request, _ in sorted(self._stuck - now):
            if all(request != other for other, _ in now):
                self.on_stuck({"goes_on": request})
        for line in lines:
            if (line["request"], line["doing"]) not in self._stuck:
                self.on_stuck({"stuck": {name: value for name, value in line.items() if name != "key"}})
        self._stuck = now

    def _announce(self, server: dict[str, Any], on_server: OnServer) -> None:
        if server["state"] == "listening" and server["address"] and server["key"] not in self._seen:
            self._seen.add(server["key"])
            on_server(server)

    def _ended(self, servers: list[dict[str, Any]]) -> int | None:
        """The exit code, once the host has ended without being told to."""
        main = next((server for server in servers if server["key"] == KEY), None)
        if main is None or main["state"] not in ("failed", "stopped") or main["id"] is None:
            return None
        if main["state"] == "stopped":
            return 0 if main["stopped_reason"] else None
        error = main["error"] or {"sentence": "The server ended."}
        return complain(error["sentence"], _code(error))

    def _stop(self) -> int:
        with contextlib.suppress(HostingError, TimeoutError, SupervisorGone):
            self._client.request("stop", STOP_TIMEOUT, key=KEY)
        self._pass_on()
        return 0

    def _pass_on(self) -> None:
        """Print what the program has printed since the last time, each stream to its own."""
        while lines := self._reader.output(None, self._last_line, LINES_AT_ONCE):
            self._last_line = lines[-1].id
            for line in lines:
                self._print(line)
        self._output.flush()

    def _print(self, line: OutputRecord) -> None:
        if line.stream == 0:
            if not line.line.startswith(SAID_BY_COMMAND):
                complain(line.line, 0)
            return
        target = self._output if line.stream == 1 else sys.stderr
        target.write(line.line + "\n")

    def _on_signal(self, number: int, frame: Any) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(self._signal, b"x")


def _code(error: dict[str, Any]) -> int:
    """2 for what the person can put right; a program's own exit code where it had one, as a shell tells it."""
    code = error.get("exit")
    if isinstance(code, int):
        return code if code > 0 else 128 - code if code < 0 else FAILED
    return FAILED if error.get("code") in ("script_failed", "serve_ended", "crashed") else 2


def run_session(
    profile: Profile,
    record: str | None,
    output: TextIO,
    on_server: Callable[[Session], OnServer],
    faults: Faults = (),
) -> int:
    """A whole command: supervisor, run, end; every error as one sentence. `faults` as orders take them."""
    try:
        with Session(profile, record, output=output, faults=faults) as session:
            return session.run(on_server(session))
    except HostingError as error:
        return complain(error.sentence, 2)
    except SupervisorGone as error:
        return complain(str(error), FAILED)
