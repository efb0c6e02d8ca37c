"""Sockets that listen, as the kernel tells of them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.hosting import listeners as listeners_module
from engine.hosting.listeners import Listeners, inodes_of, shares_network
from engine.observe.addresses import address_text
from engine.servers.backlog import AcceptQueue

DEADLINE = 10.0


@pytest.fixture
def listeners() -> Iterator[Listeners]:
    made = Listeners()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        told = made.at("tcp", address_text(probe.getsockname()))
    if not told:
        made.close()
        pytest.skip("this system does not tell")
    yield made
    made.close()


def inode_of(sock: socket.socket) -> int:
    return os.fstat(sock.fileno()).st_ino


def unix_listener(address: str, backlog: int = 5) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.bind(address)
    made.listen(backlog)
    return made


def test_a_port_of_either_family_and_who_waits_there(listeners: Listeners) -> None:
    families = [(socket.AF_INET, "127.0.0.1")] + [(socket.AF_INET6, "::1")] * socket.has_dualstack_ipv6()
    for family, host in families:
        with socket.create_server((host, 0), family=family, backlog=3) as server:
            address = address_text(server.getsockname())
            assert listeners.at("tcp", address) == [(inode_of(server), address, AcceptQueue(0, 3, 0))]
            with contextlib.ExitStack() as stack:
                for _ in range(2):
                    stack.enter_context(socket.create_connection(server.getsockname()[:2], DEADLINE))
                assert listeners.at("tcp", address)[0].queue == AcceptQueue(2, 3, 0)
                for _ in range(5):
                    late = stack.enter_context(socket.socket(family))
                    late.setblocking(False)
                    late.connect_ex(server.getsockname())
                seen = listeners.at("tcp", address)[0].queue
                assert (seen.depth, seen.full) == (4, True)
                assert seen.dropped == 3
            port = server.getsockname()[1]
        assert listeners.at("tcp", f"{host}:{port}") == []


def test_one_of_both_families_is_told_as_it_was_bound(listeners: Listeners) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("there is no IPv6")
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        address = address_text(server.getsockname())
        assert address.startswith("[::]:")
        assert [one.inode for one in listeners.at("tcp", address)] == [inode_of(server)]
    with socket.socket(socket.AF_INET6) as mapped:
        mapped.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        mapped.bind(("::ffff:127.0.0.1", 0))
        mapped.listen()
        address = address_text(mapped.getsockname())
        assert address.startswith("127.0.0.1:")
        assert [one.inode for one in listeners.at("tcp", address)] == [inode_of(mapped)]


@pytest.mark.parametrize("kind", ["path", "abstract", "odd"])
def test_a_unix_socket_and_who_waits_there(listeners: Listeners, kind: str, tmp_path: Path) -> None:
    name = {"path": str(tmp_path / "s"), "abstract": f"\0{tmp_path}\0x", "odd": str(tmp_path / "caf\udce9 \n")}[kind]
    with unix_listener(name, 3) as server, contextlib.ExitStack() as stack:
        address = address_text(server.getsockname())
        assert listeners.at("unix", address) == [(inode_of(server), address, AcceptQueue(0, 3))]
        for _ in range(4):
            stack.enter_context(socket.socket(socket.AF_UNIX)).connect(name)
        assert listeners.at("unix", address)[0].queue == AcceptQueue(4, 3)
        assert listeners.unix_queue(inode_of(server)) == AcceptQueue(4, 3)
        server.accept()[0].close()
        assert listeners.unix_queue(inode_of(server)) == AcceptQueue(3, 3)
        inode = inode_of(server)
    assert listeners.unix_queue(inode) is None


def test_what_does_not_listen_or_is_no_stream_is_not_there(listeners: Listeners, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as packets, socket.socket(socket.AF_UNIX) as idle:
        packets.bind(str(tmp_path / "p"))
        packets.listen()
        idle.bind(str(tmp_path / "i"))
        assert listeners.at("unix", str(tmp_path / "p")) == []
        assert listeners.at("unix", str(tmp_path / "i")) == []
        assert listeners.unix_queue(inode_of(packets)) is None
        assert listeners.unix_queue(inode_of(idle)) is None
    for address in ("", "127.0.0.1", "127.0.0.1:", "127.0.0.1:99999", "x:\u0665", "[::1]:0"):
        assert listeners.at("tcp", address) == []
    assert listeners.at("udp", "127.0.0.1:9") == []


def test_a_system_without_it_tells_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(listeners_module, "_NETLINK", None)
    made = Listeners()
    with unix_listener(str(tmp_path / "s")) as server:
        assert made.at("unix", str(tmp_path / "s")) == []
        assert made.unix_queue(inode_of(server)) is None
    made.close()


def test_a_question_that_the_kernel_does_not_know_is_answered_by_nothing(
    listeners: Listeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listeners_module, "_BY_FAMILY", 99)
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert listeners.at("tcp", address_text(server.getsockname())) == []


def test_a_process_with_a_network_of_its_own() -> None:
    assert shares_network(os.getpid())
    assert not shares_network(0)
    try:
        code = "import sys; print(flush=True); sys.stdin.read()"
        apart = subprocess.Popen(
            ["unshare", "--map-root-user", "--net", sys.executable, "-c", code],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    with apart:
        assert apart.stdout is not None
        if not apart.stdout.readline():
            pytest.skip("this system lets nobody have a network of his own")
        assert not shares_network(apart.pid)
        apart.communicate(timeout=DEADLINE)


def test_the_sockets_of_a_process() -> None:
    code = "import os, socket; s = socket.socket(); print(os.fstat(s.fileno()).st_ino, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        inode = int(child.stdout.readline())
        assert inode in inodes_of(child.pid)
        assert inode not in inodes_of(os.getpid())
        child.communicate(b"\n", DEADLINE)
    assert inodes_of(child.pid) == set()
