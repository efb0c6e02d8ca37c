"""The thread pool beside the standard library's thread a request: `python3 -m tests.benchmarks.pool [NAME ...]`."""

from __future__ import annotations

import http.server
import importlib
import os
import select
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
CLIENTS = 16
ROUNDS = 5
SPINS = 20_000_000
"""Turns of a loop a second, about: the same for all, so there is no need to be exact."""


@dataclass(frozen=True)
class Pair:
    """One comparison: the standard library's class beside ours, with one handler under one load."""

    stdlib: str
    ours: str
    handler: str
    load: str
    total: int


_TCP = "ThreadingTCPServer", "ThreadPoolTCPServer"
_UNIX = "ThreadingUnixStreamServer", "ThreadPoolUnixStreamServer"
PAIRS = {
    "tcp": Pair(*_TCP, "echo", "conn", 5_000),
    "single": Pair("ThreadingTCPServer", "TCPServer", "echo", "conn", 5_000),
    "usingle": Pair("ThreadingUnixStreamServer", "UnixStreamServer", "echo", "conn", 10_000),
    "unix": Pair(*_UNIX, "echo", "conn", 10_000),
    "http": Pair("ThreadingHTTPServer", "ThreadPoolHTTPServer", "http", "get", 2_000),
    "req": Pair(*_TCP, "echo", "req", 40_000),
    "wait0.1": Pair(*_TCP, "wait0.0001", "conn", 4_000),
    "wait0.5": Pair(*_TCP, "wait0.0005", "conn", 4_000),
    "wait2": Pair(*_TCP, "wait0.002", "conn", 4_000),
    "wait20": Pair(*_TCP, "wait0.02", "conn", 1_000),
    "cpu0.1": Pair(*_TCP, "work0.0001", "conn", 4_000),
    "cpu0.5": Pair(*_TCP, "work0.0005", "conn", 2_000),
    "cpu5": Pair(*_TCP, "work0.005", "conn", 300),
}


# -- the server's process ----------------------------------------------------------------------------------------------


def _handler(module: Any, what: str) -> Any:
    if what == "http":

        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # the name that http.server calls
                self.send_response(200)
                self.send_header("Content-Length", "64")
                self.end_headers()
                self.wfile.write(b"x" * 64)

            def log_message(self, *arguments: Any) -> None:
                """Nothing."""

        return Page
    act = _act(what)

    class Echo(module.BaseRequestHandler):  # type: ignore[misc]  # a base chosen at run time
        def handle(self) -> None:
            while data := self.request.recv(4096):
                act()
                self.request.sendall(data)

    return Echo


def _act(what: str) -> Callable[[], object]:
    """What a handler does before it answers: `wait0.002` waits in a system call, `work0.002` computes, in seconds."""
    word = what.rstrip("0123456789.")
    seconds = float(what[len(word) :] or 0)
    turns = range(int(seconds * SPINS))
    if word == "wait":
        return lambda: select.select([], [], [], seconds)
    return (lambda: sum(0 for _ in turns)) if word == "work" else (lambda: None)


def serve(variant: str, kind: str, handler: str, address: str, channel: int) -> None:
    """Serve until the standard input ends."""
    recorder = None
    if variant == "stdlib":
        module: Any = importlib.import_module("http.server" if handler == "http" else "socketserver")
        base = getattr(module, kind)
    else:
        import engine

        module = engine
        engine.install()
        importlib.reload(http.server)
        pooled = {"ThreadPoolHTTPServer": (engine.ThreadPoolMixIn, http.server.HTTPServer)}
        base = type(kind, pooled[kind], {}) if kind in pooled else getattr(engine, kind)
    if variant == "watched":
        from engine.channel.sender import Sender
        from engine.observe.blackbox import BlackBox
        from engine.observe.recorder import Recorder

        sender = Sender(channel)
        recorder = Recorder(sender.send, black_box=BlackBox(BlackBox.create()))

    server_class: Any = type(kind, (base,), {"request_queue_size": 128, "daemon_threads": True})
    with server_class(address or ("127.0.0.1", 0), _handler(module, handler)) as server:
        if recorder is not None:
            server.add_observer(recorder)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        print(address or server.server_address[1], flush=True)
        while sys.stdin.buffer.readline():
            print(time.process_time_ns(), flush=True)
        server.shutdown()
        thread.join()
    if recorder is not None:
        recorder.close()


# -- the measuring process ---------------------------------------------------------------------------------------------


def _pin(core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[core % len(cores)]})


@contextmanager
def _process(command: list[str], inherited: socket.socket, core: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, *command, str(inherited.fileno())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[inherited.fileno()],
        preexec_fn=lambda: _pin(core),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        try:
            yield process
        finally:
            process.communicate(timeout=10)


def _cpu(process: subprocess.Popen[bytes]) -> int:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def _load(program: Path, address: str, load: str, total: int) -> float:
    answer = subprocess.run(
        [program, address, load, str(CLIENTS), str(total)],
        check=True,
        capture_output=True,
        timeout=70,
        preexec_fn=lambda: _pin(1),
    )
    elapsed, done = map(int, answer.stdout.split())
    return done / elapsed * 1e9


def _once(program: Path, pair: Pair, variant: str, directory: Path) -> tuple[float, float]:
    """Answers a second, and CPU time of the server for each, µs."""
    kind = pair.stdlib if variant == "stdlib" else pair.ours
    address = str(directory / "socket") if "Unix" in kind else ""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ExitStack() as stack:
        stack.enter_context(ours)
        stack.enter_context(theirs)
        if variant == "watched":
            stack.enter_context(_process([str(HERE / "sink.py")], theirs, 1))
        command = ["-m", "tests.benchmarks.pool", "--serve", variant, kind, pair.handler, address]
        process = stack.enter_context(_process(command, ours, 0))
        ours.close()
        theirs.close()
        assert process.stdout is not None
        where = process.stdout.readline().decode().strip()
        _load(program, where, pair.load, min(300, pair.total // 4))
        before = _cpu(process)
        rate = _load(program, where, pair.load, pair.total)
        cpu = (_cpu(process) - before) / pair.total / 1000
    if address:
        os.unlink(address)
    return rate, cpu


def report(names: list[str], rounds: int = ROUNDS) -> None:
    """Print medians, and medians of each round's ratio to the standard library."""
    print(f"{'':<10}{'stdlib/s':>10}{'pool/s':>10}{'ratio':>7}{'watched/s':>11}{'ratio':>7}   µs CPU each")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "load"
        subprocess.run(["cc", "-O2", "-o", program, HERE / "load.c"], check=True)
        for name in names or PAIRS:
            rows = [[_once(program, PAIRS[name], v, Path(folder)) for v in ("stdlib", "ours", "watched")]
                    for _ in range(rounds)]  # fmt: skip
            rates = [statistics.median(row[i][0] for row in rows) for i in range(3)]
            ratios = [statistics.median(row[i][0] / row[0][0] for row in rows) for i in range(3)]
            cpus = " / ".join(f"{statistics.median(row[i][1] for row in rows):.0f}" for i in range(3))
            print(f"{name:<10}{rates[0]:>10,.0f}{rates[1]:>10,.0f}{ratios[1]:>7.2f}{rates[2]:>11,.0f}"
                  f"{ratios[2]:>7.2f}   {cpus}", flush=True)  # fmt: skip


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5], int(sys.argv[6]))
    else:
        report(sys.argv[1:], int(os.environ.get("ROUNDS", ROUNDS)))
