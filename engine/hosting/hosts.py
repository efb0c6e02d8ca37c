"""A host process as the supervisor sees it: started, talked to, read, and closed."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..channel.frames import JsonChannel, send_frame
from ..channel.receiver import Receiver
from ..debug.deaths import WHERE
from ..observe.blackbox import BlackBox
from .boot import TOO_OLD
from .control import BEAT
from .errors import HostingError
from .output import LineDrain
from .processes import MARK, catches, kill_run, letter, signal_group, signal_thread
from .profile import Profile

BOOT = str(Path(__file__).with_name("boot.py"))
Actions = Sequence[dict[str, Any]]
"""Gates or faults."""
FAULT_TEXT_LIMIT = 1 << 20
"""Stacks of the hundred threads that faulthandler writes at most."""
OURS = str(Path(__file__).resolve().parent.parent) + os.sep


@dataclass(frozen=True)
class Descriptors:
    """The host's ends of everything; closed here as soon as the host has been started."""

    control: socket.socket
    facts: socket.socket
    door: socket.socket
    stdout: int
    stderr: int

    def close(self) -> None:
        """They live on in the host."""
        self.control.close()
        self.facts.close()
        self.door.close()
        os.close(self.stdout)
        os.close(self.stderr)


class HostProcess:
    """One running host. All its descriptors belong to this object until `close`."""

    def __init__(
        self,
        number: int,
        profile: Profile,
        listener: socket.socket | None,
        payload_limit: int,
        gates: Actions = (),
        faults: Actions = (),
        lines: str = "",
    ) -> None:
        self.number = number
        self.profile = profile
        self.run = f"{os.getpid()}-{number}-{secrets.token_hex(4)}"
        self.started = time.monotonic_ns()
        self.servers: dict[int, int] = {}
        """The host's numbers of its servers, and their numbers in the capture."""
        self._faults = os.memfd_create("socketscope-faults")
        self._where = os.memfd_create("socketscope-where")
        self._claimed = self._freed = self._asked = 0
        self._beat = os.memfd_create("socketscope-beat")
        os.ftruncate(self._beat, os.sysconf("SC_PAGESIZE"))
        self.box_fd = BlackBox.create()
        self.box = BlackBox(self.box_fd)
        theirs = self._make_channels()
        try:
            actions = {"gates": list(gates), "injections": list(faults), "lines": lines}
            more = {"payload_limit": payload_limit, **actions}
            self._process = self._start(theirs, listener, more)
        except HostingError:
            self._control_socket.close()
            self._close_ours()
            raise
        finally:
            theirs.close()
        self.pid = self._process.pid
        self.pidfd = os.pidfd_open(self.pid)

    def _make_channels(self) -> Descriptors:
        control, their_control = socket.socketpair()
        facts, their_facts = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.door, their_door = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        """Where the host and its children hand over the lines of their debuggers."""
        self.door.setblocking(False)
        out, their_out = os.pipe()
        err, their_err = os.pipe()
        self._control_socket = control
        self.receiver = Receiver(facts.detach())
        self.drains = (LineDrain(out, 1), LineDrain(err, 2))
        return Descriptors(their_control, their_facts, their_door, their_out, their_err)

    def _start(
        self, theirs: Descriptors, listener: socket.socket | None, more: dict[str, Any]
    ) -> subprocess.Popen[bytes]:
        numbers = {
            "listener": listener.fileno() if listener is not None else -1,
            "facts": theirs.facts.fileno(),
            "door": theirs.door.fileno(),
            "box": self.box_fd,
            "faults": self._faults,
            "where": self._where,
            "beat": self._beat,
        }
        process = self._execute(theirs, [fd for fd in numbers.values() if fd >= 0])
        plan = {"profile": self.profile.to_json(), "parent": os.getpid(), **more, **numbers}
        with contextlib.suppress(OSError):  # it has died already, which its pidfd will tell
            send_frame(self._control_socket, plan)
        self.control = JsonChannel(self._control_socket)
        return process

    def _execute(self, theirs: Descriptors, numbers: list[int]) -> subprocess.Popen[bytes]:
        profile = self.profile
        interpreter = profile.interpreter or sys.executable
        try:
            return subprocess.Popen(
                [interpreter, BOOT, "host", str(theirs.control.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=theirs.stdout,
                stderr=theirs.stderr,
                pass_fds=[theirs.control.fileno(), *numbers],
                cwd=profile.directory or None,
                env={**os.environ, **profile.environment, MARK: self.run},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise _start_error(profile, error) from error

    # What is known from outside

    @property
    def last_beat(self) -> int:
        """When the host's own thread last ran; 0 before it ran first."""
        return int(BEAT.unpack(os.pread(self._beat, BEAT.size, 0))[0])

    @property
    def letter(self) -> str:
        """The state letter of the process."""
        return letter(self.pid)

    @property
    def silent(self) -> int:
        """For how long the host's own thread has not run, ns; 0 before it ran first."""
        return time.monotonic_ns() - self.last_beat if self.last_beat else 0

    def fault_text(self) -> str:
        """What faulthandler has written at crashes since `claim_faults`."""
        size = os.fstat(self._faults).st_size
        data = os.pread(self._faults, FAULT_TEXT_LIMIT, max(self._claimed, size - FAULT_TEXT_LIMIT))
        return data.decode("utf-8", "backslashreplace")

    def claim_faults(self) -> None:
        """What has been written so far is understood: it tells of a forked child's end, not of this process's."""
        self._claimed = max(self._claimed, os.fstat(self._faults).st_size)
        if self._claimed - self._freed > FAULT_TEXT_LIMIT:
            self._freed = self._claimed
            os.ftruncate(self._faults, 0)  # gives the memory back; who writes goes on where he was

    def ask_where(self, pid: int, thread: int) -> bool:
        """Have faulthandler write all stacks of the host or of a child of it, though it holds the interpreter lock.

        That of `thread` will be the current one. False: the process would not understand the signal.
        """
        if self._process.returncode is not None or not catches(pid, WHERE):
            return False
        self._asked = self._where_size
        if self._asked > FAULT_TEXT_LIMIT:
            os.ftruncate(self._where, 0)  # gives the memory back; who writes goes on where he was
        signal_thread(pid, thread, WHERE)
        return True

    def where_text(self) -> str:
        """What has been written since `ask_where`; nothing once all is closed."""
        if self._where < 0:
            return ""
        return os.pread(self._where, FAULT_TEXT_LIMIT, self._asked).decode("utf-8", "backslashreplace")

    @property
    def _where_size(self) -> int:
        return os.fstat(self._where).st_size

    # Its end

    def signal(self, number: signal.Signals) -> None:
        """To the host and what it forked, but for those that left its process group."""
        if self._process.returncode is None:
            signal_group(self.pid, number)

    def kill(self) -> None:
        """Kill the host and everything that descends from it."""
        self.signal(signal.SIGKILL)
        kill_run(self.run)

    def wait(self) -> int:
        """The exit code, or minus the signal's number; call when the pidfd is ready."""
        return self._process.wait()

    def close(self) -> None:
        """Give back every descriptor."""
        self.control.close()
        os.close(self.pidfd)
        self._close_ours()

    def _close_ours(self) -> None:
        self.receiver.close()
        self.door.close()
        for drain in self.drains:
            drain.close()
        self.box.dispose()
        for fd in (self.box_fd, self._faults, self._where, self._beat):
            os.close(fd)
        self._where = -1

    def tell(self, order: str, **members: Any) -> None:
        """Send an order."""
        self.control.send({"order": order, **members})


def _start_error(profile: Profile, error: Exception) -> HostingError:
    directory = profile.directory
    if directory and not os.path.isdir(directory):
        return HostingError("no_directory", f"There is no working directory {directory}; choose another.")
    reason = error.strerror if isinstance(error, OSError) else str(error)
    name = profile.interpreter or sys.executable
    return HostingError("no_interpreter", f"{name} cannot be started ({reason}); choose a Python interpreter.")


def is_too_old(code: int) -> bool:
    """Whether an exit code says that the interpreter cannot run this engine."""
    return code == TOO_OLD
