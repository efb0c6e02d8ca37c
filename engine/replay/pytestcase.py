"""Writes a captured request as a test for pytest that stands on its own: standard library, the handler, the bytes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from string import Template
from typing import Any

from .playback import NotPlayable, Playback

LIMIT = 1 << 20
"""Bytes of both directions together; what is larger is no test that anybody reads."""
WIDTH = 32
"""Bytes of a literal's line."""

_STREAM = '''
def talk(address):
    """What the server answers. Each chunk is sent when as much has been answered as was when it was captured."""
    answer = b""
    with socket.socket($family, socket.SOCK_STREAM) as sock:
        sock.settimeout(5)
        sock.connect(address)
        for chunk, before in CHUNKS:
            answer += receive(sock, before - len(answer))
            sock.sendall(chunk)
        answer += receive(sock, len(ANSWER) - len(answer))
        sock.shutdown(socket.SHUT_WR)
        return answer + receive(sock, 1 << 62)


def receive(sock, size):
    """Up to so many bytes: fewer at the end of the connection, or if nothing comes for half a second."""
    data = b""
    sock.settimeout(0.5)
    try:
        while len(data) < size and (piece := sock.recv(65536)):
            data += piece
    except (TimeoutError, ConnectionResetError):
        pass
    sock.settimeout(5)
    return data
'''

_DATAGRAM = '''
def talk(address, own):
    """What the server answers to the datagram."""
    answer = b""
    with socket.socket($family, socket.SOCK_DGRAM) as sock:
        sock.bind(own)
        for chunk, _ in CHUNKS:
            sock.sendto(chunk, address)
            sock.settimeout(5 if ANSWER else 0.5)
            try:
                while len(answer) < max(1, len(ANSWER)):
                    answer += sock.recv(65536)
            except TimeoutError:
                pass
    return answer
'''

_TEST = Template('''"""Request #$number of $server, as it was captured: the handler answers it as it did then.

What depends on the clock, on chance or on earlier requests does not belong into ANSWER: cut it out.
"""

import importlib$util
import socket
import socketserver
import sys
import threading

HANDLER = $handler
CHUNKS = [
$chunks]
"""What the client sent, and how many bytes had been answered before."""
ANSWER = $answer


def test_request_$number($argument):
$load
    handler = module.$handler_class
$attributes    with socketserver.$server_class($place, handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            assert talk($talk) == ANSWER
        finally:
            server.shutdown()

$helpers''')

_FROM_FILE = """    sys.path.insert(0, HANDLER.rpartition("/")[0])  # for what the handler imports
    spec = importlib.util.spec_from_file_location("handler_$number", HANDLER)
    module = importlib.util.module_from_spec(spec)
    sys.modules["handler_$number"] = module
    spec.loader.exec_module(module)"""
_FROM_MODULE = "    module = importlib.import_module(HANDLER)"

_CLASSES = {
    "tcp": "ThreadingTCPServer",
    "udp": "ThreadingUDPServer",
    "unix": "ThreadingUnixStreamServer",
    "unixgram": "ThreadingUnixDatagramServer",
}


def pytest_case(playback: Playback, profile: Mapping[str, Any]) -> str:
    """The source of a test file. `profile` is the server's, as the capture has it. Raises NotPlayable.

    The server is the standard library's threading one of the same family: what is tested is the handler.
    """
    file, module = str(profile.get("handler_file") or ""), str(profile.get("handler_module") or "")
    handler_class = str(profile.get("handler_class") or "")
    if not handler_class or not (file or module):
        raise NotPlayable("This server was made by a program; the capture does not tell where its handler is.")
    if not all(part.isidentifier() for part in handler_class.split(".")):
        raise NotPlayable("The capture names no handler that Python could know.")
    if len(playback.answer) + sum(len(step.data) for step in playback.steps) > LIMIT:
        raise NotPlayable("More than 1 MB was sent and answered; that is too much for a test.")
    if not playback.whole:
        raise NotPlayable("Not every byte of the answer was captured; there is nothing to test against.")
    unix, datagrams, number = playback.transport.startswith("unix"), playback.datagrams, str(playback.request)
    helpers = Template(_DATAGRAM if datagrams else _STREAM).substitute(
        family="socket.AF_UNIX" if unix else "socket.AF_INET"
    )
    own = 'str(tmp_path / "client")' if unix else '("127.0.0.1", 0)'
    return _TEST.substitute(
        number=number,
        server=re.sub(r"[^\w .-]", "?", str(profile.get("name") or "a server"), flags=re.ASCII),
        util=".util" if file else "",
        handler=repr(file or module),
        chunks="".join(_chunk(step.data, step.awaits) for step in playback.steps),
        answer=_literal(playback.answer, ""),
        argument="tmp_path" if unix else "",
        load=Template(_FROM_FILE).substitute(number=number) if file else _FROM_MODULE,
        handler_class=handler_class,
        attributes="".join(_attributes(profile.get("handler_attributes"))),
        server_class=_CLASSES[playback.transport],
        place='str(tmp_path / "socket")' if unix else '("127.0.0.1", 0)',
        talk=f"server.server_address, {own}" if datagrams else "server.server_address",
        helpers=helpers,
    )


def _attributes(values: object) -> Iterator[str]:
    """What the profile sets in the handler; only what a test can write down."""
    for name, value in values.items() if isinstance(values, Mapping) else ():
        if isinstance(name, str) and name.isidentifier() and isinstance(value, bool | int | float | None):
            yield f"    handler.{name} = {value!r}\n"


def _chunk(data: bytes, awaits: int) -> str:
    return textwrap.indent(f"({_literal(data, '    ')}, {awaits}),\n", "    ")


def _literal(data: bytes, indent: str) -> str:
    """A bytes literal; a long one over several lines."""
    if len(data) <= WIDTH * 2:
        return repr(data)
    lines = "\n".join(f"{indent}    {data[at : at + WIDTH]!r}" for at in range(0, len(data), WIDTH))
    return f"(\n{lines}\n{indent})"
