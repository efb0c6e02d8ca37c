"""The other end of the supervisor: starts it, sends orders, hears replies, ticks and events; with and without Qt."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from ..channel.frames import JsonChannel
from .errors import HostingError
from .profile import Profile

BOOT = str(Path(__file__).with_name("boot.py"))
SPAWN_TIMEOUT = 15.0
CLOSE_TIMEOUT = 5.0


class SupervisorGone(ConnectionError):  # noqa: N818 - named after what happened
    """The supervisor has ended without being asked to."""


class SupervisorClient:
    """A running supervisor. `capture_path` is the file that it writes.

    Not for several threads: whoever waits for `fileno` to become readable calls `receive`.
    """

    def __init__(self, process: subprocess.Popen[bytes], channel: JsonChannel) -> None:
        self._process = process
        self._channel = channel
        self._tickets = 0
        self._messages: deque[dict[str, Any]] = deque()
        self.capture_path = Path()

    @classmethod
    def spawn(cls, capture_path: str | os.PathLike[str] | None = None, *, keep: bool = True) -> SupervisorClient:
        """Start a supervisor. `keep` False: the capture is deleted at the end. Raises HostingError."""
        return cls.begin(capture_path, keep=keep).opened()

    @classmethod
    def begin(cls, capture_path: str | os.PathLike[str] | None = None, *, keep: bool = True) -> SupervisorClient:
        """Start a supervisor without waiting for its first word; call `opened` before anything else.

        To be called from the main thread: children may be told to die with the thread that started them.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("A supervisor is started from the main thread only.")
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, BOOT, "supervisor", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        client = cls(process, JsonChannel(ours))
        path = os.path.abspath(capture_path) if capture_path is not None else None
        client._channel.send({"order": "open", "parent": os.getpid(), "capture": path, "keep": keep})
        return client

    def opened(self) -> SupervisorClient:
        """Wait until the supervisor has its capture. Raises HostingError."""
        try:
            self.capture_path = Path(self._wait_reply(0, SPAWN_TIMEOUT)["capture"])
        except BaseException:
            self.close()
            raise
        return self

    @property
    def pid(self) -> int:
        """The supervisor's process number."""
        return self._process.pid

    def fileno(self) -> int:
        """Readable when there is something to `receive`."""
        return self._channel.fileno()

    @property
    def ended(self) -> bool:
        """Whether the supervisor has gone."""
        return self._channel.ended

    def order(self, name: str, **members: Any) -> int:
        """Send an order; returns the ticket that its reply will bear. Profiles may be given as they are."""
        self._tickets += 1
        plain = {key: value.to_json() if isinstance(value, Profile) else value for key, value in members.items()}
        self._channel.send({"order": name, "ticket": self._tickets, **plain})
        return self._tickets

    def receive(self) -> list[dict[str, Any]]:
        """All messages that have arrived. Never waits. Raises SupervisorGone when there will be no more."""
        self._channel.flush()
        messages = [*self._messages, *self._channel.receive()]
        self._messages.clear()
        if self._channel.ended and not messages:
            raise SupervisorGone("The supervisor has ended.")
        return messages

    def request(self, name: str, timeout: float = 10.0, **members: Any) -> dict[str, Any]:
        """Send an order and wait for its reply. Raises HostingError if it was refused, TimeoutError, SupervisorGone.

        Messages that arrive meanwhile stay for `receive`.
        """
        return self._wait_reply(self.order(name, **members), timeout)

    def wait(self, timeout: float) -> bool:
        """Wait until there is something to receive."""
        if self._messages:
            return True
        poll = select.poll()
        poll.register(self._channel.fileno(), select.POLLIN)
        return bool(poll.poll(max(0.0, timeout) * 1000))

    def close(self) -> None:
        """End the supervisor and all that it minds, and wait for it."""
        with contextlib.suppress(OSError):
            if not self.ended:
                self._channel.send({"order": "bye"})
        try:
            self._process.wait(CLOSE_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(CLOSE_TIMEOUT)
            self._process.kill()
            self._process.wait()
        finally:
            self._channel.close()
            self._messages.clear()

    def __enter__(self) -> SupervisorClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _wait_reply(self, ticket: int, timeout: float) -> dict[str, Any]:
        deadline = time.monotonic() + timeout
        while True:
            for message in self._channel.receive():
                if message.get("reply") == ticket and "reply" in message:
                    return _checked(message)
                self._messages.append(message)
            if self._channel.ended:
                raise SupervisorGone("The supervisor has ended.")
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("The supervisor did not answer in time.")
            self._wait_channel(left)

    def _wait_channel(self, seconds: float) -> None:
        poll = select.poll()
        poll.register(self._channel.fileno(), select.POLLIN | (select.POLLOUT if self._channel.unsent else 0))
        poll.poll(seconds * 1000)
        self._channel.flush()


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    if not reply.get("ok"):
        error = dict(reply.get("error") or {})
        code, sentence = error.pop("code", "unknown"), error.pop("sentence", "The order was refused.")
        raise HostingError(str(code), str(sentence), **error)
    return reply
