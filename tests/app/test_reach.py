"""The line that connects to a server from a terminal."""

from __future__ import annotations

import pytest

from app.link.tick import ServerStatus
from app.reach import connect_line


@pytest.mark.parametrize(("transport", "address", "line"), [
    ("tcp", "127.0.0.1:9009", "nc 127.0.0.1 9009"),
    ("tcp", "0.0.0.0:80", "nc 127.0.0.1 80"),
    ("tcp", "[::1]:9009", "nc ::1 9009"),
    ("tcp", "[::]:9009", "nc ::1 9009"),
    ("udp", "127.0.0.1:123", "nc -u 127.0.0.1 123"),
    ("unix", "/tmp/my sock", "nc -U '/tmp/my sock'"),
    ("unix", "@name", "socat - ABSTRACT-CONNECT:name"),
    ("unixgram", "@name", "socat - ABSTRACT-SENDTO:name,bind=name.client"),
    ("unixgram", "/tmp/s", "socat - UNIX-SENDTO:/tmp/s,bind=/tmp/s.client"),
])  # fmt: skip
def test_each_family(transport: str, address: str, line: str) -> None:
    assert connect_line(ServerStatus("k", transport=transport, address=address)) == line


@pytest.mark.parametrize(("transport", "address", "target"), [
    ("tcp", "127.0.0.1:9009", "-connect 127.0.0.1:9009"),
    ("tcp", "[::]:9009", "-connect '[::1]:9009'"),
    ("unix", "/tmp/s", "-unix /tmp/s"),
])  # fmt: skip
def test_with_tls(transport: str, address: str, target: str) -> None:
    line = f"openssl s_client -quiet {target}"
    assert connect_line(ServerStatus("k", transport=transport, address=address, tls=True)) == line
