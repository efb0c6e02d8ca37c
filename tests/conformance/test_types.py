"""Our annotations are no looser than typeshed's: each public name and member is there, and no more vague."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import mypy
import pytest

import engine

STUB = Path(mypy.__file__).parent / "typeshed" / "stdlib" / "socketserver.pyi"
SOURCES = sorted((Path(engine.__file__).parent / "servers").glob("*.py"))
VAGUE = {"Any", "object", ""}
LOOSE = {"server_address"}
"""Anything: what an address is depends on `address_family`, which a subclass may set. Typeshed assumes the default."""


def _classes(trees: list[ast.Module]) -> dict[str, list[ast.ClassDef]]:
    found: dict[str, list[ast.ClassDef]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


THEIRS = _classes([ast.parse(STUB.read_text())])
OURS = _classes([ast.parse(source.read_text()) for source in SOURCES])


def _members(node: ast.ClassDef) -> dict[str, ast.AST]:
    """Methods and annotated attributes, those for other versions and systems, too."""
    members: dict[str, ast.AST] = {}
    for item in ast.walk(node):
        if isinstance(item, ast.FunctionDef):
            members.setdefault(item.name, item)
        elif isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            members.setdefault(item.target.id, item)
    return members


def _found(cls: str, name: str) -> ast.AST | None:
    """Where ours says what `name` is: in the class, or in one it derives from."""
    for base in getattr(engine, cls).__mro__:
        for node in OURS.get(base.__name__, []):
            if name in _members(node):
                return _members(node)[name]
    return None


def _types(member: ast.AST) -> dict[str, str]:
    """What is said of each parameter and of the result, or of the attribute."""
    if isinstance(member, ast.AnnAssign):
        return {"value": ast.unparse(member.annotation)}
    assert isinstance(member, ast.FunctionDef)
    arguments = [*member.args.posonlyargs, *member.args.args, *member.args.kwonlyargs]
    said = {a.arg: ast.unparse(a.annotation) if a.annotation else "" for a in arguments if a.arg != "self"}
    return {**said, "return": ast.unparse(member.returns) if member.returns else ""}


MEMBERS = [
    (cls, name)
    for cls, (node, *_) in THEIRS.items()
    if not cls.startswith("_") and hasattr(engine, cls)
    for name in _members(node)
    if name not in LOOSE and (not name.startswith("__") or name == "__init__")
]


@pytest.mark.parametrize(("cls", "name"), MEMBERS)
def test_no_member_is_looser(cls: str, name: str) -> None:
    theirs = _types(_members(THEIRS[cls][0])[name])
    found = _found(cls, name)
    if found is None:  # inherited from what says it without annotation: a constant
        assert hasattr(getattr(engine, cls), name)
        return
    ours = _types(found)
    exact = {what for what, said in theirs.items() if not _is_vague(said)} - LOOSE
    # What is a property there and an attribute here has another name for its type.
    assert not [what for what in exact if ours.get(what, "otherwise") in VAGUE], (theirs, ours)


def _is_vague(said: str) -> bool:
    return said in VAGUE or said in {"_RetAddress", "_RequestType", "_socket._RetAddress", "_AddressType", "_Address"}


def test_every_class_of_the_stub_is_there() -> None:
    public = {cls for cls in THEIRS if not cls.startswith("_")}
    assert public <= {name for name, _ in inspect.getmembers(engine, inspect.isclass)}


PROGRAM = """
import socket
from collections.abc import Callable
from typing import Any, BinaryIO, assert_type
from engine import *

class Handler(StreamRequestHandler):
    def handle(self) -> None:
        assert_type(self.rfile, BinaryIO)
        assert_type(self.server, BaseServer)
        assert_type(self.connection, socket.socket)

class Datagram(DatagramRequestHandler):
    def handle(self) -> None:
        assert_type(self.packet, bytes)
        assert_type(self.socket, socket.socket)

class Threaded(ThreadingMixIn, TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    def verify_request(self, request: socket.socket, client_address: Any) -> bool:
        return True

with Threaded(("127.0.0.1", 0), Handler, bind_and_activate=False) as server:
    assert_type(server, Threaded)
    assert_type(server.socket, socket.socket)
    assert_type(server.fileno(), int)
    assert_type(server.timeout, float | None)
    assert_type(server.request_queue_size, int)
    assert_type(server.block_on_close, bool)
    assert_type(server.max_packet_size if isinstance(server, UDPServer) else 1, int)
    server.serve_forever(poll_interval=0.1)
    server.handle_request()
    server.shutdown()
UDPServer(("127.0.0.1", 0), Datagram).server_close()
UnixStreamServer("/nowhere", Handler)
ForkingTCPServer(("", 0), Handler).collect_children(blocking=True)
"""


def test_a_program_that_typeshed_allows(tmp_path: Path) -> None:
    """`mypy --strict` takes it with ours; what it asserts is at least as exact as typeshed is."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(program)]
    root = Path(engine.__file__).parent.parent
    outcome = subprocess.run(command, capture_output=True, text=True, check=False, timeout=110, cwd=root)
    assert outcome.returncode == 0, outcome.stdout


def test_types_are_shipped() -> None:
    package: Any = Path(engine.__file__).parent
    assert (package / "py.typed").is_file()
