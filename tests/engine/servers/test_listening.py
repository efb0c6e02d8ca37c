"""Listeners: adopted from others, of both families, and shared."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import engine
from tests.engine.serving import DEADLINE, Echo, Notes, ask, serving

HERE = ("127.0.0.1", 0)
ROOT = Path(engine.__file__).parent.parent


def listener() -> socket.socket:
    return socket.create_server(HERE, backlog=77)


def test_from_socket() -> None:
    sock = listener()
    with serving(engine.ThreadingTCPServer.from_socket(sock, Echo)) as server:
        assert server.socket is sock
        assert ask(server.server_address, b"x\n") == b"x\n"
    assert sock.fileno() < 0


def test_a_bound_socket_is_made_to_listen() -> None:
    sock = socket.socket()
    sock.bind(HERE)
    with serving(engine.TCPServer.from_socket(sock, Echo)) as server:
        assert ask(server.server_address, b"x\n") == b"x\n"


def test_a_subclass_that_binds_in_its_own_way() -> None:
    """As http.server does, which learns its name there."""

    class Server(engine.TCPServer):
        known: Any = None

        def server_bind(self) -> None:
            super().server_bind()
            self.known = self.server_address

    with Server.from_socket(listener(), Echo) as server:
        assert server.known == server.socket.getsockname()


def test_from_fd() -> None:
    fd = listener().detach()
    with serving(engine.TCPServer.from_fd(fd, Echo)) as server:
        assert (server.fileno(), os.get_inheritable(fd)) == (fd, False)
        assert ask(server.server_address, b"x\n") == b"x\n"


def test_sockets_that_do_not_fit() -> None:
    with listener() as sock, socket.socket() as unbound, socket.socket() as closed:
        closed.close()
        with pytest.raises(ValueError, match="an internet stream socket; UDPServer needs an internet datagram socket"):
            engine.UDPServer.from_socket(sock, Echo)
        with pytest.raises(ValueError, match="UnixStreamServer needs a Unix stream socket"):
            engine.UnixStreamServer.from_fd(sock.fileno(), Echo)
        with pytest.raises(ValueError, match="bind it first"):
            engine.TCPServer.from_socket(unbound, Echo)
        with pytest.raises(ValueError, match="has been closed"):
            engine.TCPServer.from_socket(closed, Echo)
        with pytest.raises(TypeError, match="must be a socket, not str"):
            engine.TCPServer.from_socket("x", Echo)  # type: ignore[arg-type]  # on purpose
        assert sock.getsockname()[1]  # it is still open


def test_descriptors_that_do_not_fit(tmp_path: Path) -> None:
    with open(tmp_path / "file", "wb") as file:
        with pytest.raises(ValueError, match=f"fd {file.fileno()} is no socket"):
            engine.TCPServer.from_fd(file.fileno(), Echo)
        number = file.fileno()
    for fd, said in ((number, "is not open"), (-1, "from 0 on, not -1"), (True, "not True")):
        with pytest.raises(ValueError, match=said):
            engine.TCPServer.from_fd(fd, Echo)


SYSTEMD = """
import os, sys
sys.path.insert(0, sys.argv[1])
import engine
os.environ["LISTEN_PID"] = str(os.getpid() + int(sys.argv[2]))
class Echo(engine.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline())
try:
    with engine.TCPServer.from_systemd(Echo, sys.argv[3] or None) as server:
        server.handle_request()
except ValueError as error:
    sys.exit(str(error))
"""


def systemd(count: int, names: str, name: str, sock: socket.socket, wrong_pid: int = 0) -> subprocess.Popen[str]:
    """A program that was passed `count` sockets, in the way of systemd: descriptors from 3 on."""
    shell = " ".join(f"{fd}<&{sock.fileno()}" for fd in range(3, 3 + count))
    command = f'exec {shell} ; exec "$0" "$@"'
    return subprocess.Popen(
        ["bash", "-c", command, sys.executable, "-c", SYSTEMD, str(ROOT), str(wrong_pid), name],
        env={**os.environ, "LISTEN_FDS": str(count), "LISTEN_FDNAMES": names},
        pass_fds=[sock.fileno()],
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(("count", "names", "name"), [(1, "", ""), (2, "web:other", "web")])
def test_from_systemd(count: int, names: str, name: str) -> None:
    with listener() as sock, systemd(count, names, name, sock) as program:
        assert ask(sock.getsockname(), b"x\n") == b"x\n"
        _, errors = program.communicate(timeout=DEADLINE)
        assert (program.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("count", "name", "wrong_pid", "said"),
    [
        (0, "", 0, "systemd passed no sockets"),
        (1, "", 1, "and this is"),
        (1, "web", 0, "no socket named 'web'; it passed x"),
        (2, "", 0, "passed 2 sockets that TCPServer could serve; give its name"),
    ],
)
def test_what_systemd_did_not_pass(count: int, name: str, wrong_pid: int, said: str) -> None:
    with listener() as sock, systemd(count, "x:y", name, sock, wrong_pid) as program:
        _, errors = program.communicate(timeout=DEADLINE)
        assert program.returncode == 1
        assert said in errors
        assert errors.count("\n") == 1


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="needs IPv6")
@pytest.mark.parametrize("host", ["", "::"])
def test_dual_stack(host: str) -> None:
    notes = Notes()
    with serving(engine.ThreadingTCPServer((host, 0), Echo, dual_stack=True), notes) as server:
        port = server.server_address[1]
        for number, (family, address) in enumerate(((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))):
            assert ask((address, port), b"x\n", family) == b"x\n"
            request = notes.wait("request_closed", number + 1)[-1][1]
            shown = "[::1]" if family == socket.AF_INET6 else "127.0.0.1"
            assert request.peer.rpartition(":")[0] == shown
            assert request.local == f"{shown}:{port}"


def test_dual_stack_needs_a_wildcard() -> None:
    for address in (("127.0.0.1", 0), "/tmp/x"):
        with pytest.raises(ValueError, match=r"dual_stack|is a path"):
            engine.TCPServer(address, Echo, dual_stack=True)


@pytest.mark.skipif(not socket.has_ipv6, reason="needs IPv6")
def test_family_by_address(tmp_path: Path) -> None:
    class Server(engine.TCPServer):
        address_family = socket.AF_UNSPEC

    for address, family in ((("::1", 0), socket.AF_INET6), (HERE, socket.AF_INET)):
        with Server(address, Echo) as server:
            assert server.socket.family == family
    with Server(str(tmp_path / "s"), Echo) as server:
        assert server.socket.family == socket.AF_UNIX
    with pytest.raises(socket.gaierror):
        engine.TCPServer(("::1", 0), Echo)


SHARER = """
import socket, sys
with socket.socket() as sock:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    print(sock.getsockname()[1], flush=True)
    sys.stdin.read()
"""


@pytest.mark.loud
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody can tell")
def test_a_shared_port_is_told(caplog: pytest.LogCaptureFixture) -> None:
    class Server(engine.TCPServer):
        allow_reuse_port = True

    with Server(HERE, Echo) as one, Server(one.server_address, Echo):
        assert caplog.messages == []  # both are ours
    command = [sys.executable, "-c", SHARER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        port = int(other.stdout.readline())
        with Server(("127.0.0.1", port), Echo):
            assert [message.startswith(f"Port {port} is shared") for message in caplog.messages] == [True]
        other.stdin.close()


def test_a_unix_server_ignores_the_option(tmp_path: Path) -> None:
    class Server(engine.UnixStreamServer):
        allow_reuse_port = True

    with Server(str(tmp_path / "s"), Echo):
        assert (tmp_path / "s").is_socket()
